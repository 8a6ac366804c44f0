/**
 * The transaction pool inside the database, as the storage thread sees it: the rules say what happens, this writes it down in the
 * transaction that is running. A command that is refused wrote nothing, so the others of its group are not disturbed.
 */
import type Database from 'libsql';
import { SequenceError } from '../../core/errors.ts';
import type { Interval } from '../../core/interval.ts';
import { SWEPT_MAX } from '../../core/reservation/bounds.ts';
import { type Decision, decide, decideGrant, decideOpen, decideSweep } from '../../core/reservation/decision.ts';
import { checkWriter, type Writer } from '../../core/reservation/lineage.ts';
import { parseReservationId } from '../../core/reservation/reservation-id.ts';
import {
  type Change,
  endedReservation,
  type FreePiece,
  freedBy,
  type Reservation,
  type SeriesView,
} from '../../core/reservation/series.ts';
import { stateNumber } from '../../core/reservation/states.ts';
import type { RegistrarCommand, SeriesToOpen } from '../../pipelines/ports.ts';
import { RecentReservations } from './recent-reservations.ts';
import { intervalsText, type ReservationFinder, registered } from './registrar-tables.ts';
import { exact } from './rows.ts';
import { type HeldSeries, type SeriesRows, statusOf } from './series-rows.ts';
import { errorFacts } from './storage-errors.ts';
import type { Answers, StoredOutcome } from './storage-messages.ts';

export interface RegistrarRows extends Pick<SeriesRows, 'flush' | 'settle' | 'ops' | 'recordLife'> {
  openSeries(writer: Writer, series: SeriesToOpen): Answers<'openSeries'>;
  grant(writer: Writer, series: number, grant: Interval): Answers<'grantSeries'>;
  apply(writer: Writer, commands: readonly RegistrarCommand[]): Omit<Answers<'applyCommands'>, 'counted'>;
  sweep(writer: Writer, nowMs: number): Answers<'sweepReservations'>;
}

type Write = (series: HeldSeries, change: Change) => void;

export function openRegistrarRows(database: Database.Database, rows: SeriesRows, finder: ReservationFinder): RegistrarRows {
  const recent = new RecentReservations();
  const write = createWrite(database, rows, recent);
  const viewOf = createViews(database, finder, recent);
  const selectDue = database
    .prepare('SELECT series, number FROM reservation WHERE state = 0 AND expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?')
    .raw();

  const check = (writer: Writer): void => checkWriter({ lives: rows.lives(), ops: rows.ops() }, writer);

  function known(series: number): HeldSeries {
    const found = rows.get(series);
    if (found === undefined) throw new SequenceError('SEQ_UNKNOWN_SEQUENCE', `no series ${series} was opened here`, { series });
    return found;
  }

  function decision(life: string, command: RegistrarCommand): Decision {
    if (command.kind === 'reserve' || command.kind === 'issue') return decide(viewOf(known(command.series)), life, command);
    const id = parseReservationId(command.id);
    const series = rows.get(id?.series ?? 0);
    if (id === undefined || series === undefined)
      throw new SequenceError('SEQ_UNKNOWN_RESERVATION', `no reservation ${command.id} is known`, { id: command.id });
    return decide(viewOf(series), life, { ...command, number: id.number, life: id.life });
  }

  function outcome(life: string, command: RegistrarCommand): StoredOutcome {
    try {
      const decided = decision(life, command);
      if ('refusal' in decided) return { error: errorFacts(decided.refusal) };
      for (const change of decided.changes) write(known(change.reservation.series), change);
      return { reservation: registered(decided.reservation), repeated: decided.repeated };
    } catch (error) {
      // Refused before anything was written. What the database throws concerns the whole group.
      if (error instanceof SequenceError) return { error: errorFacts(error) };
      throw error;
    }
  }

  return {
    recordLife: rows.recordLife,
    openSeries(writer, toOpen) {
      check(writer);
      const known = rows.find(toOpen);
      const changes = decideOpen(known, toOpen);
      const series = known ?? rows.add(toOpen);
      for (const change of changes) write(series, change);
      return { status: statusOf(series), ops: rows.ops() };
    },
    grant(writer, number, grant) {
      check(writer);
      const series = known(number);
      for (const change of decideGrant(series, grant)) write(series, change);
      return rows.ops();
    },
    apply(writer, commands) {
      check(writer);
      const outcomes = commands.map((command) => outcome(writer.life, command));
      return { outcomes, ops: rows.ops() };
    },
    sweep(writer, nowMs) {
      check(writer);
      const due = selectDue.all(nowMs, SWEPT_MAX) as [bigint, bigint][];
      const overdue = due.map(([series, number]) => finder.byNumber(exact(series), exact(number))).filter((found) => found !== undefined);
      const changes = decideSweep(overdue, nowMs);
      for (const change of changes) write(known(change.reservation.series), change);
      return { expired: changes.map(endedReservation).map(registered), more: due.length === SWEPT_MAX, ops: rows.ops() };
    },
    ops: rows.ops,
    flush: rows.flush,
    settle(committed) {
      rows.settle(committed);
      if (!committed) recent.forget();
    },
  };
}

function createViews(
  database: Database.Database,
  finder: ReservationFinder,
  recent: RecentReservations,
): (series: HeldSeries) => SeriesView {
  const selectFree = database.prepare('SELECT first, past, number FROM reservation_free WHERE series = ? ORDER BY first LIMIT ?').raw();
  return ({ series, scope, head }) => ({
    series,
    head,
    byNumber: (number) => recent.get(series, number) ?? finder.byNumber(series, number),
    byKey: (key) => finder.byKey(scope, key),
    freePieces(count) {
      const pieces = selectFree.all(series, count) as [bigint, bigint, bigint][];
      return pieces.map(([first, past, number]) => ({ start: exact(first), end: exact(past), number: exact(number) }));
    },
  });
}

function createWrite(database: Database.Database, rows: SeriesRows, recent: RecentReservations): Write {
  const insert = database.prepare(
    `INSERT INTO reservation (series, number, life, state, intervals, scope, key, payload_hash, owner, reserved_at_ms, expires_at_ms,
       ended_at_ms, ended_by, because) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertHeld = database.prepare('INSERT INTO reservation_held (series, first, number, past) VALUES (?, ?, ?, ?)');
  const update = database.prepare(
    'UPDATE reservation SET state = ?, ended_at_ms = ?, ended_by = ?, because = ? WHERE series = ? AND number = ?',
  );
  const insertFree = database.prepare('INSERT INTO reservation_free (series, first, past, number) VALUES (?, ?, ?, ?)');
  const deleteFree = database.prepare('DELETE FROM reservation_free WHERE series = ? AND first = ?');
  const cutFree = database.prepare('UPDATE reservation_free SET first = ? WHERE series = ? AND first = ?');
  const selectFreeEnd = database.prepare('SELECT past FROM reservation_free WHERE series = ? AND first = ?').raw();
  const insertReuse = database.prepare(
    `INSERT INTO reservation_reuse (series, number, first, past, before, after)
       SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5 FROM reservation_reuse WHERE series = ?1`,
  );

  function writeReserved({ series, scope }: HeldSeries, made: Reservation, reused: readonly FreePiece[]): void {
    const { number, intervals, key, payloadHash, owner, reservedAtMs, expiresAtMs, end } = made;
    const state = stateNumber(made.state);
    const text = intervalsText(intervals);
    const ended = [end?.atMs ?? null, end?.by ?? null, end?.because ?? null];
    // Only the writing life makes reservations, and it is the one recorded last.
    const life = rows.lives().length;
    insert.run([series, number, life, state, text, scope, key ?? null, payloadHash, owner, reservedAtMs, expiresAtMs ?? null, ...ended]);
    for (const interval of intervals) insertHeld.run([series, interval.start, number, interval.end]);
    for (const piece of reused) {
      const [past] = selectFreeEnd.get(series, piece.start) as unknown as [bigint];
      if (exact(past) === piece.end) deleteFree.run(series, piece.start);
      else cutFree.run(piece.end, series, piece.start);
      insertReuse.run(series, piece.start, piece.end, piece.number, number);
    }
  }

  return (held, change) => {
    rows.move(held, change);
    recent.note(change);
    if (change.kind === 'reserved') writeReserved(held, change.reservation, change.reused);
    if (change.kind !== 'ended') return;
    const { reservation, state, end } = change;
    update.run([stateNumber(state), end.atMs, end.by, end.because, held.series, reservation.number]);
    for (const { start, end: past } of freedBy(change)) insertFree.run([held.series, start, past, reservation.number]);
  };
}

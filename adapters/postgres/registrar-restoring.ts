/**
 * Brings the database of a transaction pool up to what the ledger and an operator know of it, in one transaction: either all of it is
 * there, or nothing has changed. Nobody else writes meanwhile, and whoever wrote before is fenced by the life that is recorded here.
 */
import { SequenceError } from '../../core/errors.ts';
import type { Interval } from '../../core/interval.ts';
import { COUNT_MAX } from '../../core/limits.ts';
import { decideGrant, decideOpen } from '../../core/reservation/decision.ts';
import { checkNewLife } from '../../core/reservation/lineage.ts';
import { HEAD_FIELDS, headAfter, UNOPENED } from '../../core/reservation/series.ts';
import type { RegistrarCommand, SeriesToOpen } from '../../pipelines/ports.ts';
import { BEGIN, loadedFrom } from './group-transaction.ts';
import { knownSeries, needsOf, outcomeOf } from './registrar-commands.ts';
import { openingFailure } from './registrar-failures.ts';
import { exact } from './registrar-rows.ts';
import { checkSchemaName, prepareSchema, SCHEMA } from './registrar-schema.ts';
import { openSession, type Session, type SessionOptions } from './registrar-session.ts';
import { lockSeries, readNeeds, readWriter, writeChanges } from './registrar-statements.ts';
import { SeriesGroup } from './series-group.ts';

export interface RestoredSeries {
  readonly series: SeriesToOpen;
  /** Changes that the plan knew of; 0 where the series is not there yet. With others the plan no longer holds. */
  readonly opsKnown: number;
  /** End of what the ledger has granted. */
  readonly grantedTo: number;
  /** Reservations to cancel first. */
  readonly cancelled: readonly string[];
  /** All ordinals that are not confirmed then, in order: those in use are recorded as confirmed, the others are free at the end. */
  readonly runs: readonly (Interval & { readonly isConfirmed: boolean })[];
}

export interface RestoringOrder extends SessionOptions {
  readonly schema?: string;
  /** A name that nobody had before; the ledger has accepted it. */
  readonly life: string;
  /** The highest count of changes that the ledger has accepted. */
  readonly opsLogged: number;
  readonly series: readonly RestoredSeries[];
  /** For whoever reads the history of a number later. */
  readonly by: string;
  readonly because: string;
  readonly nowMs: number;
}

/** Longer than the transaction takes: what is held is given up in it. */
const HELD_MS = 3_600_000;
const PAYLOAD = '-';

export async function restoreRegistrar(order: RestoringOrder): Promise<void> {
  const { schema: s = SCHEMA } = order;
  checkSchemaName(s);
  let session: Session;
  try {
    session = await openSession(order);
  } catch (error) {
    throw openingFailure(URL.canParse(order.url) ? new URL(order.url).host : 'its URL', error);
  }
  try {
    await prepareSchema(session.ask, s);
    const opsBefore = await begin(session, s, order.life);
    let made = 0;
    for (const each of order.series) made += await restoreSeries(session, s, each, order);
    const ops = Math.max(opsBefore + made, order.opsLogged);
    await session.commit([{ text: `UPDATE ${s}.pool SET ops = $1`, values: [ops] }, { text: 'COMMIT' }]);
  } catch (error) {
    if (session.isUsable()) await session.ask([{ text: 'ROLLBACK' }]).catch(() => undefined);
    throw error;
  } finally {
    await session.close();
  }
}

/** Resolves to the changes so far, once nobody else writes. */
async function begin(session: Session, s: string, life: string): Promise<number> {
  const [, , lives = [], [[ops] = []] = []] = await session.ask([
    BEGIN,
    // Every group of the pool, and of an application, holds one of the two.
    { text: `LOCK TABLE ${s}.life IN EXCLUSIVE MODE` },
    { text: `SELECT life FROM ${s}.life ORDER BY number` },
    { text: `SELECT ops FROM ${s}.pool FOR UPDATE` },
  ]);
  checkNewLife(
    lives.map(([each]) => String(each)),
    life,
  );
  await session.ask([{ text: `INSERT INTO ${s}.life VALUES ($1, $2)`, values: [lives.length + 1, life] }]);
  return exact(ops);
}

/** Resolves to how many changes it took. */
async function restoreSeries(session: Session, s: string, restored: RestoredSeries, order: RestoringOrder): Promise<number> {
  const { series, opened } = await openedSeries(session, s, restored);
  const cancels = restored.cancelled.map((id) => cancelling(id, order));
  const takings = [...takingOf(series, restored, order)];
  const needs = needsOf([...cancels, ...takings]);
  const lock = lockSeries(s, [series], false);
  const group = new SeriesGroup(loadedFrom(await session.ask([lock, ...readNeeds(s, needs), readWriter(s)])));
  const held = knownSeries(group, series);
  if (held.head.ops - opened !== restored.opsKnown) throw changedMeanwhile(restored.series.sequence);
  for (const change of decideGrant(held, { start: held.head.granted, end: restored.grantedTo })) group.write(held, change);
  for (const command of cancels) decided(group, command);
  const givenUp: string[] = [];
  for (const command of takings) {
    const { reservation } = decided(group, command);
    const isInTurn = reservation.intervals.length === 1 && reservation.intervals[0]?.start === command.start;
    if (!isInTurn) throw changedMeanwhile(restored.series.sequence);
    if (command.kind === 'reserve') givenUp.push(reservation.id);
  }
  for (const id of givenUp) decided(group, cancelling(id, order));
  await session.ask(writeChanges(s, group, false));
  return opened + group.opsMade();
}

/** The series, and how many changes it took to open it. */
async function openedSeries(
  session: Session,
  s: string,
  { series: toOpen }: RestoredSeries,
): Promise<{ readonly series: number; readonly opened: number }> {
  const { sequence, generation, label, keyScope } = toOpen;
  const [[known] = [], [[last, scope] = []] = []] = await session.ask([
    {
      text: `SELECT number FROM ${s}.series WHERE sequence = $1 AND generation = $2 AND label = $3`,
      values: [sequence, generation, label],
    },
    { text: `SELECT coalesce(max(number), 0), min(scope) FILTER (WHERE key_scope = $1) FROM ${s}.series`, values: [keyScope] },
  ]);
  if (known !== undefined) return { series: exact(known[0]), opened: 0 };
  const head = decideOpen(undefined, toOpen).reduce(headAfter, UNOPENED);
  const series = exact(last) + 1;
  const columns = ['number', 'sequence', 'generation', 'label', 'key_scope', 'scope', ...HEAD_FIELDS];
  const values = [series, sequence, generation, label, keyScope, scope ?? series, ...HEAD_FIELDS.map((name) => head[name])];
  const text = `INSERT INTO ${s}.series (${columns.join(', ')}) VALUES (${columns.map((_, at) => `$${at + 1}`).join(', ')})`;
  await session.ask([{ text, values }]);
  return { series, opened: head.ops };
}

type Taking = Extract<RegistrarCommand, { kind: 'reserve' | 'issue' }> & { readonly start: number };

/** One command for each run, or several where a run is longer than a reservation can be: the store gives the lowest ordinals first. */
function* takingOf(series: number, { runs }: RestoredSeries, { life, because: owner, nowMs }: RestoringOrder): Iterable<Taking> {
  for (const { start, end, isConfirmed } of runs) {
    for (let from = start; from < end; from += COUNT_MAX) {
      const common = { series, payloadHash: PAYLOAD, count: Math.min(COUNT_MAX, end - from), owner, nowMs, start: from };
      if (isConfirmed) yield { kind: 'issue', key: undefined, ...common };
      else yield { kind: 'reserve', key: `restore-${life}-${series}-${from}`, ttlMs: HELD_MS, ...common };
    }
  }
}

function cancelling(id: string, { by, because, nowMs }: RestoringOrder): RegistrarCommand {
  return { kind: 'cancel', id, by, because, nowMs };
}

function decided(group: SeriesGroup, command: RegistrarCommand) {
  const outcome = outcomeOf(group, command);
  if ('refusal' in outcome) throw outcome.refusal;
  return outcome;
}

function changedMeanwhile(sequence: string): SequenceError {
  const message = `the database has changed since it was looked at (${sequence}): nothing was changed; run the restore again`;
  return new SequenceError('SEQ_CONFLICT', message, { sequence });
}

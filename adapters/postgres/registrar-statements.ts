/**
 * What a group of commands reads and writes, in sets: however many commands there are, these are the statements. The service sends those
 * that follow each other at once; the helper for an application's own transaction asks the same ones on its client.
 */
import type { Interval } from '../../core/interval.ts';
import { type FreePiece, HEAD_FIELDS, type Reservation } from '../../core/reservation/series.ts';
import { stateNumber } from '../../core/reservation/states.ts';
import { arrayOf, columnsOf, intervalsText } from './registrar-rows.ts';
import type { Question } from './registrar-session.ts';
import type { SeriesGroup } from './series-group.ts';

/** What commands refer to: series to lock, and reservations to look at. */
export interface Needs {
  readonly series: readonly number[];
  readonly numbers: readonly { readonly series: number; readonly number: number }[];
  readonly keys: readonly { readonly series: number; readonly key: string }[];
  /** Ordinals that may be taken of each series. */
  readonly values: ReadonlyMap<number, number>;
}

type Column = readonly (number | string | null | undefined)[];

interface Columns {
  readonly [name: string]: readonly [type: string, values: Column];
}

/** `unnest` of columns, each with its name. */
function rowsOf(columns: Columns): { readonly rows: string; readonly values: string[] } {
  const entries = Object.entries(columns);
  const arrays = entries.map(([, [type]], index) => `$${index + 1}::${type}[]`);
  const names = entries.map(([name]) => name);
  return { rows: `unnest(${arrays.join(', ')}) AS given(${names.join(', ')})`, values: entries.map(([, [, column]]) => arrayOf(column)) };
}

/** In the order of their numbers, so that two groups that need the same series wait for each other in one order. */
export function lockSeries(s: string, series: readonly number[], skipsLocked: boolean): Question {
  const text = `SELECT number, scope, ${HEAD_FIELDS.join(', ')} FROM ${s}.series WHERE number = ANY($1::bigint[]) ORDER BY number FOR UPDATE`;
  const values = [arrayOf([...series].sort((a, b) => a - b))];
  return skipsLocked ? { name: 'lock_idle', text: `${text} SKIP LOCKED`, values } : { name: 'lock', text, values };
}

/** Who writes, and the changes so far. */
export function readWriter(s: string): Question {
  return { name: 'writer', text: `SELECT ops, number, life FROM ${s}.pool LEFT JOIN ${s}.life ON true ORDER BY number DESC LIMIT 1` };
}

/** Asked once the series are locked: only then nothing of this can change any more. */
export function readNeeds(s: string, { numbers, keys, values }: Needs): [byNumber: Question, byKey: Question, free: Question] {
  const columns = `r.scope, ${columnsOf('r', 'l')}`;
  const lives = `CROSS JOIN LATERAL (SELECT life FROM ${s}.life WHERE number = r.life OFFSET 0) l`;
  const byNumber = rowsOf({
    series: ['bigint', numbers.map(({ series }) => series)],
    number: ['bigint', numbers.map(({ number }) => number)],
  });
  const byKey = rowsOf({ series: ['bigint', keys.map(({ series }) => series)], key: ['text', keys.map(({ key }) => key)] });
  const free = rowsOf({ series: ['bigint', [...values.keys()]], count: ['bigint', [...values.values()]] });
  return [
    {
      name: 'by_number',
      text: `SELECT ${columns} FROM ${byNumber.rows} CROSS JOIN LATERAL
        (SELECT * FROM ${s}.reservation r WHERE r.series = given.series AND r.number = given.number OFFSET 0) r ${lives}`,
      values: byNumber.values,
    },
    {
      name: 'by_key',
      text: `SELECT ${columns} FROM ${byKey.rows} CROSS JOIN LATERAL
        (SELECT scope FROM ${s}.series WHERE number = given.series OFFSET 0) its CROSS JOIN LATERAL
        (SELECT * FROM ${s}.reservation r WHERE r.scope = its.scope AND r.key = given.key OFFSET 0) r ${lives}`,
      values: byKey.values,
    },
    {
      name: 'free',
      text: `SELECT given.series, f.first, f.past, f.number FROM ${free.rows} CROSS JOIN LATERAL
        (SELECT * FROM ${s}.free_piece WHERE series = given.series ORDER BY first LIMIT given.count) f ORDER BY f.series, f.first`,
      values: free.values,
    },
  ];
}

/** Everything a group has changed, but for the count of changes. */
export function writeChanges(s: string, group: SeriesGroup, inOwnTransaction: boolean): Question[] {
  const made = group.made();
  const ended = group.ended();
  const { gone, come } = group.freeChanges();
  const changed = group.changedSeries();
  const further = made.flatMap(({ what }) => what.intervals.slice(1).map((interval) => ({ what, interval })));
  const opened = made.filter(({ what }) => what.state === 'reserved');
  const at = {
    series: ['bigint', gone.map(({ series }) => series.series)],
    first: ['bigint', gone.map(({ what }) => what.start)],
  } as const;
  return [
    ...(made.length > 0 ? [insertReservations(s, group.lifeNumber, made)] : []),
    ...(further.length > 0 ? [insertFurther(s, further)] : []),
    ...(opened.length > 0 ? [insertInto(`${s}.open_reservation`, openColumns(opened))] : []),
    ...(ended.length > 0 ? endReservations(s, ended) : []),
    ...(gone.length > 0 ? [deleteFrom(`${s}.free_piece`, at)] : []),
    ...(come.length > 0 ? [insertInto(`${s}.free_piece`, pieceColumns(come))] : []),
    ...(group.reused.length > 0 ? [insertReuses(s, group)] : []),
    ...(changed.length > 0 ? [updateHeads(s, changed, inOwnTransaction)] : []),
  ];
}

/** The last lock of a transaction of the service; resolves to the count that must be logged before anything is told. */
export function countOps(s: string, ops: number): Question {
  return { name: 'count', text: `UPDATE ${s}.pool SET ops = ops + $1 RETURNING ops`, values: [ops] };
}

/**
 * The given rows, each with the place of the row of a table that has the same in some columns. Written so that there is one way to do it,
 * from each given row by the index: what the server believes of a table that grew within its first minute would lead it to read all of it.
 */
function foundBy(table: string, columns: readonly string[], rows: string): string {
  const same = columns.map((column) => `there.${column} = given.${column}`).join(' AND ');
  return `(SELECT given.*, there.ctid FROM ${rows} CROSS JOIN LATERAL (SELECT ctid FROM ${table} there WHERE ${same} OFFSET 0) there) found`;
}

interface Of<T> {
  readonly series: { readonly series: number; readonly scope: number };
  readonly what: T;
}

function insertInto(table: string, columns: Columns, order = ''): Question {
  const { rows, values } = rowsOf(columns);
  const names = Object.keys(columns).join(', ');
  const name = `insert_${table.split('.')[1]}`;
  return { name, text: `INSERT INTO ${table} (${names}) SELECT ${names} FROM ${rows}${order}`, values };
}

function deleteFrom(table: string, columns: Columns): Question {
  const { rows, values } = rowsOf(columns);
  const found = foundBy(table, Object.keys(columns), rows);
  return { name: `delete_${table.split('.')[1]}`, text: `DELETE FROM ${table} t USING ${found} WHERE t.ctid = found.ctid`, values };
}

function insertReservations(s: string, life: number, made: readonly Of<Reservation>[]): Question {
  const of = (column: (what: Reservation) => number | string | null | undefined): Column => made.map(({ what }) => column(what));
  const columns: Columns = {
    series: ['bigint', of(({ series }) => series)],
    number: ['bigint', of(({ number }) => number)],
    life: ['int', of(() => life)],
    state: ['smallint', of(({ state }) => stateNumber(state))],
    first: ['bigint', of(({ intervals }) => intervals[0]?.start)],
    past: ['bigint', of(({ intervals }) => intervals[0]?.end)],
    intervals: ['text', of(({ intervals }) => intervalsText(intervals))],
    scope: ['bigint', made.map(({ series }) => series.scope)],
    key: ['text', of(({ key }) => key)],
    payload_hash: ['text', of(({ payloadHash }) => payloadHash)],
    owner: ['text', of(({ owner }) => owner)],
    reserved_at_ms: ['bigint', of(({ reservedAtMs }) => reservedAtMs)],
    expires_at_ms: ['bigint', of(({ expiresAtMs }) => expiresAtMs)],
    ended_at_ms: ['bigint', of(({ end }) => end?.atMs)],
    ended_by: ['text', of(({ end }) => end?.by)],
    because: ['text', of(({ end }) => end?.because)],
  };
  // Keys of a scope are shared by several series: two groups that insert the same ones must not wait for each other crosswise.
  return insertInto(`${s}.reservation`, columns, ' ORDER BY key COLLATE "C"');
}

function insertFurther(s: string, further: readonly { readonly what: Reservation; readonly interval: Interval }[]): Question {
  return insertInto(`${s}.further_interval`, {
    series: ['bigint', further.map(({ what }) => what.series)],
    first: ['bigint', further.map(({ interval }) => interval.start)],
    number: ['bigint', further.map(({ what }) => what.number)],
    past: ['bigint', further.map(({ interval }) => interval.end)],
  });
}

function openColumns(reservations: readonly Of<Reservation>[]): Columns {
  return {
    series: ['bigint', reservations.map(({ what }) => what.series)],
    expires_at_ms: ['bigint', reservations.map(({ what }) => what.expiresAtMs)],
    number: ['bigint', reservations.map(({ what }) => what.number)],
  };
}

function endReservations(s: string, ended: readonly Of<Reservation>[]): Question[] {
  const { rows, values } = rowsOf({
    series: ['bigint', ended.map(({ what }) => what.series)],
    number: ['bigint', ended.map(({ what }) => what.number)],
    state: ['smallint', ended.map(({ what }) => stateNumber(what.state))],
    ended_at_ms: ['bigint', ended.map(({ what }) => what.end?.atMs)],
    ended_by: ['text', ended.map(({ what }) => what.end?.by)],
    because: ['text', ended.map(({ what }) => what.end?.because)],
  });
  const text = `UPDATE ${s}.reservation r SET state = found.state, ended_at_ms = found.ended_at_ms, ended_by = found.ended_by,
    because = found.because FROM ${foundBy(`${s}.reservation`, ['series', 'number'], rows)} WHERE r.ctid = found.ctid`;
  return [{ name: 'end', text, values }, deleteFrom(`${s}.open_reservation`, openColumns(ended))];
}

function pieceColumns(pieces: readonly Of<FreePiece>[]): Columns {
  return {
    series: ['bigint', pieces.map(({ series }) => series.series)],
    first: ['bigint', pieces.map(({ what }) => what.start)],
    past: ['bigint', pieces.map(({ what }) => what.end)],
    number: ['bigint', pieces.map(({ what }) => what.number)],
  };
}

function insertReuses(s: string, { reused }: SeriesGroup): Question {
  const { rows, values } = rowsOf({
    series: ['bigint', reused.map(({ series }) => series)],
    place: ['bigint', reused.map((_, index) => index)],
    first: ['bigint', reused.map(({ start }) => start)],
    past: ['bigint', reused.map(({ end }) => end)],
    before: ['bigint', reused.map(({ number }) => number)],
    after: ['bigint', reused.map(({ after }) => after)],
  });
  const number = `coalesce((SELECT max(number) FROM ${s}.reuse WHERE series = given.series), 0)
    + row_number() OVER (PARTITION BY given.series ORDER BY place)`;
  const text = `INSERT INTO ${s}.reuse (series, number, first, past, before, after)
    SELECT series, ${number}, first, past, before, after FROM ${rows}`;
  return { name: 'insert_reuse', text, values };
}

function updateHeads(s: string, changed: ReturnType<SeriesGroup['changedSeries']>, inOwnTransaction: boolean): Question {
  const { rows, values } = rowsOf({
    number: ['bigint', changed.map(({ series }) => series)],
    ...Object.fromEntries(HEAD_FIELDS.map((name) => [name, ['bigint', changed.map(({ head }) => head[name])] as const])),
  });
  const heads = HEAD_FIELDS.map((name) => `${name} = found.${name}`).join(', ');
  const name = inOwnTransaction ? 'heads_counted_at_commit' : 'heads';
  const text = `UPDATE ${s}.series t SET ${heads}, counts_at_commit = ${inOwnTransaction}
    FROM ${foundBy(`${s}.series`, ['number'], rows)} WHERE t.ctid = found.ctid`;
  return { name, text, values };
}

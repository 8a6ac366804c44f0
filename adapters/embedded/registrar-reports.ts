/** What the transaction pool answers without writing: how a series stands, who held an ordinal, which are void, which were reused. */
import type Database from 'libsql';
import type { Interval } from '../../core/interval.ts';
import { PAGE_MAX } from '../../core/reservation/bounds.ts';
import type { DatabaseLineage } from '../../core/reservation/lineage.ts';
import { parseReservationId } from '../../core/reservation/reservation-id.ts';
import type { RegisteredReservation, ReportPage, ReuseEntry, SeriesStatus, VoidEntry } from '../../pipelines/ports.ts';
import { type ReservationFinder, registered } from './registrar-tables.ts';
import { exact } from './rows.ts';
import { type SeriesRows, statusOf } from './series-rows.ts';

export interface RegistrarReports {
  lineage(): DatabaseLineage;
  status(series: number): SeriesStatus | undefined;
  find(id: string): RegisteredReservation | undefined;
  findByKey(keyScope: string, key: string): RegisteredReservation | undefined;
  holders(series: number, ordinal: number): RegisteredReservation[];
  voids(series: number, page: ReportPage): VoidEntry[];
  reuses(series: number, page: ReportPage): ReuseEntry[];
}

export function openRegistrarReports(database: Database.Database, rows: SeriesRows, finder: ReservationFinder): RegistrarReports {
  const select = (sql: string): Database.Statement => database.prepare(sql).raw();
  const selectHolders = select(
    'SELECT number FROM reservation_held WHERE series = ? AND first > ? AND first <= ? AND past > ? ORDER BY number LIMIT ?',
  );
  const selectFree = select(
    'SELECT first, past, number FROM reservation_free WHERE series = ? AND first > ? AND past > ? ORDER BY first LIMIT ?',
  );
  const selectOpen = select(
    `SELECT CAST(json_extract(held.value, '$[0]') AS INTEGER) AS first, CAST(json_extract(held.value, '$[1]') AS INTEGER) AS past, number
       FROM reservation, json_each(intervals) AS held WHERE state = 0 AND series = ? AND past > ? ORDER BY first LIMIT ?`,
  );
  const selectReuses = select(
    'SELECT number, first, past, before, after FROM reservation_reuse WHERE series = ? AND number >= ? ORDER BY number LIMIT ?',
  );

  function reservation(series: number, number: bigint): RegisteredReservation {
    const found = finder.byNumber(series, exact(number));
    if (found === undefined) throw new Error(`broken invariant: reservation ${number} of series ${series} is missing`);
    return registered(found);
  }

  /** No interval that begins here or before can reach the ordinal. */
  function tooFarBack(series: number, ordinal: number): number {
    return ordinal - (rows.get(series)?.head.longest ?? 0);
  }

  return {
    lineage: () => ({ lives: [...rows.lives()], ops: rows.ops() }),
    status(series) {
      const held = rows.get(series);
      return held === undefined ? undefined : statusOf(held);
    },
    find(text) {
      const id = parseReservationId(text);
      const found = id === undefined ? undefined : finder.byNumber(id.series, id.number);
      return found === undefined || found.life !== id?.life ? undefined : registered(found);
    },
    findByKey(keyScope, key) {
      const scope = rows.scopeNamed(keyScope);
      const found = scope === undefined ? undefined : finder.byKey(scope, key);
      return found === undefined ? undefined : registered(found);
    },
    holders(series, ordinal) {
      const holders = selectHolders.all(series, tooFarBack(series, ordinal), ordinal, ordinal, PAGE_MAX) as [bigint][];
      return holders.map(([number]) => reservation(series, number));
    },
    voids(series, { from, limit }) {
      const count = pageSize(limit);
      const free = selectFree.all(series, tooFarBack(series, from), from, count) as [bigint, bigint, bigint][];
      const open = selectOpen.all(series, from, count) as [bigint, bigint, bigint][];
      return [...free, ...open]
        .map(([first, past, number]) => ({ start: Math.max(exact(first), from), end: exact(past), number }))
        .sort((a: Interval, b: Interval) => a.start - b.start)
        .slice(0, count)
        .map(({ start, end, number }) => ({ start, end, reservation: reservation(series, number) }));
    },
    reuses(series, { from, limit }) {
      const reuses = selectReuses.all(series, from, pageSize(limit)) as [bigint, bigint, bigint, bigint, bigint][];
      return reuses.map(([number, first, past, before, after]) => ({
        number: exact(number),
        start: exact(first),
        end: exact(past),
        before: reservation(series, before),
        after: reservation(series, after),
      }));
    },
  };
}

function pageSize(limit: number): number {
  return Math.max(1, Math.min(limit, PAGE_MAX));
}

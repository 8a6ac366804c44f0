/**
 * One stream's last quarter of an hour, second by second: what the gateway remembers, and behind it what was heard since. Forecasts are of
 * a lead time; beside the demand they stand as values a second.
 */
import type { StreamPast, StreamStatus } from './api/answers.ts';

const SAMPLES_KEPT = 900;
/** In the order of the columns that a chart is given. */
const COLUMNS = ['atMs', 'demand', 'median', 'upper', 'stock', 'reorderPoint', 'orderUpTo', 'stalls', 'allocations'] as const;
type ColumnName = (typeof COLUMNS)[number];

export type Course = Record<ColumnName, number[]>;

export function emptyCourse(): Course {
  return Object.fromEntries(COLUMNS.map((name) => [name, [] as number[]])) as Course;
}

export function courseOf(past: StreamPast, leadTimeMs: number): Course {
  return {
    atMs: [...past.atMs],
    demand: [...past.demand],
    median: past.forecastMedian.map((values) => perSecond(values, leadTimeMs)),
    upper: past.forecastUpper.map((values) => perSecond(values, leadTimeMs)),
    stock: [...past.stock],
    reorderPoint: [...past.reorderPoint],
    orderUpTo: [...past.orderUpTo],
    stalls: [...past.stalls],
    allocations: [...past.allocations],
  };
}

/** Adds one look at the stream; one that is not later than the last says nothing new. */
export function goOn(course: Course, now: StreamStatus, before: StreamStatus, atMs: number): void {
  const lastMs = course.atMs.at(-1);
  if (lastMs !== undefined && atMs <= lastMs) return;
  const seconds = lastMs === undefined ? 1 : (atMs - lastMs) / 1_000;
  course.atMs.push(atMs);
  course.demand.push(Math.max(0, now.issuedTotal - before.issuedTotal) / seconds);
  course.median.push(perSecond(now.forecastMedian, now.leadTimeMs));
  course.upper.push(perSecond(now.forecastUpper, now.leadTimeMs));
  course.stock.push(now.stock);
  course.reorderPoint.push(now.reorderPoint);
  course.orderUpTo.push(now.orderUpTo);
  course.stalls.push(Math.max(0, now.stallsTotal - before.stallsTotal));
  course.allocations.push(Math.max(0, now.allocationsTotal - before.allocationsTotal));
  if (course.atMs.length > SAMPLES_KEPT) for (const name of COLUMNS) course[name].shift();
}

function perSecond(values: number, leadTimeMs: number): number {
  return leadTimeMs <= 0 ? 0 : (1_000 * values) / leadTimeMs;
}

/**
 * Runs of values as a column of SQL. The engine counts them out itself, so that ten million cost what its own `range` costs; it keeps the
 * order of the runs, because it reads them one after the other.
 */
import { VALUE_MAX, VALUE_MIN } from '../../core/limits.ts';

/** `start`, `start + increment`, …: `count` values. */
export interface ValueRun {
  readonly start: bigint;
  readonly count: number;
  readonly increment: bigint;
}

/** A query of one column: the values of the runs, in their order. */
export function valuesSql(runs: readonly ValueRun[], column: string): string {
  if (runs.length === 0) return `SELECT NULL::BIGINT AS ${column} WHERE false`;
  return runs.map((run) => runSql(run, column)).join(' UNION ALL ');
}

function runSql({ start, count, increment }: ValueRun, column: string): string {
  const end = start + BigInt(count) * increment;
  if (end <= VALUE_MAX && end >= VALUE_MIN) return `SELECT range AS ${column} FROM range(${start}, ${end}, ${increment})`;
  // The end lies beyond what the engine can count to; the values themselves do not.
  return `SELECT (${start}::HUGEINT + range::HUGEINT * ${increment}::HUGEINT)::BIGINT AS ${column} FROM range(0, ${count})`;
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

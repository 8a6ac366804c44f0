/** Medians and ranges of what was measured several times, and the quantiles of one run. */
import { median } from '../median.ts';

export interface Quantiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
}

/** The middle of several runs, and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Of fewer than a thousand waits the last is the slowest one. */
export function quantiles(waitsMs: readonly number[]): Quantiles {
  const sorted = Float64Array.from(waitsMs).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99), p999Ms: at(0.999) };
}

export function spread(measured: readonly number[]): Spread {
  if (measured.length === 0) throw new Error('nothing was measured');
  return { median: median(measured), min: Math.min(...measured), max: Math.max(...measured) };
}

/** Whether every run of one is on the same side of every run of the other: then their difference is no accident of a run. */
export function areApart(a: Spread, b: Spread): boolean {
  return a.max < b.min || b.max < a.min;
}

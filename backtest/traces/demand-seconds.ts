/**
 * A trace of demand per second, the form in which closed-loop backtests replay it, and the random arrivals that generators are
 * made of. The same seed gives the same seconds.
 */
import type { Rng } from '../../core/rng.ts';
import { gaussian } from '../demand.ts';

export const DAY_S = 86_400;
/** Where generated demand begins: a Monday, long ago enough to be nobody's future. */
export const START_MS = Date.UTC(2024, 0, 1);

export interface DemandSeconds {
  readonly name: string;
  /** Start of the first second, a multiple of ten, in the clock by which hours and weekdays are told. */
  readonly startMs: number;
  /** Values asked for, second by second. */
  readonly counts: Uint32Array;
  /** Comes back by the hour, the day or the week: foresight can pay here. */
  readonly seasonal: boolean;
}

/** Up to here arrivals are counted one by one; above, the normal approximation is as good and does not cost a loop. */
const COUNTED_MEAN_MAX = 30;

/** How many independent arrivals fall into a span that has `mean` of them in the long run. */
export function poisson(mean: number, rng: Rng): number {
  if (mean <= 0) return 0;
  if (mean > COUNTED_MEAN_MAX) return Math.max(0, Math.round(mean + Math.sqrt(mean) * gaussian(rng)));
  const least = Math.exp(-mean);
  let arrivals = 0;
  for (let product = rng.next(); product > least; product *= rng.next()) arrivals++;
  return arrivals;
}

/** Seconds with independent arrivals at a rate that may change with each of them. */
export function arrivals(seconds: number, rateAt: (second: number) => number, rng: Rng): Uint32Array<ArrayBuffer> {
  const counts = new Uint32Array(seconds);
  for (let second = 0; second < seconds; second++) counts[second] = poisson(rateAt(second), rng);
  return counts;
}

/** The same at a rate that never changes. A low one is drawn from arrival to arrival, which costs as little as there is of it. */
export function steadyArrivals(seconds: number, rate: number, rng: Rng): Uint32Array<ArrayBuffer> {
  if (rate >= 1) return arrivals(seconds, () => rate, rng);
  const counts = new Uint32Array(seconds);
  const gap = (): number => -Math.log(1 - rng.next()) / rate;
  for (let at = gap(); at < seconds; at += gap()) {
    const second = Math.floor(at);
    counts[second] = (counts[second] ?? 0) + 1;
  }
  return counts;
}

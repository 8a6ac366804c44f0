/**
 * Demand slices: a trace of counts per minute, multiplied and spread over shorter slices. The total of every minute is exact;
 * inside it values fall on slices by chance, as independent arrivals would (a multinomial: Poisson slices given their sum).
 *
 * The same seed gives the same slices, so the demo and the rivals it is compared with are asked for the very same values.
 */
import assert from 'node:assert/strict';
import { COUNT_MAX } from '../core/limits.ts';
import { type Rng, seededRng } from '../core/rng.ts';
import type { DemandTrace } from './traces/nasa.ts';

export interface DemandSlices {
  readonly sliceMs: number;
  /** Values asked for at the start of each slice. */
  readonly counts: Uint32Array;
}

export interface SpreadOptions {
  readonly factor: number;
  /** Divides the trace's bin. */
  readonly sliceMs: number;
  readonly seed: number;
}

export function spreadDemand(trace: DemandTrace, options: SpreadOptions): DemandSlices {
  const { factor, sliceMs, seed } = options;
  const slicesPerBin = trace.binMs / sliceMs;
  assert(Number.isInteger(slicesPerBin), `slices of ${sliceMs} ms do not divide bins of ${trace.binMs} ms`);
  const rng = seededRng(seed);
  const counts = new Uint32Array(trace.counts.length * slicesPerBin);
  let at = 0;
  for (const binCount of trace.counts) {
    let left = binCount * factor;
    for (let slicesLeft = slicesPerBin; slicesLeft > 1; slicesLeft--) {
      const here = binomial(left, 1 / slicesLeft, rng);
      counts[at++] = here;
      left -= here;
    }
    counts[at++] = left;
  }
  return { sliceMs, counts };
}

/**
 * The requests a slice's demand is made of: calls of at most COUNT_MAX values, all due when the slice starts. The demo and the
 * replay of rivals both count these, so their stalls per million requests have the same denominator.
 */
export function requestsOf(count: number): number[] {
  const requests: number[] = [];
  for (let left = count; left > 0; left -= COUNT_MAX) requests.push(Math.min(left, COUNT_MAX));
  return requests;
}

/** Up to here each arrival is tossed by itself; above, the normal approximation is as good and does not cost a loop. */
const TOSSED_MAX = 64;

function binomial(trials: number, probability: number, rng: Rng): number {
  if (trials > TOSSED_MAX) {
    const mean = trials * probability;
    const drawn = Math.round(mean + Math.sqrt(mean * (1 - probability)) * gaussian(rng));
    return Math.min(trials, Math.max(0, drawn));
  }
  let hits = 0;
  for (let trial = 0; trial < trials; trial++) if (rng.next() < probability) hits += 1;
  return hits;
}

/** Box-Muller; 1 - u keeps the logarithm finite. */
export function gaussian(rng: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next());
}

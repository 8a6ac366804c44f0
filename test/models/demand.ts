/** Demand for the model tests: seeded synthetic traces in 10 s bins, and the real one when its file is present. */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Rng, seededRng } from '../../core/rng.ts';

export interface Bin {
  readonly startMs: number;
  readonly demand: number;
  readonly peakPerSecond: number;
}

export const HOUR_S = 3_600;
export const DAY_S = 86_400;

/** Bins of a trace whose rate (values per second) is given for each second; arrivals are Poisson. */
export function binsOf(seconds: number, rateAt: (second: number) => number, seed = 1): Bin[] {
  const rng = seededRng(seed);
  return cut(seconds, (second) => poisson(rateAt(second), rng));
}

/** 50 values a second, and 20,000 in the first minute of each hour, which starts up to five seconds late. */
export function hourlyJob(days: number): Bin[] {
  const rng = seededRng(3);
  const lateS = Array.from({ length: days * 24 }, () => Math.floor(rng.next() * 5));
  return binsOf(days * DAY_S, (second) => {
    const late = (second % HOUR_S) - (lateS[Math.floor(second / HOUR_S)] ?? 0);
    return late >= 0 && late < 60 ? 20_000 : 50;
  });
}

const NASA = new URL('../../../shared/data/nasa/http_requests_per_second_1995-07.txt.gz', import.meta.url);
export const hasNasa = existsSync(NASA);

/** Requests per second of NASA's Kennedy Space Center, July 1995. */
export function nasaBins(): Bin[] {
  const counts = gunzipSync(readFileSync(NASA)).toString('ascii').trimEnd().split('\n');
  return cut(counts.length, (second) => Number(counts[second]));
}

function cut(seconds: number, countAt: (second: number) => number): Bin[] {
  const bins: Bin[] = [];
  for (let from = 0; from + 10 <= seconds; from += 10) {
    let demand = 0;
    let peakPerSecond = 0;
    for (let second = from; second < from + 10; second++) {
      const count = countAt(second);
      demand += count;
      peakPerSecond = Math.max(peakPerSecond, count);
    }
    bins.push({ startMs: from * 1_000, demand, peakPerSecond });
  }
  return bins;
}

/** Exact below 30, the normal approximation above. */
function poisson(mean: number, rng: Rng): number {
  if (mean <= 0) return 0;
  if (mean >= 30) {
    let normal = -6;
    for (let i = 0; i < 12; i++) normal += rng.next();
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
  }
  const limit = Math.exp(-mean);
  let count = -1;
  for (let product = 1; product > limit; product *= rng.next()) count++;
  return count;
}

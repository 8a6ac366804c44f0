/**
 * Minutes of which the sum and the busiest second are known, drawn as seconds: the busiest one somewhere in its minute, the others as
 * independent arrivals would fall, and none above it. The same minutes give the same seconds.
 */
import { type Rng, seededRng } from '../../../core/rng.ts';

const MINUTE_S = 60;
const SEED = 23;
/** Up to so many arrivals each is placed by itself; more are drawn second by second. */
const PLACED_MAX = 600;

export function demandSeconds({ demand, peaks }: { readonly demand: Float64Array; readonly peaks: Float64Array }): Float64Array {
  const rng = seededRng(SEED);
  const seconds = new Float64Array(demand.length * MINUTE_S);
  for (let minute = 0; minute < demand.length; minute++) {
    const total = Math.round(demand[minute] ?? 0);
    if (total === 0) continue;
    const peak = Math.min(total, Math.max(Math.ceil(total / MINUTE_S), Math.round(peaks[minute] ?? 0)));
    drawn(seconds.subarray(minute * MINUTE_S, (minute + 1) * MINUTE_S), total, peak, rng);
  }
  return seconds;
}

function drawn(into: Float64Array, total: number, peak: number, rng: Rng): void {
  into[Math.floor(rng.next() * MINUTE_S)] = peak;
  const left = total - peak;
  if (left <= PLACED_MAX) place(into, left, peak, rng);
  else spread(into, left, peak, rng);
}

/** A second that is full passes its arrival on to the next one: there is room, because the busiest has at least the mean. */
function place(into: Float64Array, count: number, peak: number, rng: Rng): void {
  for (let i = 0; i < count; i++) {
    let at = Math.floor(rng.next() * MINUTE_S);
    while ((into[at] ?? 0) >= peak) at = (at + 1) % MINUTE_S;
    into[at] = (into[at] ?? 0) + 1;
  }
}

function spread(into: Float64Array, count: number, peak: number, rng: Rng): void {
  const mean = count / (MINUTE_S - 1);
  let left = count;
  for (let at = 0; at < MINUTE_S; at++) {
    if (into[at] === peak) continue;
    // Three uniform draws are near enough to a bell.
    const bell = 2 * (rng.next() + rng.next() + rng.next() - 1.5);
    const here = Math.max(0, Math.min(peak, left, Math.round(mean + Math.sqrt(mean) * bell)));
    into[at] = here;
    left -= here;
  }
  for (let at = 0; left > 0; at = (at + 1) % MINUTE_S) {
    const more = Math.min(left, peak - (into[at] ?? 0), Math.ceil(left / MINUTE_S));
    into[at] = (into[at] ?? 0) + more;
    left -= more;
  }
}

/** Steps of a second, in each of which a part of its demand arrives. */
export const STEPS_PER_SECOND = 100;
/** More arrivals come in parcels: where in the second they fall decides who waits, and so many draws say it well enough. */
const PARCELS_MAX = 200;

/** One second's demand on its hundredths. Written over by the next second that is asked for. */
export class SplitSecond {
  readonly #arrivals = new Float64Array(STEPS_PER_SECOND);
  #second = -1;

  /** Runs that look into the same second meet the same arrivals. */
  steps(second: number, demand: number): Float64Array {
    if (second === this.#second) return this.#arrivals;
    this.#second = second;
    const rng = seededRng(SEED + Math.imul(second, 0x9e3779b1));
    const arrivals = this.#arrivals.fill(0);
    const parcels = Math.min(demand, PARCELS_MAX);
    for (let i = 0; i < parcels; i++) {
      const size = Math.floor(((i + 1) * demand) / parcels) - Math.floor((i * demand) / parcels);
      const step = Math.floor(rng.next() * STEPS_PER_SECOND);
      arrivals[step] = (arrivals[step] ?? 0) + size;
    }
    return arrivals;
  }
}

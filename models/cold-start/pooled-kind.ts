/**
 * What the streams of one kind (client type and service) ask for by the hour of the day: robust means of the logarithms, over streams
 * and days, of the demand of an hour and of its busiest minute and second. A stream of a kind that is known begins with them.
 *
 * Means of logarithms, because the streams of a kind differ by factors; robust, because one of them may be a thousand times the others.
 * 970 bytes of numbers a kind.
 */
import { assert } from '../../core/assertion.ts';
import type { ExpectedDemand } from './profile.ts';

const HOUR_MS = 3_600_000;
const HOURS = 24;
/** Of an hour: observations, means of the logarithms of its demand, its busiest minute and its busiest second, and their scatter. */
const FIELDS = 5;
const COUNT = 0;
const SCATTER = 4;
/** Lengths of the windows whose demand is known, each with the place of its mean. */
const WINDOWS = [
  { seconds: 1, field: 3 },
  { seconds: 60, field: 2 },
  { seconds: 3_600, field: 1 },
] as const;
/** Observations that a mean remembers: a hundred streams of one day, or the last hundred days of one. */
const MEMORY = 100;
/** So many observations are taken as they are: there is nothing yet to call one of them an outlier by. */
const UNJUDGED = 5;
/** An observation moves the mean as if it were at most this many mean deviations away, and a deviation is at least a quarter. */
const DEVIATIONS_MAX = 2;
const DEVIATION_MIN = 0.25;
/** While nothing is known of a stream, the upper demand is that of one a mean deviation above the middle, but not of another order of magnitude. */
const UPPER_FACTOR_MAX = 4;

/** What one stream asked for in one whole hour. */
export interface HourDemand {
  readonly demand: number;
  readonly busiestMinute: number;
  readonly busiestSecond: number;
}

export class PooledKind {
  /** Streams that it has learnt from. */
  streams = 0;
  private readonly hours = new Float64Array(HOURS * FIELDS);

  /** Takes in what a stream asked for in the hour that began then; `isNew`: for the first time. */
  learn(hourStartMs: number, { demand, busiestMinute, busiestSecond }: HourDemand, isNew: boolean): void {
    if (isNew) this.streams++;
    const at = hourOf(hourStartMs) * FIELDS;
    const { hours } = this;
    const count = Math.min(MEMORY, (hours[at + COUNT] ?? 0) + 1);
    hours[at + COUNT] = count;
    const deviation = Math.max(DEVIATION_MIN, hours[at + SCATTER] ?? 0);
    const bound = count <= UNJUDGED ? Infinity : DEVIATIONS_MAX * deviation;
    const error = Math.log1p(demand) - (hours[at + 1] ?? 0);
    if (count > 1) {
      const seen = Math.min(Math.abs(error), 2 * bound);
      hours[at + SCATTER] = (hours[at + SCATTER] ?? 0) + (seen - (hours[at + SCATTER] ?? 0)) / (count - 1);
    }
    [demand, busiestMinute, busiestSecond].forEach((value, i) => {
      const mean = hours[at + 1 + i] ?? 0;
      const away = Math.log1p(value) - mean;
      hours[at + 1 + i] = mean + Math.max(-bound, Math.min(bound, away)) / count;
    });
  }

  /**
   * The most that a window of that length asks for, beginning within `[fromMs, fromMs + aheadMs]`; undefined for unknown hours. `doubt`
   * says how little is known of how large the stream is among its kind: 1 where nothing is, 0 where it is known.
   */
  expects(fromMs: number, aheadMs: number, horizonMs: number, doubt: number): ExpectedDemand | undefined {
    let most: ExpectedDemand | undefined;
    // Hours change at most once on the way; longer than a day, all of them count.
    for (let start = fromMs; ; start = Math.min(start + HOUR_MS, fromMs + aheadMs)) {
      const window = this.window(start, horizonMs, doubt);
      if (window !== undefined && window.upper > (most?.upper ?? -1)) most = window;
      if (start >= fromMs + aheadMs) return most;
    }
  }

  /** Mean demand of an hour, and the long-run mean of the square root of the rate, over the hours that are known. */
  long(): { readonly hourDemand: number; readonly meanSqrtRate: number } {
    let [known, demand, root] = [0, 0, 0];
    for (let hour = 0; hour < HOURS; hour++) {
      if ((this.hours[hour * FIELDS + COUNT] ?? 0) === 0) continue;
      const mean = this.mean(hour, 1);
      const minute = this.mean(hour, 2);
      known++;
      demand += mean;
      // As if all of it came in minutes like the busiest one: a batch is not a trickle.
      if (minute > 0) root += Math.min(1, mean / (60 * minute)) * Math.sqrt(minute / 60);
    }
    return { hourDemand: demand / Math.max(1, known), meanSqrtRate: root / Math.max(1, known) };
  }

  save(): number[] {
    return [this.streams, ...this.hours];
  }

  static restored(saved: readonly number[]): PooledKind {
    const kind = new PooledKind();
    assert(saved.length === 1 + kind.hours.length, 'a kind was saved with as many numbers as it has');
    kind.streams = saved[0] ?? 0;
    kind.hours.set(saved.slice(1));
    return kind;
  }

  private window(fromMs: number, horizonMs: number, doubt: number): ExpectedDemand | undefined {
    let [median, upper, knownMs] = [0, 0, 0];
    const untilMs = fromMs + horizonMs;
    for (let start = fromMs; start < untilMs; ) {
      const hourEnd = (Math.floor(start / HOUR_MS) + 1) * HOUR_MS;
      const end = Math.min(hourEnd, untilMs);
      const hour = hourOf(start);
      if ((this.hours[hour * FIELDS + COUNT] ?? 0) > 0) {
        const factor = Math.min(UPPER_FACTOR_MAX, Math.exp(doubt * (this.hours[hour * FIELDS + SCATTER] ?? 0)));
        median += (this.mean(hour, 1) * (end - start)) / HOUR_MS;
        upper += factor * this.busiest(hour, (end - start) / 1_000);
        knownMs += end - start;
      }
      start = end;
    }
    if (knownMs === 0) return undefined;
    // Hours that no stream of the kind has lived yet are like those that one has.
    const scale = horizonMs / knownMs;
    return { median: median * scale, upper: Math.max(median, upper) * scale };
  }

  /** Demand of the busiest window of that length in an hour, between the lengths that are known on a straight line of logarithms. */
  private busiest(hour: number, seconds: number): number {
    const [second, minute, whole] = WINDOWS;
    if (seconds <= second.seconds) return this.mean(hour, second.field) * seconds;
    const [from, to] = seconds < minute.seconds ? [second, minute] : [minute, whole];
    // Rounded means may contradict each other a little: a longer window never holds less.
    const less = Math.max(1e-9, this.mean(hour, from.field));
    const more = Math.max(less, this.mean(hour, to.field));
    return less * (more / less) ** (Math.log(seconds / from.seconds) / Math.log(to.seconds / from.seconds));
  }

  private mean(hour: number, field: number): number {
    return Math.expm1(this.hours[hour * FIELDS + field] ?? 0);
  }
}

function hourOf(ms: number): number {
  return ((Math.floor(ms / HOUR_MS) % HOURS) + HOURS) % HOURS;
}

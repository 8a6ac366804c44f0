/**
 * Seasonal empirical quantiles: the demand over the same horizon at the same time, give or take a quarter of an hour, on the last
 * fourteen days, each corrected by the square root of how much busier the last hour was than the hour before it then. The same
 * day of the week counts three times. Source: forecasting study, section 7.2.
 *
 * Has no state of its own: all is looked up in the minutes of the history, each five minutes.
 */
import { BIN_MS, type Forecaster, orderly, type QuantileQuery } from '../forecaster.ts';
import { type DemandHistory, MINUTE_MS } from '../history/history.ts';

const DAYS = 14;
const DAY_MINUTES = 1_440;
const WEEK_DAYS = 7;
const HOUR_MINUTES = 60;
/** Windows that start within a quarter of an hour, each five minutes; looked up again as often. */
const STEP_MINUTES = 5;
const OFFSETS_MINUTES = [-3, -2, -1, 0, 1, 2, 3].map((steps) => steps * STEP_MINUTES);
const LAST_OFFSET_MINUTES = OFFSETS_MINUTES.at(-1) ?? 0;
/** A Monday resembles a Monday. */
const SAME_WEEKDAY_WEIGHT = 3;
/** A past day that was four times quieter or busier says nothing about today beyond that. */
const LEVEL_RATIO_MAX = 4;
const SAMPLES_MAX = (DAYS + (SAME_WEEKDAY_WEIGHT - 1) * (DAYS / WEEK_DAYS)) * OFFSETS_MINUTES.length;

export class SeasonalEmpirical implements Forecaster {
  readonly id = 'seasonal-empirical@1';
  private readonly history: DemandHistory;
  private horizonMs: number;
  /** Sorted samples, and the step of the clock they belong to: not state, the same are found after a restore. */
  private sampledStep = -1;
  private samples = new Float32Array(0);

  constructor(history: DemandHistory, horizonMs: number) {
    this.history = history;
    this.horizonMs = horizonMs;
  }

  /** The oldest window of yesterday, and the hour before it, are known. */
  get ready(): boolean {
    const yesterday = this.history.nextMinute - DAY_MINUTES;
    return this.history.knowsMinutes(yesterday - HOUR_MINUTES, 1);
  }

  get bytes(): number {
    return this.samples.byteLength;
  }

  observe(): void {}

  quantiles(query: QuantileQuery): number[] {
    const step = Math.floor(this.history.nextMinute / STEP_MINUTES);
    if (this.sampledStep !== step) {
      this.sampledStep = step;
      this.samples = this.lookedUp(step * STEP_MINUTES);
    }
    const count = this.samples.length;
    const quantiles = query.levels.map((level) => this.samples[Math.ceil(level * count) - 1] ?? 0);
    return orderly(quantiles, query.horizonMs / this.horizonMs);
  }

  retarget(horizonMs: number): void {
    this.horizonMs = horizonMs;
    this.sampledStep = -1;
  }

  save(): void {}

  restore(): void {
    this.sampledStep = -1;
  }

  private lookedUp(now: number): Float32Array<ArrayBuffer> {
    const { history } = this;
    const level = history.minutesDemand(now - HOUR_MINUTES, HOUR_MINUTES) ?? 0;
    let count = 0;
    for (let day = 1; day <= DAYS; day++) {
      const then = now - day * DAY_MINUTES;
      // All windows of the day lie in one stretch, which is unpacked once.
      const minutes = this.minutesAround(then);
      if (minutes === undefined) break;
      const ratio = (level + 1) / (sumOf(minutes, 0, HOUR_MINUTES) + 1);
      const factor = Math.sqrt(Math.min(LEVEL_RATIO_MAX, Math.max(1 / LEVEL_RATIO_MAX, ratio)));
      const weight = day % WEEK_DAYS === 0 ? SAME_WEEKDAY_WEIGHT : 1;
      for (const offset of OFFSETS_MINUTES) {
        const demand = this.demandFrom(then, offset, minutes);
        if (demand === undefined) continue;
        for (let i = 0; i < weight; i++) SAMPLES[count++] = demand * factor;
      }
    }
    return SAMPLES.slice(0, count).sort();
  }

  /** From an hour before that minute to the end of its last window, or as far as it is known; undefined where the hour is not. */
  private minutesAround(then: number): Float64Array | undefined {
    const { history } = this;
    const from = then - HOUR_MINUTES;
    if (!history.knowsMinutes(from, HOUR_MINUTES)) return undefined;
    const wanted = HOUR_MINUTES + LAST_OFFSET_MINUTES + Math.ceil(this.horizonMs / MINUTE_MS);
    const count = Math.min(wanted, history.knownMinutesEnd - from);
    const minutes = count <= MINUTES.length ? MINUTES.subarray(0, count) : new Float64Array(count);
    history.readMinutes(from, minutes);
    return minutes;
  }

  /** Demand over the horizon that began so many minutes after `then`. */
  private demandFrom(then: number, offset: number, around: Float64Array): number | undefined {
    const { history, horizonMs } = this;
    const minutes = horizonMs / MINUTE_MS;
    const span = Math.ceil(minutes);
    const first = HOUR_MINUTES + offset;
    if (first + span > around.length) return undefined;
    const demand = sumOf(around, first, span);
    // Below a bin it is the busiest stretch that counts.
    if (horizonMs < BIN_MS) return Math.min(demand, (history.minutesPeak(then + offset, 1) * horizonMs) / 1_000);
    return (demand * minutes) / span;
  }
}

function sumOf(values: Float64Array, from: number, count: number): number {
  let sum = 0;
  for (let i = from; i < from + count; i++) sum += values[i] ?? 0;
  return sum;
}

/** Minutes around a time of the day: scratch, as long as horizons mostly are. */
const MINUTES = new Float64Array(512);
/** Samples before they are counted: scratch, filled before each use. */
const SAMPLES = new Float32Array(SAMPLES_MAX);

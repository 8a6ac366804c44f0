/**
 * Seasonal empirical quantiles: the demand over the same horizon at the same time, give or take a quarter of an hour, on the last
 * fourteen days, each corrected by the square root of how much busier the last hour was than the hour before it then. The same
 * day of the week counts three times. Source: forecasting study, section 7.2.
 *
 * Has no state of its own: all is looked up in the minutes of the history, each five minutes.
 */
import { BIN_MS, type Forecaster, orderly, type QuantileQuery } from './forecaster.ts';
import { type DemandHistory, MINUTE_MS } from './history.ts';

const DAYS = 14;
const DAY_MINUTES = 1_440;
const WEEK_DAYS = 7;
const HOUR_MINUTES = 60;
/** Windows that start within a quarter of an hour, each five minutes; looked up again as often. */
const STEP_MINUTES = 5;
const OFFSETS_MINUTES = [-3, -2, -1, 0, 1, 2, 3].map((steps) => steps * STEP_MINUTES);
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
    return this.history.minutesDemand(yesterday - HOUR_MINUTES, 1) !== undefined;
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
    const level = this.history.minutesDemand(now - HOUR_MINUTES, HOUR_MINUTES) ?? 0;
    let count = 0;
    for (let day = 1; day <= DAYS; day++) {
      const then = now - day * DAY_MINUTES;
      const levelThen = this.history.minutesDemand(then - HOUR_MINUTES, HOUR_MINUTES);
      if (levelThen === undefined) break;
      const ratio = (level + 1) / (levelThen + 1);
      const factor = Math.sqrt(Math.min(LEVEL_RATIO_MAX, Math.max(1 / LEVEL_RATIO_MAX, ratio)));
      const weight = day % WEEK_DAYS === 0 ? SAME_WEEKDAY_WEIGHT : 1;
      for (const offset of OFFSETS_MINUTES) {
        const demand = this.demandFrom(then + offset);
        if (demand === undefined) continue;
        for (let i = 0; i < weight; i++) SAMPLES[count++] = demand * factor;
      }
    }
    return SAMPLES.slice(0, count).sort();
  }

  /** Demand over the horizon that began with that minute. */
  private demandFrom(minute: number): number | undefined {
    const { history, horizonMs } = this;
    const minutes = horizonMs / MINUTE_MS;
    const span = Math.ceil(minutes);
    const demand = history.minutesDemand(minute, span);
    if (demand === undefined) return undefined;
    // Below a bin it is the busiest stretch that counts.
    if (horizonMs < BIN_MS) return Math.min(demand, (history.minutesPeak(minute, 1) * horizonMs) / 1_000);
    return (demand * minutes) / span;
  }
}

/** Samples before they are counted: scratch, filled before each use. */
const SAMPLES = new Float32Array(SAMPLES_MAX);

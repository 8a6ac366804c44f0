/**
 * What the log-regression looks at: one, and the logarithms of eight guesses at the demand over the horizon from now on, each
 * from another part of the past. Source: ride-through study, section 2. Guesses whose past is not there yet repeat the last hour.
 */
import { type DemandHistory, MINUTE_MS } from '../history/history.ts';

export const FEATURE_COUNT = 9;
/** The guesses that a stream begins with: both running rates, the last hour, the same time on past days. */
export const INITIAL_WEIGHTS: readonly number[] = [0, 0.3, 0.3, 0.2, 0.2, 0, 0, 0, 0];

const HOUR_MS = 3_600_000;
const DAY_MINUTES = 1_440;
const WEEK_DAYS = 7;
const HOURS = 6;
/** Past days are looked at five minutes wider on both sides: people are not punctual. */
const WIDER_MINUTES = 5;

export class RegressionFeatures {
  private readonly history: DemandHistory;
  private horizonMs: number;
  /** Guesses from past days change with the minute only: not state, looked up again after a restore. `NaN`: unknown. */
  private cachedMinute = -1;
  private day = NaN;
  private dayBefore = NaN;
  private week = NaN;
  private weekBefore = NaN;

  constructor(history: DemandHistory, horizonMs: number) {
    this.history = history;
    this.horizonMs = horizonMs;
  }

  retarget(horizonMs: number): void {
    this.horizonMs = horizonMs;
    this.cachedMinute = -1;
  }

  /** Fills `inputs`; returns the largest of the guesses that may bound a forecast. */
  fill(inputs: Float64Array): number {
    this.lookUpDays();
    const seconds = this.horizonMs / 1_000;
    const { rates } = this.history;
    const minute = seconds * rates.minute;
    const hour = this.lastHour();
    const day = or(this.day, hour);
    const dayBefore = or(this.dayBefore, hour);
    const week = or(this.week, day);
    const sixHours = this.sameMinute(hour);
    inputs[0] = 1;
    inputs[1] = Math.log1p(minute);
    inputs[2] = Math.log1p(seconds * rates.tenMinutes);
    inputs[3] = Math.log1p(hour);
    inputs[4] = Math.log1p(day);
    inputs[5] = Math.log1p(dayBefore);
    inputs[6] = Math.log1p(week);
    inputs[7] = Math.log1p(or(this.weekBefore, dayBefore));
    inputs[8] = Math.log1p(sixHours);
    return Math.max(day, week, sixHours, minute);
  }

  private lastHour(): number {
    const { startMs, endMs } = this.history;
    const spanMs = Math.min(HOUR_MS, endMs - startMs);
    if (spanMs === 0) return 0;
    return (this.history.windowDemand(endMs - spanMs, spanMs) * this.horizonMs) / spanMs;
  }

  /** Mean of the last six hours at this minute; windows that are not over yet are left out. */
  private sameMinute(otherwise: number): number {
    const { startMs, endMs } = this.history;
    const spanMs = Math.max(MINUTE_MS, this.horizonMs);
    let sum = 0;
    let count = 0;
    for (let hour = 1; hour <= HOURS; hour++) {
      const from = endMs - hour * HOUR_MS;
      if (from < startMs || from + spanMs > endMs) continue;
      sum += this.history.windowDemand(from, spanMs);
      count++;
    }
    return count === 0 ? otherwise : (sum * this.horizonMs) / (count * spanMs);
  }

  private lookUpDays(): void {
    const minute = this.history.nextMinute;
    if (minute === this.cachedMinute) return;
    this.cachedMinute = minute;
    const span = Math.ceil(this.horizonMs / MINUTE_MS) + 2 * WIDER_MINUTES;
    let sum = 0;
    let sumBefore = 0;
    let days = 0;
    this.week = NaN;
    this.weekBefore = NaN;
    for (let day = 1; day <= WEEK_DAYS; day++) {
      const at = minute - day * DAY_MINUTES;
      const demand = this.history.minutesDemand(at - WIDER_MINUTES, span);
      const before = this.history.minutesDemand(at - 60, 60);
      if (demand === undefined || before === undefined) break;
      const scaled = (demand * this.horizonMs) / (span * MINUTE_MS);
      const scaledBefore = (before * this.horizonMs) / HOUR_MS;
      sum += scaled;
      sumBefore += scaledBefore;
      days++;
      if (day < WEEK_DAYS) continue;
      this.week = scaled;
      this.weekBefore = scaledBefore;
    }
    this.day = sum / days;
    this.dayBefore = sumBefore / days;
  }
}

function or(value: number, otherwise: number): number {
  return Number.isNaN(value) ? otherwise : value;
}

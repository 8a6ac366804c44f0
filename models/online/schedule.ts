/**
 * Bursts that come back by the clock: hourly jobs, found in the last six hours, and daily jobs, found in the last seven days.
 * Says what demand the schedule promises for the horizon that begins now; 0 where it promises nothing.
 *
 * Source: facts of the ride-through study, section 2 (N, ND, "spiky"), docs/how-it-works/sizing.md. The second largest of
 * the past occurrences counts: a burst is scheduled when it has happened at this time twice. Daily occurrences are looked up in
 * minutes instead of 15 s steps: whole minutes bound the window from above, its busiest second bounds it too.
 */
import { BIN_MS } from '../forecaster.ts';
import { type DemandHistory, MINUTE_MS } from '../history/history.ts';
import { Ring } from '../history/ring.ts';
import type { StateReader, StateWriter } from '../state-bytes.ts';

const HOUR_MS = 3_600_000;
const DAY_MINUTES = 1_440;
const HOURS = 6;
const DAYS = 7;
/** A scheduled burst is expected 5 % larger than it was. */
const MARGIN = 1.05;
/** What counts as a burst: three times the mean of its surroundings, and never mere scatter of single requests. */
const BURST_RATIO = 3;
const BURST_MIN = 20;
/** Jobs start some seconds early or late. */
const JITTERS_MS = [-10_000, 0, 10_000, 20_000];
/** Daily jobs drift by a minute: windows that start a minute before to a minute after the time of day. */
const DRIFT_MINUTES = [-1, 0, 1];
/** Maxima and means of the last six hours are kept per ten minutes. */
const BLOCK_BINS = 60;
const BLOCKS_PER_HOUR = 6;

interface SixHours {
  /** End of the blocks it was taken from. */
  readonly end: number;
  readonly latest: number;
  readonly largest: number;
  readonly secondLargest: number;
  readonly mean: number;
}

const UNKNOWN: SixHours = { end: -1, latest: 0, largest: 0, secondLargest: 0, mean: 0 };

export class Schedule {
  /** True once a daily job was seen. */
  daily = false;
  private readonly history: DemandHistory;
  private horizonMs: number;
  private readonly maxima = new Ring('float32', HOURS * BLOCKS_PER_HOUR);
  private readonly means = new Ring('float32', HOURS * BLOCKS_PER_HOUR);
  private openMax = 0;
  private openSum = 0;
  private openCount = 0;
  /** Changes with the blocks only, and the daily promise with the minute only: not state, looked up again after a restore. */
  private sixHours = UNKNOWN;
  private cachedMinute = -1;
  private cachedDaily = 0;

  constructor(history: DemandHistory, horizonMs: number) {
    this.history = history;
    this.horizonMs = horizonMs;
  }

  get bytes(): number {
    return this.maxima.bytes + this.means.bytes;
  }

  observe(): void {
    const demand = this.history.newestDemand(this.horizonMs);
    this.openMax = Math.max(this.openMax, demand);
    this.openSum += demand;
    this.openCount++;
    if (this.history.nextBin % BLOCK_BINS === 0) this.endBlock(1);
  }

  /** The same as observing `bins` empty bins after hours of them. */
  skip(bins: number): void {
    this.endBlock(Math.max(1, Math.floor(bins / BLOCK_BINS)));
    this.forget();
  }

  /** Demand that the schedule promises for the horizon from now on. */
  promised(): number {
    return this.isSpiky() ? this.hourly() : this.dailyPromise();
  }

  retarget(horizonMs: number): void {
    const factor = horizonMs / this.horizonMs;
    this.horizonMs = horizonMs;
    this.maxima.scale(factor);
    this.means.scale(factor);
    this.openMax *= factor;
    this.openSum *= factor;
    this.forget();
  }

  save(to: StateWriter): void {
    for (const value of [this.openMax, this.openSum, this.openCount, this.daily ? 1 : 0]) to.number(value);
    this.maxima.save(to);
    this.means.save(to);
  }

  restore(from: StateReader): void {
    this.openMax = from.number();
    this.openSum = from.number();
    this.openCount = from.number();
    this.daily = from.number() === 1;
    this.maxima.restore(from);
    this.means.restore(from);
    this.forget();
  }

  private endBlock(times: number): void {
    this.maxima.push(this.openMax);
    this.means.push(this.openCount > 0 ? this.openSum / this.openCount : 0);
    this.maxima.repeat(0, times - 1);
    this.means.repeat(0, times - 1);
    this.openMax = 0;
    this.openSum = 0;
    this.openCount = 0;
  }

  private forget(): void {
    this.sixHours = UNKNOWN;
    this.cachedMinute = -1;
  }

  private isSpiky(): boolean {
    if (this.sixHours.end !== this.maxima.end) this.sixHours = this.lastSixHours();
    const { latest, largest, secondLargest, mean } = this.sixHours;
    const now = Math.max(latest, this.openMax);
    const second = now > largest ? largest : Math.max(now, secondLargest);
    return second >= BURST_RATIO * mean + BURST_MIN;
  }

  /** Maximum of the latest hour, two largest of those before, and the mean of all, without the block that is filling. */
  private lastSixHours(): SixHours {
    const { maxima, means } = this;
    let [latest, largest, secondLargest, hour, sum] = [0, 0, 0, 0, 0];
    for (let age = 1; age <= maxima.length; age++) {
      hour = Math.max(hour, maxima.at(maxima.end - age));
      sum += means.at(means.end - age);
      if (age % BLOCKS_PER_HOUR !== 0 && age !== maxima.length) continue;
      if (age <= BLOCKS_PER_HOUR) latest = hour;
      else if (hour > largest) [largest, secondLargest] = [hour, largest];
      else secondLargest = Math.max(secondLargest, hour);
      hour = 0;
    }
    return { end: maxima.end, latest, largest, secondLargest, mean: sum / Math.max(1, maxima.length) };
  }

  private hourly(): number {
    let first = 0;
    let second = 0;
    for (let hour = 1; hour <= HOURS; hour++) {
      let largest = 0;
      for (const jitter of JITTERS_MS) {
        const from = this.history.endMs - hour * HOUR_MS + jitter;
        const finished = from + Math.max(BIN_MS, this.horizonMs) <= this.history.endMs;
        if (from < this.history.startMs || !finished) continue;
        largest = Math.max(largest, this.history.windowDemand(from, this.horizonMs));
      }
      if (largest > first) [first, second] = [largest, first];
      else second = Math.max(second, largest);
    }
    return MARGIN * second;
  }

  private dailyPromise(): number {
    const minute = this.history.nextMinute;
    if (minute === this.cachedMinute) return this.cachedDaily;
    let first = 0;
    let second = 0;
    for (let day = 1; day <= DAYS; day++) {
      const burst = this.burstAround(minute - day * DAY_MINUTES);
      if (burst > first) [first, second] = [burst, first];
      else second = Math.max(second, burst);
    }
    this.cachedMinute = minute;
    this.cachedDaily = MARGIN * second;
    if (second > 0) this.daily = true;
    return this.cachedDaily;
  }

  /** Largest demand over the horizon that started about that minute, or 0 unless it stands out of the hour before and after. */
  private burstAround(minute: number): number {
    const { history, horizonMs } = this;
    const span = Math.round(horizonMs / MINUTE_MS) + 1;
    let largest = 0;
    for (const drift of DRIFT_MINUTES) {
      const demand = history.minutesDemand(minute + drift, span);
      if (demand === undefined) return 0;
      const bySecond = (history.minutesPeak(minute + drift, span) * horizonMs) / 1_000;
      largest = Math.max(largest, Math.min(demand, bySecond));
    }
    if (largest < BURST_MIN) return 0;
    const around = 120 + Math.ceil(horizonMs / MINUTE_MS);
    const mean = history.minutesDemand(minute - 60, around);
    if (mean === undefined) return 0;
    return largest >= (BURST_RATIO * mean * horizonMs) / (around * MINUTE_MS) + BURST_MIN ? largest : 0;
  }
}

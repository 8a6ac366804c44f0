/**
 * What a stream's demand was: 10 s bins of the last six and a half hours, minutes of the last fifteen days, running rates.
 * Shared by all forecasters of the stream. At most 93 KB, under 1 KB in the first five minutes.
 *
 * Two things are kept of each bin and minute: the demand, and its busiest second, which bounds what a window shorter than a
 * bin can have asked for.
 */
import { assert } from '../core/assertion.ts';
import { decodeCount, encodeCount } from './compact-count.ts';
import { BIN_MS } from './forecaster.ts';
import { Rates } from './rates.ts';
import { Ring } from './ring.ts';
import type { StateReader, StateWriter } from './state-bytes.ts';

export const MINUTE_MS = 60_000;
const BINS_PER_MINUTE = MINUTE_MS / BIN_MS;
/** Longest horizon a model may have: the schedule compares the last six hours; longer ones are answered in proportion. */
export const HORIZON_MS_MAX = 6 * 3_600_000;
/** The longest horizon, and half an hour for the stride at which its outcomes are looked up. */
const FINE_BINS = 6.5 * 360;
/** Two weeks, as the seasonal forecaster asks for, and the day that is being forecast. */
const COARSE_MINUTES = 15 * 1_440;
/** Busiest seconds serve the daily schedule, which looks back seven days. */
const PEAK_MINUTES = 8 * 1_440;

export class DemandHistory {
  readonly rates = new Rates();
  /** Start of the first bin and end of the last one; equal while there is none. */
  startMs = 0;
  endMs = 0;
  /** Demand since the start up to the end of each bin: a window's demand is a difference. */
  private readonly totals = new Ring('float64', FINE_BINS);
  private readonly binPeaks = new Ring('uint16', FINE_BINS);
  private readonly minutes = new Ring('uint16', COARSE_MINUTES);
  private readonly minutePeaks = new Ring('uint16', PEAK_MINUTES);
  private total = 0;
  /** The minute that is not complete yet. */
  private minuteDemand = 0;
  private minutePeak = 0;

  get bytes(): number {
    return this.totals.bytes + this.binPeaks.bytes + this.minutes.bytes + this.minutePeaks.bytes;
  }

  /** Index of the bin that comes next, and of the minute it lies in. */
  get nextBin(): number {
    return this.endMs / BIN_MS;
  }

  get nextMinute(): number {
    return Math.floor(this.endMs / MINUTE_MS);
  }

  observe(binStartMs: number, demand: number, peakPerSecond: number): void {
    if (this.endMs === this.startMs) this.begin(binStartMs);
    assert(binStartMs === this.endMs, 'bins of demand arrive in order, none left out');
    this.endMs += BIN_MS;
    this.total += demand;
    this.totals.push(this.total);
    this.binPeaks.push(encodeCount(peakPerSecond));
    this.minuteDemand += demand;
    this.minutePeak = Math.max(this.minutePeak, peakPerSecond);
    if (this.endMs % MINUTE_MS === 0) this.endMinute();
    this.rates.observe(demand);
  }

  /** The same as observing `bins` empty bins, in bounded time. */
  skip(bins: number): void {
    this.rates.skip(bins);
    let left = bins;
    for (; left > 0 && this.endMs % MINUTE_MS !== 0; left--) this.skipBin();
    const whole = Math.floor(left / BINS_PER_MINUTE);
    this.totals.repeat(this.total, whole * BINS_PER_MINUTE);
    this.binPeaks.repeat(0, whole * BINS_PER_MINUTE);
    this.minutes.repeat(0, whole);
    this.minutePeaks.repeat(0, whole);
    this.endMs += whole * MINUTE_MS;
    for (left -= whole * BINS_PER_MINUTE; left > 0; left--) this.skipBin();
  }

  /**
   * Demand of the window that starts there (the start of a bin) and is complete. Shorter than a bin: the busiest stretch of
   * that length in the bin, at most. Longer: a last bin that is only partly in it counts in proportion.
   */
  windowDemand(fromMs: number, horizonMs: number): number {
    const from = fromMs / BIN_MS;
    if (horizonMs < BIN_MS) return this.shortDemand(from, from + 1, horizonMs);
    return Math.max(0, this.totalAt(fromMs + horizonMs) - this.totalAt(fromMs));
  }

  /** Demand of the newest complete window of that length. */
  newestDemand(horizonMs: number): number {
    return this.windowDemand(this.endMs - Math.max(BIN_MS, horizonMs), horizonMs);
  }

  /** Largest demand that any window of that length, ending in the newest bin, can have had: windows may straddle bins. */
  newestPeak(horizonMs: number): number {
    if (horizonMs >= MINUTE_MS) return this.newestDemand(horizonMs);
    if (horizonMs <= 1_000) return this.shortDemand(this.nextBin - 1, this.nextBin, horizonMs);
    const bins = Math.ceil(horizonMs / BIN_MS) + 1;
    return this.shortDemand(this.nextBin - bins, this.nextBin, horizonMs);
  }

  /** Demand of `count` complete minutes, or undefined when not all of them are known. */
  minutesDemand(from: number, count: number): number | undefined {
    if (from < this.minutes.start || from + count > this.minutes.end) return undefined;
    let sum = 0;
    for (let i = from; i < from + count; i++) sum += decodeCount(this.minutes.at(i));
    return sum;
  }

  /** Busiest second of `count` complete minutes, 0 for what is not known. */
  minutesPeak(from: number, count: number): number {
    let code = 0;
    const end = Math.min(from + count, this.minutePeaks.end);
    for (let i = Math.max(from, this.minutePeaks.start); i < end; i++) code = Math.max(code, this.minutePeaks.at(i));
    return decodeCount(code);
  }

  save(to: StateWriter): void {
    for (const value of [this.startMs, this.endMs, this.total, this.minuteDemand, this.minutePeak]) to.number(value);
    this.rates.save(to);
    for (const ring of [this.totals, this.binPeaks, this.minutes, this.minutePeaks]) ring.save(to);
  }

  restore(from: StateReader): void {
    this.startMs = from.number();
    this.endMs = from.number();
    this.total = from.number();
    this.minuteDemand = from.number();
    this.minutePeak = from.number();
    this.rates.restore(from);
    for (const ring of [this.totals, this.binPeaks, this.minutes, this.minutePeaks]) ring.restore(from);
  }

  private begin(binStartMs: number): void {
    assert(binStartMs >= 0 && binStartMs % BIN_MS === 0, 'a bin starts at a multiple of its length');
    this.startMs = binStartMs;
    this.endMs = binStartMs;
    this.totals.end = this.nextBin;
    this.binPeaks.end = this.nextBin;
    this.minutes.end = this.nextMinute;
    this.minutePeaks.end = this.nextMinute;
  }

  private skipBin(): void {
    this.endMs += BIN_MS;
    this.totals.push(this.total);
    this.binPeaks.push(0);
    if (this.endMs % MINUTE_MS === 0) this.endMinute();
  }

  private endMinute(): void {
    this.minutes.push(encodeCount(this.minuteDemand));
    this.minutePeaks.push(encodeCount(this.minutePeak));
    this.minuteDemand = 0;
    this.minutePeak = 0;
  }

  /** At most what the bins `[from, to)` saw in all, and at most their busiest second for the whole horizon. */
  private shortDemand(from: number, to: number, horizonMs: number): number {
    let code = 0;
    for (let i = Math.max(from, this.binPeaks.start); i < to; i++) code = Math.max(code, this.binPeaks.at(i));
    const sum = Math.max(0, this.totalAt(to * BIN_MS) - this.totalAt(from * BIN_MS));
    return Math.min(sum, (decodeCount(code) * horizonMs) / 1_000);
  }

  /** Demand up to that time, even within a bin; before the oldest bin held, what came before it. */
  private totalAt(ms: number): number {
    const bins = ms / BIN_MS;
    const whole = Math.floor(bins);
    const before = this.totalBefore(whole);
    return whole === bins ? before : before + (this.totalBefore(whole + 1) - before) * (bins - whole);
  }

  /** Demand up to the start of a bin. */
  private totalBefore(bin: number): number {
    const index = bin - 1;
    if (index >= this.totals.end) return this.total;
    if (index < this.totals.start) return this.startMs / BIN_MS === this.totals.start ? 0 : this.totals.at(this.totals.start);
    return this.totals.at(index);
  }
}

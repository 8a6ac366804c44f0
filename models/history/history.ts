/**
 * What a stream's demand was: 10 s bins of the last six and a half hours, minutes of the last fifteen days, five minutes of sixty days,
 * hours of a year, running rates, and the spans of which nothing is known. Shared by all forecasters of the stream. At most 150 KB
 * where every bin differs, a few KB where little happens, under 1 KB in the first five minutes.
 *
 * Two things are kept of each bin and minute: the demand, and its busiest second, which bounds what a window shorter than a
 * bin can have asked for.
 */
import { assert } from '../../core/assertion.ts';
import { BIN_MS } from '../forecaster.ts';
import type { StateReader, StateWriter } from '../state-bytes.ts';
import { COUNTS, decodeCount, encodeCount } from './compact-count.ts';
import { FIVE_S, FIVE_SECONDS_MS } from './five-seconds.ts';
import { Outages } from './outages.ts';
import { PackedRing } from './packed-ring.ts';
import { Rates } from './rates.ts';
import { RollUp } from './roll-up.ts';

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
const FIVE_MINUTES_MS = 300_000;
const FIVE_MINUTES_BINS = 60 * 288;
const HOUR_MS = 3_600_000;
const HOUR_BINS = 366 * 24;
/** The bins that the past can be had in. */
export const ROLL_UPS_MS: readonly number[] = [BIN_MS, MINUTE_MS, FIVE_MINUTES_MS, HOUR_MS];

/** A piece of the past in bins of one length, oldest first. */
export interface RolledUp {
  readonly binMs: number;
  readonly startMs: number;
  readonly demand: Float64Array;
  /** 1 where nothing is known of a bin; left out where all are known. */
  readonly outages?: Uint8Array;
}

/** Some of the newest bins: from so many before the end up to so many before it. */
export interface NewestBins {
  readonly from: number;
  readonly until: number;
}

export class DemandHistory {
  readonly rates = new Rates();
  /** Start of the first bin and end of the last one; equal while there is none. */
  startMs = 0;
  endMs = 0;
  /** Demand since the start up to the end of each bin: a window's demand is a difference. */
  private readonly totals = new PackedRing('float64', FINE_BINS);
  private readonly binPeaks = new PackedRing('uint16', FINE_BINS);
  private readonly minutes = new PackedRing('uint16', COARSE_MINUTES);
  private readonly minutePeaks = new PackedRing('uint16', PEAK_MINUTES);
  private readonly fiveMinutes = new RollUp(FIVE_MINUTES_MS / MINUTE_MS, FIVE_MINUTES_BINS);
  private readonly hours = new RollUp(HOUR_MS / MINUTE_MS, HOUR_BINS);
  private readonly outages = new Outages();
  private total = 0;
  /** The minute that is not complete yet. */
  private minuteDemand = 0;
  private minutePeak = 0;
  /** The most that five seconds asked for which end in the newest bin, and in the one before. */
  private five = 0;
  private fiveBefore = 0;

  get bytes(): number {
    return this.rings.reduce((sum, ring) => sum + ring.bytes, this.outages.bytes);
  }

  /** Index of the bin that comes next, and of the minute it lies in. */
  get nextBin(): number {
    return this.endMs / BIN_MS;
  }

  get nextMinute(): number {
    return Math.floor(this.endMs / MINUTE_MS);
  }

  observe(binStartMs: number, demand: number, peakPerSecond: number, peakPerFive = FIVE_S * peakPerSecond): void {
    if (this.endMs === this.startMs) this.begin(binStartMs);
    assert(binStartMs === this.endMs, 'bins of demand arrive in order, none left out');
    this.endMs += BIN_MS;
    this.total += demand;
    this.totals.push(this.total);
    this.binPeaks.push(encodeCount(peakPerSecond));
    this.fiveBefore = this.five;
    this.five = peakPerFive;
    this.minuteDemand += demand;
    this.minutePeak = Math.max(this.minutePeak, peakPerSecond);
    if (this.endMs % MINUTE_MS === 0) this.endMinute();
    this.rates.observe(demand);
  }

  /** The same as observing `bins` empty bins, in bounded time. */
  skip(bins: number): void {
    this.rates.skip(bins);
    this.five = 0;
    this.fiveBefore = 0;
    let left = bins;
    for (; left > 0 && this.endMs % MINUTE_MS !== 0; left--) this.skipBin();
    const whole = Math.floor(left / BINS_PER_MINUTE);
    this.totals.repeat(this.total, whole * BINS_PER_MINUTE);
    this.binPeaks.repeat(0, whole * BINS_PER_MINUTE);
    this.minutes.repeat(0, whole);
    this.minutePeaks.repeat(0, whole);
    for (const longer of [this.fiveMinutes, this.hours]) longer.skip(this.nextMinute, whole);
    this.endMs += whole * MINUTE_MS;
    for (left -= whole * BINS_PER_MINUTE; left > 0; left--) this.skipBin();
  }

  /** Nothing is known of this span: no pool reported, or what was reported had waited. What came with it still counts as demand. */
  missed(fromMs: number, untilMs: number): void {
    this.outages.add(fromMs, untilMs);
  }

  /** True where too little is known of a window to judge a forecast by it. */
  isUnknown(fromMs: number, untilMs: number): boolean {
    return this.outages.hides(fromMs, untilMs);
  }

  /**
   * The newest complete bins of that length (one of `ROLL_UPS_MS`), at most `count`; none of the time before the stream began. Written
   * to the end of `into`, where it is given: many streams are read at a time, and memory that is used again is not to be collected.
   * Where `parts` are given, only those are read; what `into` holds of other bins stays as it is.
   */
  rolledUp(binMs: number, count: number, into?: Float64Array, parts?: readonly NewestBins[]): RolledUp {
    const end = Math.floor(this.endMs / binMs);
    const ring = this.ringOf(binMs);
    // Of the oldest bin in a full ring of totals it is not known what came before it.
    const first = ring === this.totals && ring.start > this.startMs / BIN_MS ? ring.start + 1 : ring.start;
    const from = Math.min(end, Math.max(first, Math.ceil(this.startMs / binMs), end - count));
    const demand = into === undefined ? new Float64Array(end - from) : into.subarray(into.length - (end - from));
    for (const part of parts ?? [{ from: demand.length, until: 0 }]) {
      const first = Math.max(0, demand.length - part.from);
      const last = demand.length - part.until;
      if (ring === this.totals) {
        for (let i = first; i < last; i++) demand[i] = this.totalBefore(from + i + 1) - this.totalBefore(from + i);
      } else if (last > first) ring.read(from + first, demand.subarray(first, last), COUNTS);
    }
    const outages = this.outages.mask(from * binMs, binMs, demand.length);
    return { binMs, startMs: from * binMs, demand, ...(outages !== undefined && { outages }) };
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
    const minutes = count <= MINUTES.length ? MINUTES.subarray(0, count) : new Float64Array(count);
    if (!this.readMinutes(from, minutes)) return undefined;
    let sum = 0;
    for (let i = 0; i < count; i++) sum += minutes[i] ?? 0;
    return sum;
  }

  /** Demand of each minute from that one on, as many as `into` takes; false when not all of them are known and complete. */
  readMinutes(from: number, into: Float64Array): boolean {
    if (!this.knowsMinutes(from, into.length)) return false;
    this.minutes.read(from, into, COUNTS);
    return true;
  }

  /** One past the newest complete minute. */
  get knownMinutesEnd(): number {
    return this.minutes.end;
  }

  knowsMinutes(from: number, count: number): boolean {
    return from >= this.minutes.start && from + count <= this.minutes.end;
  }

  /** Busiest second of `count` complete minutes, 0 for what is not known. */
  minutesPeak(from: number, count: number): number {
    let code = 0;
    const end = Math.min(from + count, this.minutePeaks.end);
    for (let i = Math.max(from, this.minutePeaks.start); i < end; i++) code = Math.max(code, this.minutePeaks.at(i));
    return decodeCount(code);
  }

  save(to: StateWriter): void {
    const { startMs, endMs, total, minuteDemand, minutePeak, five, fiveBefore } = this;
    for (const value of [startMs, endMs, total, minuteDemand, minutePeak, five, fiveBefore]) to.number(value);
    this.rates.save(to);
    for (const ring of [this.totals, this.binPeaks, this.minutes, this.minutePeaks, this.fiveMinutes, this.hours]) ring.save(to);
    this.outages.save(to);
  }

  restore(from: StateReader): void {
    this.startMs = from.number();
    this.endMs = from.number();
    this.total = from.number();
    this.minuteDemand = from.number();
    this.minutePeak = from.number();
    this.five = from.number();
    this.fiveBefore = from.number();
    this.rates.restore(from);
    for (const ring of [this.totals, this.binPeaks, this.minutes, this.minutePeaks, this.fiveMinutes, this.hours]) ring.restore(from);
    this.outages.restore(from);
  }

  private get rings(): readonly PackedRing[] {
    return [this.totals, this.binPeaks, this.minutes, this.minutePeaks, this.fiveMinutes.bins, this.hours.bins];
  }

  private ringOf(binMs: number): PackedRing {
    assert(ROLL_UPS_MS.includes(binMs), 'the past is had in bins of the roll-ups only');
    if (binMs === BIN_MS) return this.totals;
    if (binMs === MINUTE_MS) return this.minutes;
    return binMs === HOUR_MS ? this.hours.bins : this.fiveMinutes.bins;
  }

  private begin(binStartMs: number): void {
    assert(binStartMs >= 0 && binStartMs % BIN_MS === 0, 'a bin starts at a multiple of its length');
    this.startMs = binStartMs;
    this.endMs = binStartMs;
    for (const ring of [this.totals, this.binPeaks]) ring.begin(this.nextBin);
    for (const ring of [this.minutes, this.minutePeaks]) ring.begin(this.nextMinute);
    for (const longer of [this.fiveMinutes, this.hours]) longer.begin(this.nextMinute);
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
    for (const longer of [this.fiveMinutes, this.hours]) longer.endMinute(this.nextMinute, this.minuteDemand);
    this.minuteDemand = 0;
    this.minutePeak = 0;
  }

  /** At most what the bins `[from, to)` saw in all, their busiest second for the whole horizon, or as far as known their busiest five. */
  private shortDemand(from: number, to: number, horizonMs: number): number {
    let code = 0;
    for (let i = Math.max(from, this.binPeaks.start); i < to; i++) code = Math.max(code, this.binPeaks.at(i));
    const sum = Math.max(0, this.totalAt(to * BIN_MS) - this.totalAt(from * BIN_MS));
    const bySecond = Math.min(sum, (decodeCount(code) * horizonMs) / 1_000);
    if (from < this.nextBin - 2) return bySecond;
    const five = from === this.nextBin - 1 ? this.five : Math.max(this.five, this.fiveBefore);
    return Math.min(bySecond, five * Math.ceil(horizonMs / FIVE_SECONDS_MS));
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

/** Minutes of one window: scratch, as long as windows mostly are. */
const MINUTES = new Float64Array(1_440);

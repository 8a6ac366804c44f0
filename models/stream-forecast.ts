/**
 * All that is forecast of one stream: takes its consumption in, keeps its history once, and answers for each horizon it was
 * asked to watch (the lead time, and the ride-through where one is set). A pure fold: the same spans give the same bytes.
 *
 * At most about 160 KB a stream where every bin differs, under 5 KB in its first minutes. Targets are changed by `watch`, which is part of the fold.
 */
import { assert } from '../core/assertion.ts';
import { ORDINAL_MAX } from '../core/limits.ts';
import type { HorizonDemand } from '../core/sizing/reserve.ts';
import { BIN_MS } from './forecaster.ts';
import { type BinSink, DemandBins, type DemandSpan } from './history/bins.ts';
import { FIVE_S } from './history/five-seconds.ts';
import { DemandHistory, type NewestBins, type RolledUp } from './history/history.ts';
import { PeakLadder } from './history/peak-memory.ts';
import { raisedBySeen } from './history/seen-demand.ts';
import { HorizonModel } from './horizon-model.ts';
import { type DropReason, ExpertVoices, type SaidForecast } from './mixture/expert-voices.ts';
import type { ExpertTrust } from './mixture/mixture.ts';
import { StateReader, StateWriter } from './state-bytes.ts';

/** First number of a saved state; another one is another layout, and the state is folded anew. */
const STREAM_FORECAST_VERSION = 3;

/** Demand of less than a second is thinned out of the worst second by the sizing rule, so a second is the least horizon. */
const HORIZON_MS_MIN = 1_000;
/** A horizon that moves by less is answered in proportion. */
const HORIZON_TOLERANCE = 0.1;
/** Silence is taken in bin by bin for six hours, then as a whole: models have nothing more to learn from it. */
const QUIET_BINS_MAX = (6 * 3_600_000) / BIN_MS;

export interface ExpertStanding {
  /** Values per second. */
  readonly demand: number;
  /** Share in the upper quantile. */
  readonly weight: number;
  /** How far that quantile had to be shifted, in standard deviations. */
  readonly theta: number;
  /** Recent mean loss of the upper quantile, and what it would be without the expert; NaN before the first outcome. */
  readonly loss: number;
  readonly lossWithout: number;
  /** What the expert's own upper quantile lost, since this process began. */
  readonly lossAlone: number;
}

export class StreamForecast implements BinSink {
  /** Model id for forecasts and reports. */
  readonly id = 'mixture@3';
  private readonly history = new DemandHistory();
  private readonly bins = new DemandBins();
  private readonly ladder = new PeakLadder(this.history);
  private readonly voices = new ExpertVoices();
  private horizonsMs: number[] = [];
  private readonly models: HorizonModel[] = [];

  static restored(bytes: Uint8Array): StreamForecast {
    const stream = new StreamForecast();
    const from = new StateReader(bytes);
    assert(from.number() === STREAM_FORECAST_VERSION, 'a stream forecast of another version cannot be restored');
    stream.restore(from);
    from.end();
    return stream;
  }

  /** End of the last complete bin; 0 before the first. */
  get cutoffMs(): number {
    return this.history.endMs;
  }

  /** Values per second over the last minute, and the long-run mean of its square root. */
  get rate(): number {
    return this.history.rates.minute;
  }

  get meanSqrtRate(): number {
    return this.history.rates.meanSqrt;
  }

  /** Payload of its state in memory. */
  get bytes(): number {
    return this.models.reduce((sum, model) => sum + model.bytes, this.history.bytes + this.ladder.bytes + this.voices.bytes);
  }

  /** Which horizons to forecast from now on, e.g. [lead time, ride-through + twice the lead time]. Cheap when nothing changed. */
  watch(horizonsMs: readonly number[]): void {
    this.horizonsMs = horizonsMs.map((horizonMs) => Math.max(HORIZON_MS_MIN, horizonMs));
    this.models.length = Math.min(this.models.length, this.horizonsMs.length);
    this.horizonsMs.forEach((horizonMs, i) => {
      const model = this.models[i];
      if (model === undefined) this.models.push(new HorizonModel(this.history, this.ladder, horizonMs, this.voices));
      else if (Math.abs(horizonMs / model.modelledMs - 1) > HORIZON_TOLERANCE) model.retarget(horizonMs);
    });
  }

  /** Takes in a span of consumption. True when a bin was completed by it, so that forecasts are new. */
  consume(span: DemandSpan): boolean {
    const before = this.cutoffMs;
    this.bins.add(span, this);
    return this.cutoffMs !== before;
  }

  /** Time has come this far without consumption: completes the bins that end by then. */
  tick(ms: number): boolean {
    const before = this.cutoffMs;
    this.bins.closeUntil(ms, this);
    return this.cutoffMs !== before;
  }

  /**
   * A whole bin at once, where bins are at hand (backtests), with the demand of its busiest second, and of the busiest five that end in it
   * where that is known.
   */
  observe(binStartMs: number, demand: number, peakPerSecond: number, peakPerFive = FIVE_S * peakPerSecond): void {
    if (this.history.endMs > 0 && binStartMs > this.history.endMs) {
      this.quiet(this.history.endMs, (binStartMs - this.history.endMs) / BIN_MS);
    }
    this.bin(binStartMs, demand, peakPerSecond, peakPerFive);
  }

  /** Takes in what a fitted model says of the stream, or says why not. */
  hear(forecast: SaidForecast): DropReason | undefined {
    const wrong = this.voices.hear(forecast, this.cutoffMs, this.ladder);
    if (wrong === undefined) for (const model of this.models) model.mixture.forget();
    return wrong;
  }

  /** Whom the mixture trusts at the longest watched horizon; empty before one is watched. */
  get trust(): ExpertTrust[] {
    return this.longest?.mixture.trust ?? [];
  }

  /** How the mixture of the longest horizon does with what a family says; undefined while that says nothing. */
  standing(family: string): ExpertStanding | undefined {
    const mixture = this.longest?.mixture;
    const expert = mixture?.experts.findIndex((each) => each.ready && each.id.startsWith(`${family}@`)) ?? -1;
    if (mixture === undefined || expert < 0) return undefined;
    const weight = mixture.trust[expert]?.weight ?? 0;
    return { demand: this.rate, weight, theta: mixture.tracker.shift, ...mixture.lossesOf(expert) };
  }

  /** Values that the upper quantile there loses lately: how much a better forecast could save. */
  get regret(): number {
    return this.longest?.mixture.regret ?? 0;
  }

  /** The longest horizon asked for; 0 before one is. */
  get longestHorizonMs(): number {
    return this.horizonsMs.reduce((longest, each) => Math.max(longest, each), 0);
  }

  /** The past in bins of 10 s, 1 min, 5 min or 1 h, for models that are fitted to it. */
  rolledUp(binMs: number, count: number, into?: Float64Array, parts?: readonly NewestBins[]): RolledUp {
    return this.history.rolledUp(binMs, count, into, parts);
  }

  /** Demand of the busiest second of a complete minute of the last eight days; 0 where it is not known. */
  busiestSecond(minute: number): number {
    return this.history.minutesPeak(minute, 1);
  }

  /** How much of its past is known. */
  get knownMs(): number {
    return this.history.endMs - this.history.startMs;
  }

  /** One forecast per watched horizon, in their order; times are those asked for, but at least a second. */
  forecasts(): HorizonDemand[] {
    const { openPeak, openFive } = this.bins;
    return this.models.map((model, i) => raisedBySeen(model.forecast(this.horizonsMs[i] ?? model.modelledMs), openPeak, openFive));
  }

  bin(startMs: number, demand: number, peakPerSecond: number, peakPerFive: number): void {
    assert(demand >= 0 && peakPerSecond >= 0, 'demand is a number and not negative');
    const values = Math.min(demand, ORDINAL_MAX);
    const peak = Math.max(values * (1_000 / BIN_MS), Math.min(peakPerSecond, values));
    this.history.observe(startMs, values, peak, Math.max(peak, Math.min(peakPerFive, ORDINAL_MAX)));
    this.ladder.observe();
    for (const model of this.models) model.observe(startMs, values);
  }

  missed(fromMs: number, untilMs: number): void {
    this.history.missed(fromMs, untilMs);
  }

  quiet(startMs: number, binCount: number): void {
    // The last bin is taken in singly, too, so that forecasts are those of its end.
    const skipped = binCount - QUIET_BINS_MAX - 1;
    for (let i = 0; i < binCount; i++) {
      if (skipped > 0 && i === QUIET_BINS_MAX) {
        this.history.skip(skipped);
        this.ladder.skip(skipped);
        for (const model of this.models) model.skip(skipped);
        i += skipped;
      }
      this.bin(startMs + i * BIN_MS, 0, 0, 0);
    }
  }

  /** Canonical bytes: what a replay from the first span has, too. */
  save(): Uint8Array {
    const to = new StateWriter();
    to.number(STREAM_FORECAST_VERSION);
    this.bins.save(to);
    this.history.save(to);
    this.ladder.save(to);
    this.voices.save(to);
    to.number(this.models.length);
    this.models.forEach((model, i) => {
      to.number(this.horizonsMs[i] ?? model.modelledMs);
      to.number(model.modelledMs);
      model.save(to);
    });
    return to.bytes();
  }

  private get longest(): HorizonModel | undefined {
    return this.models.reduce<HorizonModel | undefined>((longest, each) => {
      return longest === undefined || each.modelledMs > longest.modelledMs ? each : longest;
    }, undefined);
  }

  private restore(from: StateReader): void {
    this.bins.restore(from);
    this.history.restore(from);
    this.ladder.restore(from);
    this.voices.restore(from);
    const count = from.number();
    for (let i = 0; i < count; i++) {
      this.horizonsMs.push(from.number());
      const model = new HorizonModel(this.history, this.ladder, from.number(), this.voices);
      model.restore(from);
      this.models.push(model);
    }
  }
}

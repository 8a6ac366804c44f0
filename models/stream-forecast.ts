/**
 * All that is forecast of one stream: takes its consumption in, keeps its history once, and answers for each horizon it was
 * asked to watch (the lead time, and the ride-through where one is set). A pure fold: the same spans give the same bytes.
 *
 * At most about 100 KB a stream, under 4 KB in its first minutes. Targets are changed by `watch`, which is part of the fold.
 */
import { assert } from '../core/assertion.ts';
import { ORDINAL_MAX } from '../core/limits.ts';
import type { HorizonDemand } from '../core/sizing/reserve.ts';
import { type BinSink, DemandBins, type DemandSpan } from './bins.ts';
import { BIN_MS } from './forecaster.ts';
import { DemandHistory } from './history.ts';
import { HorizonModel } from './horizon-model.ts';
import { PeakLadder } from './peak-memory.ts';
import { StateReader, StateWriter } from './state-bytes.ts';

/** First number of a saved state; another one is another layout, and the state is folded anew. */
const STREAM_FORECAST_VERSION = 1;

/** Demand of less than a second is thinned out of the worst second by the sizing rule, so a second is the least horizon. */
const HORIZON_MS_MIN = 1_000;
/** A horizon that moves by less is answered in proportion. */
const HORIZON_TOLERANCE = 0.1;
/** Silence is taken in bin by bin for six hours, then as a whole: models have nothing more to learn from it. */
const QUIET_BINS_MAX = (6 * 3_600_000) / BIN_MS;

export class StreamForecast implements BinSink {
  /** Model id for forecasts and reports. */
  readonly id = 'mixture@1';
  private readonly history = new DemandHistory();
  private readonly bins = new DemandBins();
  private readonly ladder = new PeakLadder(this.history);
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
    return this.models.reduce((sum, model) => sum + model.bytes, this.history.bytes + this.ladder.bytes);
  }

  /** Which horizons to forecast from now on, e.g. [lead time, ride-through + twice the lead time]. Cheap when nothing changed. */
  watch(horizonsMs: readonly number[]): void {
    this.horizonsMs = horizonsMs.map((horizonMs) => Math.max(HORIZON_MS_MIN, horizonMs));
    this.models.length = Math.min(this.models.length, this.horizonsMs.length);
    this.horizonsMs.forEach((horizonMs, i) => {
      const model = this.models[i];
      if (model === undefined) this.models.push(new HorizonModel(this.history, this.ladder, horizonMs));
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

  /** A whole bin at once, where bins are at hand (backtests): `peakPerSecond` is the demand of its busiest second. */
  observe(binStartMs: number, demand: number, peakPerSecond: number): void {
    if (this.history.endMs > 0 && binStartMs > this.history.endMs) {
      this.quiet(this.history.endMs, (binStartMs - this.history.endMs) / BIN_MS);
    }
    this.bin(binStartMs, demand, peakPerSecond);
  }

  /** One forecast per watched horizon, in their order; times are those asked for, but at least a second. */
  forecasts(): HorizonDemand[] {
    return this.models.map((model, i) => model.forecast(this.horizonsMs[i] ?? model.modelledMs));
  }

  bin(startMs: number, demand: number, peakPerSecond: number): void {
    assert(demand >= 0 && peakPerSecond >= 0, 'demand is a number and not negative');
    const values = Math.min(demand, ORDINAL_MAX);
    this.history.observe(startMs, values, Math.max(values * (1_000 / BIN_MS), Math.min(peakPerSecond, values)));
    this.ladder.observe();
    for (const model of this.models) model.observe(startMs, values);
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
      this.bin(startMs + i * BIN_MS, 0, 0);
    }
  }

  /** Canonical bytes: what a replay from the first span has, too. */
  save(): Uint8Array {
    const to = new StateWriter();
    to.number(STREAM_FORECAST_VERSION);
    this.bins.save(to);
    this.history.save(to);
    this.ladder.save(to);
    to.number(this.models.length);
    this.models.forEach((model, i) => {
      to.number(this.horizonsMs[i] ?? model.modelledMs);
      to.number(model.modelledMs);
      model.save(to);
    });
    return to.bytes();
  }

  private restore(from: StateReader): void {
    this.bins.restore(from);
    this.history.restore(from);
    this.ladder.restore(from);
    const count = from.number();
    for (let i = 0; i < count; i++) {
      this.horizonsMs.push(from.number());
      const model = new HorizonModel(this.history, this.ladder, from.number());
      model.restore(from);
      this.models.push(model);
    }
  }
}

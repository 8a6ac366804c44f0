/**
 * Forecast of one stream over one horizon: what the demand is expected to be, what it will hardly exceed, and what to hold
 * ready so that a burst like one seen before does no harm.
 *
 * Source: ride-through study, section 2, whose names stand beside the fields; docs/how-it-works/sizing.md. The upper
 * quantile is the calibrated mixture's, in which the study's log-regression is one expert; median and misses are the
 * log-regression's.
 */
import type { HorizonDemand } from '../core/sizing/reserve.ts';
import type { Forecaster } from './forecaster.ts';
import { type DemandHistory, HORIZON_MS_MAX, MINUTE_MS } from './history/history.ts';
import { faded, type PeakLadder, remembered } from './history/peak-memory.ts';
import { CAP_FACTOR, MISS_FACTOR } from './history/seen-demand.ts';
import { DelayLine } from './mixture/delay-line.ts';
import { EXPERT_FAMILIES, ExpertVoices } from './mixture/expert-voices.ts';
import { FittedExpert } from './mixture/fitted-expert.ts';
import { MIXTURE_LEVELS, Mixture } from './mixture/mixture.ts';
import { EwmaRatio } from './online/ewma-ratio.ts';
import { LogRegression } from './online/log-regression.ts';
import { Maximum } from './online/maximum.ts';
import { Reactive } from './online/reactive.ts';
import { SeasonalEmpirical } from './online/seasonal-empirical.ts';
import type { StateReader, StateWriter } from './state-bytes.ts';

/** Below this a median is too small to measure a miss against. */
const RELATIVE_MEDIAN_MIN = 16;
/** Misses count from here on: before, peaks are missed that the hourly schedule explains later. */
const MISSES_FROM_MS = 12 * 3_600_000;
/** With daily jobs they count from the third day on. */
const MISSES_FROM_DAILY_MS = 3 * 86_400_000;
/** Forecasts that wait for their outcome at a time. */
const RECORDS_MAX = 48;

export class HorizonModel {
  readonly mixture: Mixture;
  private readonly history: DemandHistory;
  private readonly ladder: PeakLadder;
  private readonly voices: ExpertVoices;
  private readonly regression: LogRegression;
  private horizonMs: number;
  private line: DelayLine;
  private bornMs: number;
  /** Peak demand (M), peak miss of the median (X), and the same relative to the median (Y). */
  private peak: number;
  private miss = 0;
  private relativeMiss = 0;
  /** What was said before the forecast that was judged last; infinite where there was none. */
  private medianBefore = Infinity;

  /** `voices`: what fitted models say of the stream; without them nobody does. */
  constructor(history: DemandHistory, ladder: PeakLadder, horizonMs: number, voices = new ExpertVoices()) {
    this.history = history;
    this.ladder = ladder;
    this.voices = voices;
    this.horizonMs = Math.min(horizonMs, HORIZON_MS_MAX);
    this.bornMs = history.endMs;
    this.peak = ladder.peakOver(this.horizonMs);
    this.line = new DelayLine({ width: 1, horizonMs: this.horizonMs, recordsMax: RECORDS_MAX });
    this.regression = new LogRegression(history, this.horizonMs);
    this.mixture = this.newMixture();
  }

  get bytes(): number {
    return this.mixture.bytes + this.line.bytes;
  }

  /** The horizon it models: at most six hours, and within a tenth of what was asked for last. */
  get modelledMs(): number {
    return this.horizonMs;
  }

  observe(binStartMs: number, demand: number): void {
    this.peak = remembered(this.peak, this.history.newestPeak(this.horizonMs));
    const due = this.line.isDue(this.history.nextBin);
    if (due) this.countMiss();
    this.mixture.observe(binStartMs, demand);
    if (due) this.line.push(this.median);
  }

  /** The same as observing `bins` empty bins after hours of them: nothing is learnt, peaks fade. */
  skip(bins: number): void {
    this.peak = faded(this.peak, bins);
    this.miss = faded(this.miss, bins);
    this.relativeMiss = faded(this.relativeMiss, bins);
    this.regression.schedule.skip(bins);
  }

  /** The forecast for the horizon asked for, in proportion to the one that is modelled. */
  forecast(horizonMs: number): HorizonDemand {
    const scale = horizonMs / this.horizonMs;
    const { cap, median } = this;
    const upper = Math.max(median, Math.min(cap, this.upperUncapped()));
    const insured = Math.max(upper, Math.min(cap, this.insuredUncapped()));
    return { horizonMs, median: median * scale, upper: upper * scale, cap: cap * scale, insured: insured * scale };
  }

  /** Moves to a horizon that is more than a tenth away: what was learnt is kept. */
  retarget(horizonMs: number): void {
    const modelledMs = Math.min(horizonMs, HORIZON_MS_MAX);
    if (modelledMs === this.horizonMs) return;
    this.peak = this.ladder.peakOver(modelledMs);
    this.miss = Math.min(this.peak, (this.miss * modelledMs) / this.horizonMs);
    this.horizonMs = modelledMs;
    this.line = new DelayLine({ width: 1, horizonMs: modelledMs, recordsMax: RECORDS_MAX });
    this.medianBefore = Infinity;
    this.mixture.retarget(modelledMs);
  }

  save(to: StateWriter): void {
    for (const value of [this.bornMs, this.peak, this.miss, this.relativeMiss, this.medianBefore]) to.number(value);
    this.line.save(to);
    this.mixture.save(to);
  }

  restore(from: StateReader): void {
    this.bornMs = from.number();
    this.peak = from.number();
    this.miss = from.number();
    this.relativeMiss = from.number();
    this.medianBefore = from.number();
    this.line.restore(from);
    this.mixture.restore(from);
  }

  private get cap(): number {
    return CAP_FACTOR * this.peak;
  }

  /** md */
  private get median(): number {
    return Math.min(this.cap, Math.max(this.regression.mu, this.regression.promised));
  }

  /** F before its cap: all of the cap while nobody can say anything. */
  private upperUncapped(): number {
    if (!this.mixture.ready) return Infinity;
    return this.mixture.quantiles({ horizonMs: this.horizonMs, levels: MIXTURE_LEVELS }).at(-1) ?? Infinity;
  }

  /** I before its cap, without F. A miss was measured against at least `RELATIVE_MEDIAN_MIN`, so it is added to as much. */
  private insuredUncapped(): number {
    if (!this.countsMisses) return Infinity;
    const { median } = this;
    const relative = MISS_FACTOR * this.relativeMiss * Math.max(median, RELATIVE_MEDIAN_MIN);
    return median + Math.min(MISS_FACTOR * this.miss, relative);
  }

  private get countsMisses(): boolean {
    const ageMs = this.history.endMs - Math.max(this.bornMs, this.history.startMs);
    return ageMs >= (this.regression.schedule.daily ? MISSES_FROM_DAILY_MS : MISSES_FROM_MS);
  }

  private countMiss(): void {
    if (!this.line.matured) return;
    const median = this.line.oldest(0);
    const before = this.medianBefore;
    this.medianBefore = median;
    // A daily job that is found on the second day was a miss on the first: forget it, it is scheduled now.
    if (!this.countsMisses) {
      this.miss = 0;
      this.relativeMiss = 0;
      return;
    }
    const { history, horizonMs } = this;
    const demand = history.windowDemand(this.line.madeAtMs(history.endMs), horizonMs);
    let over = demand - median;
    let relative = over / Math.max(median, RELATIVE_MEDIAN_MIN);
    // A forecast stands for a bin: a short window may begin late in it, and end in the next.
    if (horizonMs < MINUTE_MS && before < Infinity) {
      const overLate = history.newestPeak(horizonMs) - before;
      over = Math.max(over, overLate);
      relative = Math.max(relative, overLate / Math.max(before, RELATIVE_MEDIAN_MIN));
    }
    const bins = this.line.strideBins - 1;
    this.miss = remembered(faded(this.miss, bins), over);
    this.relativeMiss = remembered(faded(this.relativeMiss, bins), relative);
  }

  private newMixture(): Mixture {
    const { history, horizonMs, regression, voices } = this;
    const reactive = new Reactive(history, horizonMs);
    const seasonal = new SeasonalEmpirical(history, horizonMs);
    const fitted = EXPERT_FAMILIES.map((family) => new FittedExpert({ history, voices, family, horizonMs }));
    const maximum = new Maximum({ reactive, best: () => bestOf(mixture, [regression, seasonal, ...fitted]) });
    const experts: Forecaster[] = [regression, seasonal, reactive, new EwmaRatio(history, horizonMs), maximum, ...fitted];
    const mixture = new Mixture({
      history,
      horizonMs,
      experts,
      // Whoever errs less sets the scale: where the regression foresees bursts, the reactive rule's errors hide all others'.
      scale: () => Math.min(reactive.scale, regression.scale),
      atLeast: () => regression.promised,
      watchedFrom: experts.length - fitted.length,
    });
    return mixture;
  }
}

/** The forecast with the largest weight among those that say something; the first one where none does. */
function bestOf(mixture: Mixture, candidates: readonly [Forecaster, ...Forecaster[]]): Forecaster {
  let best = candidates[0];
  let most = mixture.weightOf(mixture.experts.indexOf(best));
  for (const candidate of candidates) {
    const weight = mixture.weightOf(mixture.experts.indexOf(candidate));
    if (weight <= most || !candidate.ready) continue;
    best = candidate;
    most = weight;
  }
  return best;
}

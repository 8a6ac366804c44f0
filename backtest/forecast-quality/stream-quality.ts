/**
 * How good the forecasts of one stream are, whatever is done with them: how often demand stayed below each quantile, how far the median
 * was off, what has to be held because of what it misses, and whom the mixture trusted when.
 */

import { BIN_MS } from '../../models/forecaster.ts';
import { DemandHistory } from '../../models/history/history.ts';
import { PeakLadder } from '../../models/history/peak-memory.ts';
import { HorizonModel } from '../../models/horizon-model.ts';
import { ExpertVoices } from '../../models/mixture/expert-voices.ts';
import { type MinuteVoices, speakingTogether } from '../policies/minute-voices.ts';
import type { CalibrationRow, ExpertWeights } from '../report/backtest-report.ts';
import type { DemandSource } from '../sources/demand-source.ts';
import { PendingForecasts } from './pending-forecasts.ts';

/** The levels that are asked of each horizon; the last is the one that is held ready. */
const LEVELS: readonly number[] = [0.5, 0.9, 0.95, 0.99];
/** Spans of the plot of weights. */
const WEIGHT_SPANS = 200;
/** Forecasts are judged this often: every bin would say the same ten times over. */
const ASK_EVERY_BINS = 6;
const BIN_S = BIN_MS / 1_000;
const NOTHING_HELD = { median: 0, insured: 0, cap: 0 };

export interface StreamQuality {
  readonly calibration: readonly CalibrationRow[];
  readonly weights: ExpertWeights;
  /** At the longest horizon: mean error of the median relative to the mean demand. */
  readonly medianError: number;
  /** There too, in values: the mean median, what insures against what it missed before, and what memory of peaks alone would hold. */
  readonly held: { readonly median: number; readonly insured: number; readonly cap: number };
}

export interface QualityOptions {
  readonly horizonsS: readonly number[];
  /** Forecasts made from here on are judged. */
  readonly countedFromS: number;
  /** What fitted models said of the stream. */
  readonly voices?: readonly MinuteVoices[];
}

export async function streamQuality(
  source: DemandSource,
  { horizonsS, countedFromS, voices = [] }: QualityOptions,
): Promise<StreamQuality> {
  const history = new DemandHistory();
  const ladder = new PeakLadder(history);
  const heard = new ExpertVoices();
  const speak = speakingTogether(voices);
  const watched = horizonsS.map((horizonS) => new WatchedHorizon(horizonS, new HorizonModel(history, ladder, horizonS * 1_000, heard)));
  const longest = watched.reduce<WatchedHorizon | undefined>(
    (most, each) => (most && most.horizonS >= each.horizonS ? most : each),
    undefined,
  );
  const weights = new WeightHistory(source);
  let bin = 0;
  for await (const piece of source.pieces()) {
    for (let at = 0; at + BIN_S <= piece.length; at += BIN_S, bin++) {
      const seconds = piece.subarray(at, at + BIN_S);
      const demand = seconds.reduce((sum, count) => sum + count, 0);
      for (const each of watched) each.pending.came(seconds, demand);
      const startMs = source.startMs + bin * BIN_MS;
      speak({ hear: (forecast) => heard.hear(forecast, startMs, ladder) }, startMs);
      history.observe(
        startMs,
        demand,
        seconds.reduce((most, count) => Math.max(most, count), 0),
      );
      ladder.observe();
      for (const each of watched) each.model.observe(startMs, demand);
      if (longest !== undefined) weights.binEnded(bin, longest.model);
      if ((bin + 1) * BIN_S < countedFromS || bin % ASK_EVERY_BINS !== 0) continue;
      for (const each of watched) each.ask();
    }
  }
  const { medianError = 0, held = NOTHING_HELD } = longest?.pending ?? {};
  return { calibration: watched.flatMap((each) => each.pending.calibration), weights: weights.ended(), medianError, held };
}

class WatchedHorizon {
  readonly horizonS: number;
  readonly model: HorizonModel;
  readonly pending: PendingForecasts;

  constructor(horizonS: number, model: HorizonModel) {
    this.horizonS = horizonS;
    this.model = model;
    this.pending = new PendingForecasts(horizonS, LEVELS);
  }

  ask(): void {
    const { model, pending, horizonS } = this;
    if (!model.mixture.ready) return;
    pending.said(model.mixture.quantiles({ horizonMs: horizonS * 1_000, levels: LEVELS }), model.forecast(horizonS * 1_000));
  }
}

class WeightHistory {
  private readonly source: DemandSource;
  private readonly spanBins: number;
  private readonly experts: Record<string, number[]> = {};

  constructor(source: DemandSource) {
    this.source = source;
    this.spanBins = Math.max(1, Math.ceil(source.seconds / BIN_S / WEIGHT_SPANS));
  }

  binEnded(bin: number, model: HorizonModel): void {
    if ((bin + 1) % this.spanBins !== 0) return;
    for (const { expert, weight } of model.mixture.trust) {
      const rounded = Number.isFinite(weight) ? Number(weight.toPrecision(6)) : 0;
      this.experts[expert] = [...(this.experts[expert] ?? []), rounded];
    }
  }

  /** Experts that never speak are of no interest to whoever looks at the plot. */
  ended(): ExpertWeights {
    const heard = Object.entries(this.experts).filter(([, shares]) => shares.some((share) => share > 0));
    const { name, startMs } = this.source;
    return { stream: name, startMs, spanS: this.spanBins * BIN_S, experts: Object.fromEntries(heard) };
  }
}

/**
 * The mixture over forecasters of any bin length: what experts say is averaged quantile by quantile, with weights for each lead and
 * level, and upper quantiles are calibrated by trackers. The twin of `mixture.ts`, which lives in ten-second bins; for benches,
 * backtests, and whoever has the experts' forecasts at hand. It judges when it is told an outcome, and reads no clock.
 *
 * Weights follow what an expert would have added to the mixture (the gradient of its loss), not how good it is alone: so they find
 * the best blend, not the best expert. Outcomes of a long lead overlap, and count for as much less. Source: forecasting study,
 * sections 1 (tails) and 7.
 */
import { assert } from '../../core/assertion.ts';
import { LOSS_MAX, mixed, reweigh, SHARE } from './fixed-share.ts';
import { QuantileTracker } from './tracker.ts';

export interface SeriesMixtureShape {
  readonly experts: number;
  /** Lead by lead, in origins: how many forecasts are made before the outcome of one is known. */
  readonly leadsBins: readonly number[];
  readonly levels: readonly number[];
  /**
   * Weights in the tail, from `TAIL_LEVEL` on: where outcomes are too rare to choose by, and a choice made before is better. Others
   * begin alike.
   */
  readonly tailPrior?: readonly number[];
}

/** What was said at one origin, and what is needed to judge it later. */
export interface SaidForecast {
  /** By lead, level and expert; `NaN` where an expert refused. */
  readonly said: Float64Array;
  /** By lead: one standard deviation of the demand, the unit of losses. */
  readonly scales: Float64Array;
  /** By lead and level: the plain average, and what was answered. */
  readonly blend: Float64Array;
  readonly answer: Float64Array;
}

/** Below it the tracker would narrow an interval that nobody holds stock for. */
const TRACKED_LEVEL_MIN = 0.9;
/**
 * In units of fixed-share's rate: gradients are smaller than losses. This and the gain of the trackers were the best of four each on
 * the tuning part of the count series; the gain of the live mixture, .25, covers as well and loses 3 % more at .9 and .95.
 */
const GRADIENT_FACTOR = 2;
const GAIN_PER_HORIZON = 0.1;
/** From here on one outcome in thirty or fewer lies above: weights move an eighth as fast, and back to where they began. */
const TAIL_LEVEL = 0.97;
const TAIL_GRADIENT_FACTOR = 0.25;
/**
 * An expert may say so many times what the middle one says, and a few values more. Without it one that expects yesterday's burst
 * again, a hundredfold of all others, decides alone.
 */
const LOUDNESS_MAX = 1.5;
const LOUDNESS_VALUES = 5;

export class SeriesMixture {
  readonly shape: SeriesMixtureShape;
  /** By lead, level and expert. */
  readonly weights: Float64Array;
  readonly trackers: readonly QuantileTracker[];
  private readonly losses: Float64Array;

  constructor(shape: SeriesMixtureShape) {
    const { experts, leadsBins, levels } = shape;
    assert(experts > 0 && leadsBins.length > 0 && levels.length > 0, 'a mixture has experts, leads and levels');
    this.shape = shape;
    this.weights = new Float64Array(leadsBins.length * levels.length * experts).fill(1 / experts);
    this.trackers = leadsBins.flatMap(() => levels.map((level) => new QuantileTracker(level, GAIN_PER_HORIZON)));
    this.losses = new Float64Array(experts);
    leadsBins.forEach((_, lead) => {
      levels.forEach((level, i) => {
        if (level >= TAIL_LEVEL) this.weights.set(shape.tailPrior ?? [], this.placeOf(lead, i));
      });
    });
  }

  /**
   * Quantiles by lead and level: ascending in the level, never negative. Experts that said nothing are left out; what is far above
   * all others is lowered in `said`, which is kept to be judged.
   */
  combine(said: Float64Array, scales: Float64Array): SaidForecast {
    const { experts, leadsBins, levels } = this.shape;
    const blend = new Float64Array(leadsBins.length * levels.length);
    const answer = new Float64Array(blend.length);
    for (let at = 0; at < blend.length; at++) {
      const level = levels[at % levels.length] ?? 0.5;
      this.soften(said, at * experts);
      const mean = mixed(this.weights, at * experts, said, at * experts, experts);
      const scale = scales[Math.floor(at / levels.length)] ?? 0;
      blend[at] = mean;
      const shifted = level >= TRACKED_LEVEL_MIN ? (this.trackers[at]?.shifted(mean, scale) ?? mean) : Math.max(0, mean);
      answer[at] = at % levels.length === 0 ? shifted : Math.max(shifted, answer[at - 1] ?? 0);
    }
    return { said, scales, blend, answer };
  }

  /** Holds one lead of a former forecast against what came. */
  learn(forecast: SaidForecast, lead: number, demand: number): void {
    const { experts, leadsBins, levels } = this.shape;
    const overlap = leadsBins[lead] ?? 1;
    for (let i = 0; i < levels.length; i++) {
      const at = lead * levels.length + i;
      const level = levels[i] ?? 0.5;
      const isTail = level >= TAIL_LEVEL;
      const scale = ((forecast.scales[lead] ?? 1) * overlap) / (isTail ? TAIL_GRADIENT_FACTOR : GRADIENT_FACTOR);
      const blend = forecast.blend[at] ?? 0;
      const slope = (demand <= blend ? 1 : 0) - level;
      for (let k = 0; k < experts; k++) {
        const said = forecast.said[at * experts + k] ?? NaN;
        this.losses[k] = Math.max(-LOSS_MAX, Math.min(LOSS_MAX, (slope * (said - blend)) / scale));
      }
      reweigh(this.weights, at * experts, this.losses, experts, SHARE / overlap, isTail ? this.shape.tailPrior : undefined);
      this.trackers[at]?.observe(demand > (forecast.answer[at] ?? 0), overlap);
    }
  }

  weightOf(lead: number, level: number, expert: number): number {
    return this.weights[this.placeOf(lead, level) + expert] ?? 0;
  }

  private soften(said: Float64Array, from: number): void {
    const { experts } = this.shape;
    const known = said.subarray(from, from + experts).filter((value) => !Number.isNaN(value));
    known.sort();
    const upper = known[known.length >> 1] ?? 0;
    const lower = known[(known.length - 1) >> 1] ?? 0;
    const most = (LOUDNESS_MAX * (lower + upper)) / 2 + LOUDNESS_VALUES;
    for (let k = from; k < from + experts; k++) if ((said[k] ?? 0) > most) said[k] = most;
  }

  private placeOf(lead: number, level: number): number {
    return (lead * this.shape.levels.length + level) * this.shape.experts;
  }
}

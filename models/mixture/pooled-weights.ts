/**
 * Weights of experts for one level, learnt from many past forecasts at once: those whose average has the least pinball loss. For
 * series that are forecast once, where no outcome comes in time to learn online; pooled, because one series says too little.
 *
 * Exponentiated gradient on the simplex: weights stay positive and sum to one, and what the experts agree on costs nothing.
 */
import { assert } from '../../core/assertion.ts';
import { mixed } from './fixed-share.ts';

export interface PastForecasts {
  /** Forecast by forecast, expert by expert within; `NaN` where an expert refused. */
  readonly said: Float64Array;
  /** What came, and the unit its loss counts in; a unit of zero leaves a forecast out. */
  readonly demand: Float64Array;
  readonly scale: Float64Array;
}

/** The loss is flat long before. */
const STEPS = 300;
const FIRST_STEP = 0.5;
/** Of the gradients' spread over experts; below, all are alike and there is nothing to choose. */
const SPREAD_MIN = 1e-12;

/** Sums to one. All alike where nothing was said. */
export function pooledWeights(past: PastForecasts, level: number, experts: number): Float64Array {
  assert(past.said.length === past.demand.length * experts, 'each past forecast has what every expert said');
  const weights = new Float64Array(experts).fill(1 / experts);
  const gradient = new Float64Array(experts);
  let best = weights.slice();
  let bestLoss = Infinity;
  for (let step = 0; step < STEPS; step++) {
    const loss = lossAndGradient(past, level, weights, gradient);
    if (loss < bestLoss) {
      bestLoss = loss;
      best = weights.slice();
    }
    if (!descend(weights, gradient, FIRST_STEP / Math.sqrt(step + 1))) break;
  }
  return best;
}

function lossAndGradient(past: PastForecasts, level: number, weights: Float64Array, gradient: Float64Array): number {
  const { said, demand, scale } = past;
  const experts = weights.length;
  gradient.fill(0);
  let loss = 0;
  for (let n = 0; n < demand.length; n++) {
    const blend = mixed(weights, 0, said, n * experts, experts);
    const unit = scale[n] ?? 1;
    if (!(unit > 0)) continue;
    const error = (demand[n] ?? 0) - blend;
    const slope = error >= 0 ? -level : 1 - level;
    loss -= (slope * error) / unit;
    for (let k = 0; k < experts; k++) {
      const value = said[n * experts + k] ?? NaN;
      // Against the blend: an expert that is left out neither gains nor loses.
      if (!Number.isNaN(value)) gradient[k] = (gradient[k] ?? 0) + (slope * (value - blend)) / unit;
    }
  }
  return loss;
}

/** False where all experts are alike. */
function descend(weights: Float64Array, gradient: Float64Array, step: number): boolean {
  let least = Infinity;
  let most = -Infinity;
  for (const value of gradient) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  if (!(most - least > SPREAD_MIN)) return false;
  let sum = 0;
  for (let k = 0; k < weights.length; k++) {
    const weight = (weights[k] ?? 0) * Math.exp((-step * ((gradient[k] ?? 0) - least)) / (most - least));
    weights[k] = weight;
    sum += weight;
  }
  for (let k = 0; k < weights.length; k++) weights[k] = (weights[k] ?? 0) / sum;
  return true;
}

/**
 * Adam (Kingma and Ba, 2015) on one run of parameters, with the gradient clipped by its norm. Written out here and not taken from
 * TensorFlow, so that its moments can be saved with a checkpoint and a resumed training goes on to the same bytes.
 */
export interface AdamState {
  readonly parameters: Float32Array;
  readonly firstMoments: Float32Array;
  readonly secondMoments: Float32Array;
}

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-7;
/** A burst in one window must not undo what was learnt from a thousand. */
const NORM_MAX = 1;

/** One step, in place; `step` counts from 1. False, and nothing changed, where the gradient is not finite. */
export function adamStep(state: AdamState, gradient: Float32Array, step: number, learningRate: number): boolean {
  const { parameters, firstMoments, secondMoments } = state;
  let squares = 0;
  for (let i = 0; i < gradient.length; i++) squares += (gradient[i] as number) ** 2;
  if (!Number.isFinite(squares)) return false;
  const scale = Math.min(1, NORM_MAX / Math.max(Math.sqrt(squares), EPSILON));
  const rate = (learningRate * Math.sqrt(1 - BETA_2 ** step)) / (1 - BETA_1 ** step);
  for (let i = 0; i < parameters.length; i++) {
    const g = (gradient[i] as number) * scale;
    const first = BETA_1 * (firstMoments[i] as number) + (1 - BETA_1) * g;
    const second = BETA_2 * (secondMoments[i] as number) + (1 - BETA_2) * g * g;
    firstMoments[i] = first;
    secondMoments[i] = second;
    parameters[i] = (parameters[i] as number) - (rate * first) / (Math.sqrt(second) + EPSILON);
  }
  return true;
}

/** From `highest` down to `lowest` along half a cosine. */
export function cosineRate(step: number, steps: number, highest: number, lowest: number): number {
  return lowest + 0.5 * (highest - lowest) * (1 + Math.cos((Math.PI * Math.min(step, steps)) / Math.max(1, steps)));
}

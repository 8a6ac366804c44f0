/**
 * Trains the network: random windows, Adam down a cosine, the gradient clipped. Stops where it is told to and leaves a checkpoint,
 * from which it goes on to the same bytes. Belongs into a worker thread: a step holds the thread for a tenth of a second.
 */
import * as tf from '@tensorflow/tfjs-core';
import { assert } from '../../core/assertion.ts';
import { seededRng } from '../../core/rng.ts';
import type { SeriesHistory } from '../contract.ts';
import { type AdamState, adamStep, cosineRate } from './adam.ts';
import { type Dropout, dropoutOf } from './dropout.ts';
import { pinballLoss } from './loss.ts';
import { disposeBatch, LstmNetwork } from './network.ts';
import { initialParameters, parameterCount, parameterPlaces } from './parameters.ts';
import type { TrainingPlan } from './plan.ts';
import type { LstmSpec } from './spec.ts';
import { type TrainingBatch, TrainingWindows } from './windows.ts';

/** Where a training stands: everything that the next step depends on. */
export interface TrainingState extends AdamState {
  /** Steps done. */
  readonly step: number;
}

export interface TrainingWatch {
  /** Milliseconds of any clock: to say how long steps take. */
  nowMs(): number;
  onStep?(done: { readonly step: number; readonly steps: number; readonly loss: number; readonly ms: number }): void;
  /** Asked after each step; where it says yes, training ends with what it has. */
  shouldStop?(): boolean;
  /** Called every `checkpointSteps` steps with a copy of the state. */
  readonly checkpointSteps?: number;
  onCheckpoint?(state: TrainingState): void;
}

/** Steps without a usable gradient in a row that say it cannot be trained on this. */
const LOST_STEPS_MAX = 20;

/** It cannot learn from what it was given. */
export class LostTraining extends Error {}

/** A training that has done nothing, from random weights or from those of a former one. */
export function startTraining(spec: LstmSpec, seed: number, from?: Float32Array): TrainingState {
  const count = parameterCount(spec);
  assert(from === undefined || from.length === count, 'weights to go on from are of the same spec');
  return {
    step: 0,
    parameters: from === undefined ? initialParameters(spec, seededRng(seed)) : from.slice(),
    firstMoments: new Float32Array(count),
    secondMoments: new Float32Array(count),
  };
}

/** Goes on from `state` until the plan's steps are done or it is told to stop; the state given is left as it was. */
export async function train(
  spec: LstmSpec,
  histories: readonly SeriesHistory[],
  plan: TrainingPlan,
  state: TrainingState,
  watch: TrainingWatch,
): Promise<TrainingState> {
  const windows = new TrainingWindows(spec, plan.windows, histories);
  assert(windows.count > 0, 'training has a history long enough to learn from');
  const network = new LstmNetwork(spec);
  const levels = tf.tensor1d([...spec.levels]);
  const gradient = new Float32Array(state.parameters.length);
  let now = copyOf(state);
  let lost = 0;
  try {
    network.assign(now.parameters);
    while (now.step < plan.steps && !(watch.shouldStop?.() ?? false)) {
      const startMs = watch.nowMs();
      const dropout = dropoutOf(spec, plan.windows, plan.seed, now.step);
      const loss = gradientOf(network, windows.draw(plan.seed, now.step), dropout, levels, gradient);
      const rate = cosineRate(now.step, plan.steps, plan.highestRate, plan.lowestRate);
      lost = adamStep(now, gradient, now.step + 1, rate) ? 0 : lost + 1;
      if (lost > LOST_STEPS_MAX) throw new LostTraining(`no finite gradient for ${lost} steps in a row`);
      now = { ...now, step: now.step + 1 };
      network.assign(now.parameters);
      watch.onStep?.({ step: now.step, steps: plan.steps, loss, ms: watch.nowMs() - startMs });
      if (now.step % (watch.checkpointSteps ?? Number.POSITIVE_INFINITY) === 0) watch.onCheckpoint?.(copyOf(now));
      // Lets the thread take messages, such as the one to stop.
      await tf.nextFrame();
    }
    return now;
  } finally {
    network.dispose();
    levels.dispose();
  }
}

/** The loss of a batch, and its gradient in the order of the parameters. */
function gradientOf(
  network: LstmNetwork,
  batch: TrainingBatch,
  dropout: Dropout | undefined,
  levels: tf.Tensor1D,
  gradient: Float32Array,
): number {
  const inputs = network.toTensors(batch.features);
  const rows = batch.targets.length;
  const targets = tf.tensor2d(batch.targets, [rows, 1]);
  const weights = tf.tensor2d(batch.weights, [rows, 1]);
  const { value, grads } = tf.variableGrads(
    () => pinballLoss(network.quantiles(inputs, dropout), targets, weights, levels),
    [...network.variables],
  );
  for (const [i, place] of parameterPlaces(network.spec).entries()) {
    const name = (network.variables[i] as tf.Variable).name;
    gradient.set((grads[name] as tf.Tensor).dataSync() as Float32Array, place.at);
  }
  const loss = value.dataSync()[0] as number;
  disposeBatch(inputs);
  tf.dispose([targets, weights, value]);
  tf.dispose(grads);
  if (dropout !== undefined) tf.dispose([dropout.state, dropout.hidden]);
  return loss;
}

function copyOf(state: TrainingState): TrainingState {
  return {
    step: state.step,
    parameters: state.parameters.slice(),
    firstMoments: state.firstMoments.slice(),
    secondMoments: state.secondMoments.slice(),
  };
}

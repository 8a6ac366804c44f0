/**
 * Leaves out some units of the network in each step, so that none can learn a series by heart. A few hundred measured series are seen
 * again and again, and without it forecasts of them become too sure; counts carry enough chance of their own.
 */
import * as tf from '@tensorflow/tfjs-core';
import { drawsOf } from './draws.ts';
import type { LstmSpec } from './spec.ts';

const SHARE: Readonly<Record<LstmSpec['spread'], number>> = { measured: 0.2, counts: 0 };

/** Factors by window and unit: for what the recurrent part remembers, and for the layer that is shared by all leads. */
export interface Dropout {
  readonly state: tf.Tensor2D;
  readonly hidden: tf.Tensor3D;
}

export function dropoutOf(spec: LstmSpec, windows: number, seed: number, step: number): Dropout | undefined {
  const share = SHARE[spec.spread];
  if (share === 0) return undefined;
  const rng = drawsOf('dropout', seed, step);
  const factors = (): Float32Array => Float32Array.from({ length: windows * spec.units }, () => (rng.next() < share ? 0 : 1 / (1 - share)));
  return { state: tf.tensor2d(factors(), [windows, spec.units]), hidden: tf.tensor3d(factors(), [windows, 1, spec.units]) };
}

import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { beforeAll, describe, expect, test } from 'vitest';
import { startBackend } from '../../../models/lstm/backend.ts';
import { remembered } from '../../../models/lstm/wasm-recurrence.ts';

const FEATURES = 10;

beforeAll(async () => {
  await startBackend('wasm');
});

function seeded(shape: number[], spread: number, seed: number): tf.Tensor {
  return tf.randomNormal(shape, 0, spread, 'float32', seed);
}

describe('the recurrent layer for answers', () => {
  test.each([
    [1, 1, 1],
    [7, 5, 3],
    [33, 12, 64],
  ])(
    'remembers of %i windows of %i steps what the layer of %i units does, to the bit, and leaves nothing behind',
    (windows, steps, units) => {
      const kernel = seeded([FEATURES, 4 * units], 0.5, 1) as tf.Tensor2D;
      const recurrent = seeded([units, 4 * units], 0.5, 2) as tf.Tensor2D;
      const bias = seeded([4 * units], 0.5, 3) as tf.Tensor1D;
      const batch = seeded([windows, steps, FEATURES], 2, 4) as tf.Tensor3D;
      const layer = layers.lstm({ units, recurrentActivation: 'sigmoid', recurrentInitializer: 'zeros', unitForgetBias: false });
      // Layers make their weights when they are first used.
      tf.tidy(() => void layer.apply(batch));
      layer.setWeights([kernel, recurrent, bias]);
      const expected = tf.tidy(() => (layer.apply(batch) as tf.Tensor).dataSync());
      const { numTensors, numDataBuffers } = tf.memory();
      const said = remembered(batch, { kernel, recurrent, bias });
      const values = said.dataSync();
      said.dispose();
      expect(values).toEqual(expected);
      expect(values.some((value) => value !== 0)).toBe(true);
      expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
      layer.dispose();
      tf.dispose([kernel, recurrent, bias, batch]);
    },
  );
});

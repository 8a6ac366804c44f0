import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { startBackend } from '../../../models/lstm/backend.ts';
import { restoreShippedWasm, speedUpWasm } from '../../../models/lstm/wasm-kernels.ts';

beforeAll(async () => {
  await startBackend('wasm');
});

function waves(...shape: number[]): tf.Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(
    Array.from({ length: size }, (_, i) => Math.sin(i * 1.7)),
    shape,
  );
}

/** What an operation gives with the fast kernels and with those that were shipped; it must not leave anything behind. */
function both(operation: () => tf.Tensor | tf.Tensor[]): { fast: number[][]; shipped: number[][] } {
  const run = (): number[][] => tf.tidy(() => [operation()].flat().map((tensor) => [...tensor.shape, ...tensor.dataSync()]));
  speedUpWasm();
  run();
  const { numTensors, numDataBuffers } = tf.memory();
  const fast = run();
  expect(tf.memory()).toMatchObject({ numTensors, numDataBuffers });
  restoreShippedWasm();
  const shipped = run();
  speedUpWasm();
  return { fast, shipped };
}

describe('the fast kernels give what the shipped ones give, and leave nothing behind', () => {
  test.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('for products, transposed %s and %s', (transposeA, transposeB) => {
    const a = transposeA ? waves(6, 5) : waves(5, 6);
    const b = transposeB ? waves(7, 6) : waves(6, 7);
    const { fast, shipped } = both(() => tf.matMul(a, b, transposeA, transposeB));
    for (const [i, value] of (fast[0] ?? []).entries()) expect(value).toBeCloseTo(shipped[0]?.[i] as number, 5);
  });

  test.each([
    ['a product of blocks', () => tf.matMul(waves(3, 5, 6) as tf.Tensor3D, waves(3, 7, 6) as tf.Tensor3D, false, true)],
    ['hyperbolic tangents', () => tf.tanh(tf.mul(waves(4, 30), 12))],
    ['a product with one column', () => tf.matMul(waves(6, 1) as tf.Tensor2D, waves(6, 4) as tf.Tensor2D, true, false)],
  ])('for %s', (_, operation) => {
    const { fast, shipped } = both(operation);
    for (const [i, value] of (fast[0] ?? []).entries()) expect(value).toBeCloseTo(shipped[0]?.[i] as number, 5);
  });

  test.each([
    ['a split into columns', () => tf.split(waves(5, 12), 4, 1)],
    ['a split along the last axis', () => tf.split(waves(5, 12), 3, -1)],
    ['a split into rows', () => tf.split(waves(6, 5), 3, 0)],
    ['a split into unequal parts', () => tf.split(waves(5, 12), [2, 4, 6], 1)],
    ['slices of a block', () => tf.unstack(waves(4, 3, 2), 0)],
    ['slices along another axis', () => tf.unstack(waves(4, 3, 2), 1)],
    ['a clone', () => tf.clone(waves(4, 3))],
  ])('for %s', (_, operation) => {
    const { fast, shipped } = both(operation);
    expect(fast).toEqual(shipped);
  });
});

test('a clone outlives what it was cloned from', () => {
  const original = waves(4);
  const clone = tf.clone(original);
  const values = [...original.dataSync()];
  original.dispose();
  const other = waves(4);
  expect([...clone.dataSync()]).toEqual(values);
  tf.dispose([clone, other]);
});

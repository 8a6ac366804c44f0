import { describe, expect, test } from 'vitest';
import { seededRng } from '../../../core/rng.ts';
import { LeastSquares } from '../../../models/online/least-squares.ts';

describe('recursive least squares', () => {
  test('finds the weights of a linear law', () => {
    const rng = seededRng(1);
    const squares = new LeastSquares([0, 0, 0]);
    for (let i = 0; i < 20_000; i++) {
      const inputs = Float64Array.of(1, rng.next() * 4, rng.next() * 4);
      squares.learn(inputs, 0.5 + 0.3 * (inputs[1] ?? 0) - 0.2 * (inputs[2] ?? 0), 1);
    }
    const expected = [0.5, 0.3, -0.2];
    for (const [i, weight] of expected.entries()) expect(squares.weights[i]).toBeCloseTo(weight, 2);
  });

  test('equals the batch solution of ridge regression', () => {
    // With one input and prior variance .3: w = sum(x y) / (sum(x x) + 1 / .3).
    const squares = new LeastSquares([0]);
    const samples = [
      [1, 2],
      [2, 1],
      [3, 2.5],
    ] as const;
    for (const [x, y] of samples) squares.learn(Float64Array.of(x), y, 1);
    expect(squares.weights[0]).toBeCloseTo((2 + 2 + 7.5) / (1 + 4 + 9 + 1 / 0.3), 12);
  });

  test('stays finite for years of identical and of extreme inputs', () => {
    const squares = new LeastSquares([0.5, 0.5]);
    const flat = Float64Array.of(1, 0);
    for (let i = 0; i < 300_000; i++) squares.learn(flat, 0, 1 - 1 / 60_480);
    for (let i = 0; i < 1_000; i++) squares.learn(Float64Array.of(1, 40 * (i % 2)), 40, 1 - 1 / 60_480);
    for (const weight of squares.weights) expect(Math.abs(weight)).toBeLessThan(1_000);
  });
});

/** Diebold-Mariano and its t distribution against figures of tables and of a calculation by hand. */
import { describe, expect, it } from 'vitest';
import { dieboldMariano } from '../../../backtest/accuracy/diebold-mariano.ts';
import { twoSidedP } from '../../../backtest/accuracy/student-t.ts';
import { seededRng } from '../../../core/rng.ts';

describe("Student's t", () => {
  // Critical values of the usual table.
  it.each([
    [12.706, 1, 0.05],
    [2.571, 5, 0.05],
    [2.228, 10, 0.05],
    [2.75, 30, 0.01],
    [1.96, 1_000_000, 0.05],
  ])('gives |t| >= %d at %d degrees of freedom the probability %d', (t, degrees, p) => {
    expect(twoSidedP(t, degrees)).toBeCloseTo(p, 4);
    expect(twoSidedP(-t, degrees)).toBeCloseTo(p, 4);
  });

  it('gives no difference the probability one', () => {
    expect(twoSidedP(0, 7)).toBe(1);
  });
});

describe('Diebold-Mariano', () => {
  it('is a t test with its small-sample correction where horizons do not overlap', () => {
    // Mean 2, variance (by n) 2, so the plain statistic is 2 / sqrt(2 / 5); the correction is sqrt((5 + 1 - 2) / 5).
    const { statistic, meanDifference, count } = dieboldMariano([0, 1, 2, 3, 4], 1);
    expect({ meanDifference, count }).toEqual({ meanDifference: 2, count: 5 });
    expect(statistic).toBeCloseTo((2 / Math.sqrt(2 / 5)) * Math.sqrt(4 / 5), 12);
  });

  it('adds twice the autocovariances within a horizon', () => {
    // Deviations -2 -1 0 1 2: lag one sums to 4, over 5.
    const { statistic } = dieboldMariano([0, 1, 2, 3, 4], 2);
    const variance = 2 + 2 * (4 / 5);
    expect(statistic).toBeCloseTo((2 / Math.sqrt(variance / 5)) * Math.sqrt((5 + 1 - 4 + 2 / 5) / 5), 12);
  });

  it('finds a lasting difference, and none in noise', () => {
    const rng = seededRng(5);
    const noise = Array.from({ length: 400 }, () => rng.next() - 0.5);
    expect(dieboldMariano(noise, 3).p).toBeGreaterThan(0.05);
    const worse = dieboldMariano(
      noise.map((each) => each - 0.2),
      3,
    );
    expect(worse.p).toBeLessThan(0.001);
    expect(worse.statistic).toBeLessThan(0);
  });

  it('says nothing where nothing differs', () => {
    expect(dieboldMariano([0, 0, 0, 0], 1).statistic).toBeNaN();
    expect(dieboldMariano([1], 1).statistic).toBeNaN();
  });
});

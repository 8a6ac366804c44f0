import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRng } from '../../../core/rng.ts';
import { QuantileTracker } from '../../../models/mixture/tracker.ts';

/** Share of outcomes above what a fixed forecast, shifted by the tracker, had said. */
function missRate(demands: readonly number[], level: number): number {
  const tracker = new QuantileTracker(level);
  let misses = 0;
  for (const demand of demands) {
    const missed = demand > tracker.shifted(10, 1);
    if (missed) misses++;
    tracker.observe(missed, 1);
  }
  return misses / demands.length;
}

describe('the quantile tracker', () => {
  test('misses one in a hundred in the long run, whatever regimes demand goes through', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.integer({ min: 6, max: 24 }), { minLength: 4, maxLength: 12 }), (seed, regimes) => {
        const rng = seededRng(seed);
        const demands = regimes.flatMap((level) => Array.from({ length: 2_500 }, () => level + 5 * (rng.next() - 0.5)));
        // Never clipped: demand stays within [-5, +20] scales of the forecast.
        const rate = missRate(demands, 0.99);
        expect(Math.abs(rate - 0.01)).toBeLessThan(25 / 0.25 / demands.length + 0.001);
      }),
      { numRuns: 30 },
    );
  });

  test('holds its rate against an adversary that always asks for a little more, within the clip', () => {
    const tracker = new QuantileTracker(0.9);
    let misses = 0;
    const rounds = 20_000;
    for (let i = 0; i < rounds; i++) {
      // Asks above the present quantile while that is below 25, and nothing otherwise.
      const quantile = tracker.shifted(10, 1);
      const missed = quantile < 25;
      if (missed) misses++;
      tracker.observe(missed, 1);
    }
    expect(misses / rounds).toBeGreaterThan(0.095);
    expect(misses / rounds).toBeLessThan(0.105);
  });

  test('its shift is clipped, so one bad day cannot ask for everything', () => {
    const tracker = new QuantileTracker(0.99);
    for (let i = 0; i < 10_000; i++) tracker.observe(true, 1);
    expect(tracker.shifted(0, 1)).toBe(20);
    for (let i = 0; i < 100_000; i++) tracker.observe(false, 1);
    expect(tracker.shifted(10, 1)).toBe(5);
  });
});

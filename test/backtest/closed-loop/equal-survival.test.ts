import { expect, test } from 'vitest';
import { SurvivalSearch } from '../../../backtest/closed-loop/equal-survival.ts';
import { type StreamResult, survivedPercent } from '../../../backtest/harness/result.ts';

/** A policy that survives in proportion to its reserve, all outages at `enough`. */
function policy(enough: number): (factor: number) => StreamResult {
  return (factor) => {
    const outage = { outageS: 60, asked: 1e6, survived: Math.min(1e6, (1e6 * factor) / enough), stalledShare: 0 };
    return { outages: [outage], meanIdle: 1_000 * factor } as unknown as StreamResult;
  };
}

test('finds the least factor that survives so much, to three thousandths', () => {
  const found = new SurvivalSearch(policy(2)).atLeast(90);
  expect(found?.result.outages.map(survivedPercent)[0]).toBeGreaterThanOrEqual(90);
  expect(found?.factor).toBeGreaterThanOrEqual(1.8);
  expect(found?.factor).toBeLessThan(1.8 * 1.003);
  expect(found?.result.meanIdle).toBe(1_000 * (found?.factor ?? 0));
});

test('says so when no factor does', () => {
  expect(new SurvivalSearch(policy(10)).atLeast(90)).toBeUndefined();
});

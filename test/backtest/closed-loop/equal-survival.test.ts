import { expect, test } from 'vitest';
import { SurvivalSearch } from '../../../backtest/closed-loop/equal-survival.ts';
import type { LoopResult } from '../../../backtest/closed-loop/loop-counts.ts';

/** A policy that survives in proportion to its reserve, all outages at `enough`. */
function policy(enough: number): (factor: number) => LoopResult {
  return (factor) => ({ survivedPercent: Math.min(100, (100 * factor) / enough), meanIdle: 1_000 * factor }) as LoopResult;
}

test('finds the least factor that survives so much, to three thousandths', () => {
  const found = new SurvivalSearch(policy(2)).atLeast(90);
  expect(found?.result.survivedPercent).toBeGreaterThanOrEqual(90);
  expect(found?.factor).toBeGreaterThanOrEqual(1.8);
  expect(found?.factor).toBeLessThan(1.8 * 1.003);
  expect(found?.result.meanIdle).toBe(1_000 * (found?.factor ?? 0));
});

test('says so when no factor does', () => {
  expect(new SurvivalSearch(policy(10)).atLeast(90)).toBeUndefined();
});

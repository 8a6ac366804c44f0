import { expect, test } from 'vitest';
import type { Policy } from '../../../backtest/harness/policy.ts';
import { leafFixed, nebulaGraph, oceanbase, staticOnEmpty, staticStep } from '../../../backtest/rivals/static-step.ts';
import { StockDriver } from './stock-driver.ts';

/** A first block, and the largest stock at which the next one is fetched. */
function prefetchOf(policy: Policy): { size: number; fetchAt: number } {
  const driver = new StockDriver(policy);
  const size = driver.fetchAt(0, 0, 1);
  let fetchAt = size;
  while (driver.ordersAt(1, fetchAt) === 0) fetchAt--;
  return { size, fetchAt };
}

test("TinyID's block of 100,000 is followed when 20 % are reached", () => {
  expect(prefetchOf(staticStep())).toEqual({ size: 100_000, fetchAt: 80_000 });
});

test("OceanBase's block is followed when more than 25 % are passed", () => {
  expect(prefetchOf(oceanbase())).toEqual({ size: 1_000_000, fetchAt: 749_999 });
});

test("NebulaGraph's block is followed by the call after its half", () => {
  expect(prefetchOf(nebulaGraph())).toEqual({ size: 1_000, fetchAt: 499 });
});

test('Leaf without adaptation keeps its step, its tenth and its impatience', () => {
  expect(prefetchOf(leafFixed())).toEqual({ size: 2_000, fetchAt: 1_799 });
  expect(leafFixed().lostAfterS).toBe(0.01);
});

test('a block of one value is followed when it is gone', () => {
  expect(prefetchOf(staticStep(1, 0.5))).toEqual({ size: 1, fetchAt: 0 });
});

test('without a prefetch seqsvr fetches 10,000 when somebody waits, and one block at a time', () => {
  const driver = new StockDriver(staticOnEmpty());
  expect(driver.ordersAt(0, 0)).toBe(0);
  expect(driver.ordersAt(1, 0, 3)).toBe(10_000);
  expect(driver.ordersAt(2, 0, 20_000)).toBe(0);
  driver.deliver(10_000);
  expect(driver.ordersAt(3, 0, 10_000)).toBe(10_000);
});

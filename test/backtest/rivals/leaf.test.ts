import { describe, expect, test } from 'vitest';
import { leaf } from '../../../backtest/rivals/leaf.ts';
import { StockDriver } from './stock-driver.ts';

const MINUTE_S = 60;

/** Sizes that Leaf fetches at these minutes, its block used up each time. */
function sizesAt(rowStep: number, minutes: readonly number[]): number[] {
  const driver = new StockDriver(leaf(rowStep));
  return minutes.map((minute) => {
    const size = driver.ordersAt(minute * MINUTE_S, 0, 1);
    driver.deliver(size);
    return size;
  });
}

describe("Leaf's step", () => {
  test('is the row step for the first two fetches, whenever they come', () => {
    expect(sizesAt(1_000, [0, 1])).toEqual([1_000, 1_000]);
    expect(sizesAt(1_000, [0, 500])).toEqual([1_000, 1_000]);
  });

  test('doubles when less than 900 seconds passed since the previous fetch', () => {
    expect(sizesAt(1_000, [0, 1, 15.99, 30.98])).toEqual([1_000, 1_000, 2_000, 4_000]);
  });

  test('stays from 900 to 1,800 seconds', () => {
    expect(sizesAt(1_000, [0, 1, 2, 17, 46.99])).toEqual([1_000, 1_000, 2_000, 2_000, 2_000]);
  });

  test('halves from 1,800 seconds on, but not below the row step', () => {
    expect(sizesAt(1_000, [0, 1, 2, 3, 33, 63, 93, 123])).toEqual([1_000, 1_000, 2_000, 4_000, 2_000, 1_000, 1_000, 1_000]);
  });

  test('does not double beyond a million', () => {
    const minutes = Array.from({ length: 20 }, (_, minute) => minute);
    expect(Math.max(...sizesAt(1_000, minutes))).toBe(512_000);
    expect(Math.max(...sizesAt(500_000, minutes))).toBe(1_000_000);
  });
});

describe("Leaf's prefetch", () => {
  test('comes when less than 90 % of the block in use is left, and is not asked about before', () => {
    const driver = new StockDriver(leaf());
    expect(driver.ordersAt(0, 0)).toBe(0);
    expect(driver.fetchAt(1, 0, 1)).toBe(1_000);
    expect(driver.policy.alertAt).toBe(899);
    expect(driver.ordersAt(2, 900)).toBe(0);
    expect(driver.ordersAt(3, 899)).toBe(1_000);
  });

  test('waits for the block that is on its way, and for the one that is loaded to be begun and used', () => {
    const driver = new StockDriver(leaf());
    driver.fetchAt(0, 0, 1);
    driver.ordersAt(1, 899);
    expect(driver.ordersAt(2, 10)).toBe(0);
    driver.deliver(1_000);
    // 10 left of the first, 1,000 of the second: the first ends, then a tenth of the second goes.
    expect(driver.ordersAt(3, 1_000)).toBe(0);
    expect(driver.ordersAt(4, 900)).toBe(0);
    expect(driver.ordersAt(5, 899)).toBe(2_000);
  });

  test('leaves callers waiting for ten milliseconds', () => {
    expect(leaf().lostAfterS).toBe(0.01);
  });
});

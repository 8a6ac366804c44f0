import { describe, expect, test } from 'vitest';
import { leaf } from '../../../backtest/rivals/leaf.ts';
import type { RivalView } from '../../../backtest/rivals/rival.ts';

const MINUTE_MS = 60_000;
const DRY: RivalView = { nowMs: 0, blockSize: 0, blockLeft: 0, hasNext: false, isFetching: false };

/** Sizes that Leaf fetches at these minutes, its block used up each time. */
function sizesAt(rowStep: number, minutes: readonly number[]): number[] {
  const rule = leaf(rowStep);
  return minutes.map((minute) => rule.fetch({ ...DRY, nowMs: minute * MINUTE_MS }));
}

describe("Leaf's step", () => {
  test('is the row step for the first two fetches, whenever they come', () => {
    expect(sizesAt(1_000, [0, 1])).toEqual([1_000, 1_000]);
    expect(sizesAt(1_000, [0, 500])).toEqual([1_000, 1_000]);
  });

  test('doubles when less than 15 minutes passed since the previous fetch', () => {
    expect(sizesAt(1_000, [0, 1, 15.9, 30.8])).toEqual([1_000, 1_000, 2_000, 4_000]);
  });

  test('stays between 15 and 30 minutes', () => {
    expect(sizesAt(1_000, [0, 1, 2, 17, 46.9])).toEqual([1_000, 1_000, 2_000, 2_000, 2_000]);
  });

  test('halves from 30 minutes on, but not below the row step', () => {
    expect(sizesAt(1_000, [0, 1, 2, 3, 33, 63, 93, 123])).toEqual([1_000, 1_000, 2_000, 4_000, 2_000, 1_000, 1_000, 1_000]);
  });

  test('does not double beyond a million', () => {
    const sizes = sizesAt(
      1_000,
      Array.from({ length: 20 }, (_, minute) => minute),
    );
    expect(Math.max(...sizes)).toBe(512_000);
  });
});

describe("Leaf's prefetch", () => {
  const inUse: RivalView = { nowMs: 0, blockSize: 1_000, blockLeft: 899, hasNext: false, isFetching: false };

  test('comes when less than 90 % of the block is left', () => {
    expect(leaf().fetch(inUse)).toBe(1_000);
    expect(leaf().fetch({ ...inUse, blockLeft: 900 })).toBe(0);
  });

  test('does not come while a next block is there or on its way', () => {
    expect(leaf().fetch({ ...inUse, hasNext: true })).toBe(0);
    expect(leaf().fetch({ ...inUse, isFetching: true })).toBe(0);
  });
});

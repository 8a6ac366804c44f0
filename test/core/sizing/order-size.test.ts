import { describe, expect, test } from 'vitest';
import { ALLOCATIONS_PER_HOUR, allocationsPerHour, economicSize, type OrderInput, orderSize } from '../../../core/sizing/order-size.ts';

function sized(input: Partial<OrderInput>): ReturnType<typeof orderSize> {
  return orderSize({
    position: 32,
    waiting: 0,
    reorderPoint: 32,
    leadTimeMs: 1_000,
    rate: 4,
    meanSqrtRate: 2,
    fastRate: 0,
    lastOrderSize: 0,
    sinceLastOrderMs: Number.POSITIVE_INFINITY,
    ...input,
  });
}

describe('the economic order size', () => {
  test('is eaten in a 55th of an hour at the long-run rate', () => {
    expect(economicSize(100, 10)).toBeCloseTo((100 * 3_600) / ALLOCATIONS_PER_HOUR, 9);
    expect(economicSize(100, 10)).toBeCloseTo(6_545.45, 2);
  });

  test('grows with the square root of the rate, so that a burst does not hoard', () => {
    expect(economicSize(400, 10) / economicSize(100, 10)).toBeCloseTo(2, 9);
  });

  test('is at least one value', () => {
    expect(economicSize(0, 0)).toBe(1);
    expect(economicSize(0, 10)).toBe(1);
    expect(economicSize(0.000_001, 0.001)).toBe(1);
  });

  test('without any history lasts ten seconds at the rate of the moment', () => {
    expect(economicSize(10, 0)).toBe(100);
  });
});

describe('an order', () => {
  test('fills up to reorder point and order size', () => {
    // 3600 ÷ 55 × 2 × √4 = 261.8
    expect(sized({})).toEqual({ count: 262, orderUpTo: 294, rate: 4 });
    expect(sized({ position: 20 })).toEqual({ count: 274, orderUpTo: 294, rate: 4 });
  });

  test('fills up what callers wait for as well', () => {
    expect(sized({ position: -500, waiting: 500 }).count).toBe(794);
  });

  test('is at least one value', () => {
    expect(sized({ position: 1_000 }).count).toBe(1);
  });

  test('is larger when the last one was eaten fast, as far as the fast rate bears it out', () => {
    // 1,000 in 2 s are 500/s; 1.5 × 100/s bear out 150/s: 3600 ÷ 55 × 2 × √150 = 1603.3
    expect(sized({ lastOrderSize: 1_000, sinceLastOrderMs: 2_000, fastRate: 100 })).toEqual({ count: 1_604, orderUpTo: 1_636, rate: 150 });
    expect(sized({ lastOrderSize: 100, sinceLastOrderMs: 2_000, fastRate: 100 }).rate).toBe(50);
    expect(sized({ lastOrderSize: 1_000, sinceLastOrderMs: 2_000 }).rate).toBe(4);
  });

  test('right after another one is not of infinite size', () => {
    expect(sized({ lastOrderSize: 5, sinceLastOrderMs: 0, fastRate: 2 }).rate).toBe(4);
    expect(sized({ lastOrderSize: 5, sinceLastOrderMs: 0, fastRate: 1e9 }).rate).toBe(5_000);
  });

  test('goes by the rate of the moment while callers wait, and covers a lead time and a second of it', () => {
    expect(sized({ waiting: 10, position: -10, fastRate: 9 }).rate).toBe(9);
    const { count, orderUpTo } = sized({ waiting: 10, position: -10, fastRate: 50_000, leadTimeMs: 500 });
    expect(orderUpTo).toBe(75_000);
    expect(count).toBe(75_010);
    expect(sized({ fastRate: 50_000, leadTimeMs: 500 }).orderUpTo).toBe(294);
  });
});

describe('the cost of a burnt value', () => {
  test('makes orders smaller, and so what a crash burns', () => {
    const sizes = (['none', 'low', 'high'] as const).map((cost) => economicSize(100, 10, allocationsPerHour(cost)));
    expect(sizes[0]).toBe(economicSize(100, 10));
    expect((sizes[0] ?? 0) / (sizes[1] ?? 0)).toBeCloseTo(4, 9);
    expect((sizes[0] ?? 0) / (sizes[2] ?? 0)).toBeCloseTo(16, 9);
  });
});

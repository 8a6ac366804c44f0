import { describe, expect, test } from 'vitest';
import { SHARD_SIZE_MAX, SHARDS_PER_ORDER_MAX } from '../../core/limits.ts';
import { amountOf, newPlan, plausible, reported, type StreamPlan } from '../../pipelines/stream-plan.ts';
import { forecastOf, LIFE, NOW, orderOf, STREAM } from './allocation-fixture.ts';

const AMOUNT_MAX = SHARDS_PER_ORDER_MAX * SHARD_SIZE_MAX;

function planAfter(...reports: readonly Parameters<typeof reported>[1][]): StreamPlan {
  const plan = newPlan(STREAM, NOW);
  for (const report of reports) reported(plan, report);
  return plan;
}

describe('what an allocator knows of a stock', () => {
  test('is the report that saw more of the ledger, whichever came last', () => {
    const newer = orderOf({ stock: 5, waiting: 3, seenOffset: 8 });
    expect(planAfter(newer, forecastOf({ stock: 90, seenOffset: 7, cutoffMs: NOW + 50 }))).toMatchObject({
      stock: 5,
      waiting: 3,
      seenOffset: 8,
    });
    expect(planAfter(newer, forecastOf({ stock: 90, seenOffset: 9 }))).toMatchObject({ stock: 90, waiting: 0, seenOffset: 9 });
  });

  test('is the later one of two that saw as much', () => {
    const order = orderOf({ stock: 5, waiting: 3, seenOffset: 8 });
    expect(planAfter(order, forecastOf({ stock: 90, seenOffset: 8, cutoffMs: NOW - 1 })).stock).toBe(5);
    expect(planAfter(order, forecastOf({ stock: 2, seenOffset: 8, cutoffMs: NOW })).stock).toBe(2);
  });

  test('is what another life says, whatever the former one saw', () => {
    const plan = planAfter(
      orderOf({ stock: 5, seenOffset: 8 }),
      orderOf({ stock: 0, seenOffset: 2, incarnation: 'life-2', pool: 'pool-2' }),
    );
    expect(plan).toMatchObject({ pool: 'pool-2', incarnation: 'life-2', stock: 0, seenOffset: 2 });
    expect(planAfter().incarnation).not.toBe(LIFE);
  });
});

describe('an amount in a report', () => {
  test.each([
    [5.5, 5.5],
    [0, 0],
    [-1, 0],
    [Number.NaN, 0],
    [Number.POSITIVE_INFINITY, AMOUNT_MAX],
    [Number.NEGATIVE_INFINITY, 0],
  ])('of %d counts as %d', (said, counted) => {
    expect(amountOf(said)).toBe(counted);
  });

  test('is made plausible in every number that a decision uses', () => {
    const horizon = { horizonMs: -1, median: Number.NaN, upper: 7, cap: 1e300, insured: -3 };
    const forecast = plausible(forecastOf({ rate: Number.NaN, meanSqrtRate: -2, leadTimeMs: 1e300, horizons: [horizon] }));
    expect(forecast).toMatchObject({ rate: 0, meanSqrtRate: 0, leadTimeMs: AMOUNT_MAX });
    expect(forecast.horizons).toEqual([{ horizonMs: 0, median: 0, upper: 7, cap: AMOUNT_MAX, insured: 0 }]);
  });
});

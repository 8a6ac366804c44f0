import { describe, expect, test } from 'vitest';
import { newPlan, reported, type StreamPlan } from '../../pipelines/stream-plan.ts';
import { forecastOf, LIFE, NOW, orderOf, STREAM } from './allocation-fixture.ts';

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

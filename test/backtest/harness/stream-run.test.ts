import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixedLeadTime } from '../../../backtest/harness/lead-times.ts';
import type { Policy, StockView } from '../../../backtest/harness/policy.ts';
import { feed, replaySource, replayStream, replayTogether } from '../../../backtest/harness/replay.ts';
import type { StreamResult } from '../../../backtest/harness/result.ts';
import { type RunOptions, StreamRun } from '../../../backtest/harness/stream-run.ts';
import { inMemory } from '../../../backtest/sources/demand-source.ts';
import { demandOf } from '../policies/constant-track.ts';

const OPTIONS: RunOptions = { leadTimes: fixedLeadTime(1), rideThroughS: 0, outagesS: [], countFromS: 0 };

/** Orders up to a level when the position falls to another: decisions that can be told by hand. */
function levels(reorderPoint: number, upTo: number, more: Partial<Policy> = {}): Policy {
  return {
    name: 'levels',
    lostAfterS: Infinity,
    returnsAtStop: false,
    alertAt: reorderPoint,
    order: ({ stock, waiting, onOrder }: StockView) => {
      const position = stock - waiting + onOrder;
      return position <= reorderPoint ? upTo - position : 0;
    },
    ...more,
  };
}

describe('waiting callers', () => {
  // Ten values at the start, one order of ten; the next forty come at once and find nothing until the order after that.
  const demand = demandOf(30, (second) => (second === 10 ? 40 : 0));

  test('wait from when they come to when an order that was placed for them is usable', () => {
    const result = replayStream(levels(0, 10), demand, OPTIONS);
    // The first order is placed at the end of the first step; ten of the forty find it, and each that waits has one on its way at once.
    expect(result).toMatchObject({ demanded: 40, stalled: 30, stalledAtFirst: 0, lost: 0 });
    expect(result.orders).toBeGreaterThan(3);
    expect(result.waitS.max).toBeLessThanOrEqual(1);
    expect(result.waitS.p50).toBeGreaterThan(0.5);
    expect(result.waitS.p99).toBeGreaterThanOrEqual(result.waitS.p50);
  });

  test('are lost where they wait longer than they do, and counted among the stalled all the same', () => {
    const result = replayStream(levels(0, 10, { lostAfterS: 0.01 }), demand, OPTIONS);
    expect(result).toMatchObject({ stalled: 30, lost: 30 });
    expect(replayStream(levels(0, 10, { lostAfterS: 1 }), demand, OPTIONS).lost).toBe(0);
  });

  test('before the first order is there are told apart', () => {
    const first = demandOf(30, (second) => (second === 0 ? 8 : 0));
    const { stalled, stalledAtFirst, waitS } = replayStream(levels(0, 10), first, OPTIONS);
    expect(stalled).toBe(8);
    expect(stalledAtFirst).toBe(8);
    expect(waitS.max).toBeLessThanOrEqual(1);
  });

  test('that wait still at the end have waited up to then', () => {
    const never = levels(-Infinity, 0, { lostAfterS: 5 });
    const result = replayStream(
      never,
      demandOf(30, (second) => (second === 10 ? 4 : 0)),
      OPTIONS,
    );
    expect(result).toMatchObject({ stalled: 4, lost: 4, orders: 0 });
    expect(result.waitS.p50).toBeGreaterThan(18.9);
    expect(result.waitS.max).toBeLessThanOrEqual(20);
  });
});

describe('orders', () => {
  test('are usable a lead time after they were placed, and not a moment before', () => {
    const seen: { atS: number; stock: number }[] = [];
    const policy = levels(0, 5, { delivered: (count, view) => seen.push({ atS: view.atS, stock: view.stock + count }) });
    replayStream(
      policy,
      demandOf(5, () => 0),
      { ...OPTIONS, leadTimes: fixedLeadTime(0.5) },
    );
    expect(seen).toEqual([{ atS: expect.closeTo(0.51, 9), stock: 5 }]);
  });

  test('may overtake each other, and are on order until they are there', () => {
    const lead = { name: 'odd', plannedS: 1, usableAtS: (atS: number) => (atS < 1 ? 4 : atS + 0.5) };
    const onOrder: number[] = [];
    const late: Policy = {
      ...levels(0, 0),
      order: ({ atS }) => (atS === 0.01 ? 30 : 0),
      secondEnded: (_, view) => {
        onOrder.push(view.onOrder);
        return view.atS === 1 ? 100 : view.atS === 2 ? 7 : 0;
      },
    };
    const { maxIdle } = replayStream(
      late,
      demandOf(6, () => 0),
      { ...OPTIONS, leadTimes: lead },
    );
    expect(onOrder).toEqual([30, 30, 30, 30, 0, 0]);
    expect(maxIdle).toBe(137);
  });

  test('are given back at once, no more than is on hand', () => {
    const policy: Policy = { ...levels(0, 50), alertAt: 0, secondEnded: (_, { atS, stock }) => (stock > 0 && atS > 5 ? -80 : 0) };
    const result = replayStream(
      policy,
      demandOf(8, () => 0),
      OPTIONS,
    );
    // Fifty at 1.01 s, gone at 6 s; ordered again on the next step, there at 7.01 s, gone at 8 s.
    expect(result).toMatchObject({ orders: 2, returns: 2, maxIdle: 50 });
    expect(result.meanIdle).toBeCloseTo((50 * (4.99 + 0.99)) / 8, 6);
  });
});

describe('a run', () => {
  const bursty = demandOf(4_000, (second) => (second % 500 < 20 ? 90 : second % 3));
  const policy = (): Policy => levels(200, 900);

  test('that is looked at in each step is nearly the same as one that is subtracted second by second', () => {
    const quick = replayStream(policy(), bursty, OPTIONS);
    // Asked at the ends of steps only, it orders some milliseconds later.
    const slow = replayStream({ ...policy(), alertAt: Infinity }, bursty, OPTIONS);
    expect(quick.stalled).toBeGreaterThan(50);
    expect(quick.orders).toBeGreaterThan(10);
    expect(slow.orders).toBe(quick.orders);
    expect(Math.abs(slow.stalled / quick.stalled - 1)).toBeLessThan(0.05);
    expect(Math.abs(slow.meanIdle / quick.meanIdle - 1)).toBeLessThan(0.01);
  });

  test('is the same alone, in company, and from pieces', async () => {
    const alone = replayStream(policy(), bursty, OPTIONS);
    expect(replayTogether([levels(5, 20), policy(), levels(1, 2)], bursty, OPTIONS)[1]).toEqual(alone);
    const pieces = new StreamRun(bursty.name, policy(), OPTIONS);
    await replaySource(inMemory(bursty), [pieces]);
    expect(pieces.result()).toEqual(alone);
  });

  test('counts from where it is told to, and warms up before', () => {
    const whole = replayStream(policy(), bursty, OPTIONS);
    const part = replayStream(policy(), bursty, { ...OPTIONS, countFromS: 3_000 });
    expect(part.seconds).toBe(1_000);
    expect(part.demanded).toBe(bursty.counts.subarray(3_000).reduce((sum, count) => sum + count, 0));
    expect(part.orders).toBeLessThan(whole.orders / 2);
    expect(part.stalledAtFirst).toBe(0);
  });

  test('keeps what came and what was given out in balance, whatever a policy does', () => {
    const anyDemand = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 70, maxLength: 200 });
    const anyOrders = fc.array(fc.integer({ min: -50, max: 400 }), { minLength: 5, maxLength: 20 });
    const property = fc.property(anyDemand, anyOrders, fc.integer({ min: 0, max: 60 }), (counts, orders, countFromS) => {
      let ordered = 0;
      let last: StockView = { atS: 0, stock: 0, waiting: 0, onOrder: 0, arrived: 0, elapsedS: 0 };
      const odd: Policy = {
        ...levels(-1, 0),
        alertAt: -1,
        order: () => 0,
        secondEnded: (_, view) => {
          const wanted = orders[view.atS % orders.length] ?? 0;
          const count = Math.max(wanted, -view.stock);
          ordered += count;
          last = { ...view, onOrder: view.onOrder + Math.max(0, count), stock: view.stock + Math.min(0, count) };
          return count;
        },
      };
      const run = new StreamRun('any', odd, { ...OPTIONS, countFromS });
      feed([run], Uint32Array.from(counts));
      const result: StreamResult = run.result();
      const demanded = counts.reduce((sum, count) => sum + count, 0);
      expect(last.stock + last.onOrder - last.waiting).toBe(ordered - demanded);
      expect(last.stock * last.waiting).toBe(0);
      expect(result.stalled).toBeLessThanOrEqual(result.demanded);
      expect(result.waitS.p50).toBeLessThanOrEqual(result.waitS.p99);
      expect(result.waitS.p999).toBeLessThanOrEqual(result.waitS.max + 1e-9);
    });
    fc.assert(property, { numRuns: 100 });
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DecisionInput, decide } from '../../../core/sizing/decision.ts';

const QUIET: DecisionInput = {
  trigger: 'order',
  nowMs: 100_000,
  stock: 32,
  waiting: 0,
  onOrder: 0,
  fastRate: 0,
  rate: 4,
  meanSqrtRate: 2,
  requestSize: 1,
  leadTimeMs: 1_000,
  horizons: [],
  forecastAtMs: 99_000,
  declaredRate: 0,
  rideThroughMs: 0,
  rideThroughClass: 'expected',
  targetStallsPpm: 10,
  lastOrderSize: 0,
  lastOrderAtMs: Number.NEGATIVE_INFINITY,
  lastReturnAtMs: Number.NEGATIVE_INFINITY,
};

describe('a decision', () => {
  test('orders as soon as the position reaches the reorder point, and says by what numbers', () => {
    expect(decide(QUIET)).toEqual({
      kind: 'order',
      count: 262,
      decision: {
        trigger: 'order',
        position: 32,
        reorderPoint: 32,
        orderUpTo: 294,
        rate: 4,
        reserve: 'floor',
        forecastAtMs: 99_000,
        decidedAtMs: 100_000,
      },
    });
    expect(decide({ ...QUIET, stock: 33 })).toEqual({ kind: 'nothing' });
  });

  test('never has one stream hold more than a sixteenth of what is left of its sequence, beside what its callers wait for', () => {
    const greedy: DecisionInput = { ...QUIET, meanSqrtRate: 1_000, left: 16_000 };
    expect(decide({ ...greedy, stock: 0 })).toMatchObject({ kind: 'order', count: 1_000, decision: { orderUpTo: 1_000 } });
    expect(decide({ ...greedy, stock: 0, waiting: 5_000 })).toMatchObject({ count: 6_000, decision: { orderUpTo: 1_000 } });
    const reserving: DecisionInput = { ...greedy, declaredRate: 5_000 };
    expect(decide({ ...reserving, stock: 501 })).toEqual({ kind: 'nothing' });
    expect(decide({ ...reserving, stock: 500 })).toMatchObject({ kind: 'order', count: 500 });
    // However little is left, it is enough for a stray request; the size of requests is what a forecast says as well.
    expect(decide({ ...reserving, stock: 0, left: 10 })).toMatchObject({ kind: 'order', count: 33 });
    expect(decide({ ...greedy, stock: 0, requestSize: 1e9 + 0.2 })).toMatchObject({ kind: 'order', count: 1_000 });
    expect(decide({ ...QUIET, left: 16 * 294 })).toEqual(decide(QUIET));
  });

  test('for a stream that keeps no stock is exactly what its callers wait for, unless a burst was announced', () => {
    const exact: DecisionInput = { ...QUIET, isExact: true, stock: 0, waiting: 9_000, onOrder: 2_000 };
    expect(decide(exact)).toMatchObject({ kind: 'order', count: 7_000, decision: { reserve: 'waiting', position: -7_000, orderUpTo: 0 } });
    expect(decide({ ...exact, waiting: 1, onOrder: 0 })).toEqual({
      kind: 'order',
      count: 1,
      decision: {
        trigger: 'order',
        position: -1,
        reorderPoint: 0,
        orderUpTo: 0,
        rate: 4,
        reserve: 'waiting',
        forecastAtMs: 99_000,
        decidedAtMs: 100_000,
      },
    });
    expect(decide({ ...exact, onOrder: 9_000 })).toEqual({ kind: 'nothing' });
    expect(decide({ ...exact, stock: 5_000, waiting: 0 })).toEqual({ kind: 'nothing' });
    expect(decide({ ...exact, waiting: 0, onOrder: 0, declaredRate: 50 })).toMatchObject({
      kind: 'order',
      decision: { reserve: 'declared' },
    });
  });

  test('counts what is on order, and what callers wait for, into the position', () => {
    expect(decide({ ...QUIET, stock: 0, onOrder: 33 })).toEqual({ kind: 'nothing' });
    expect(decide({ ...QUIET, stock: 40, waiting: 10 })).toMatchObject({ kind: 'order', decision: { position: 30, reserve: 'floor' } });
  });

  test('names the waiting callers as its reason where nothing on its way will serve them', () => {
    expect(decide({ ...QUIET, stock: 0, waiting: 10 })).toMatchObject({ decision: { reserve: 'waiting', position: -10 } });
    expect(decide({ ...QUIET, stock: 0, waiting: 10, onOrder: 20 })).toMatchObject({ decision: { reserve: 'floor', position: 10 } });
    expect(decide({ ...QUIET, stock: 0, waiting: 10, onOrder: 10 })).toMatchObject({ decision: { reserve: 'floor', position: 0 } });
    expect(decide({ ...QUIET, stock: 0, onOrder: -1 })).toMatchObject({ decision: { reserve: 'floor', position: -1 } });
  });

  test('gives a surplus back, and says how much stays', () => {
    const outcome = decide({ ...QUIET, stock: 1_000 });
    expect(outcome).toMatchObject({
      kind: 'return',
      surplus: 706,
      keep: 294,
      decision: { trigger: 'replace', orderUpTo: 294, position: 1_000 },
    });
  });

  test('does nothing between reorder point and surplus', () => {
    expect(decide({ ...QUIET, stock: 294 })).toEqual({ kind: 'nothing' });
    expect(decide({ ...QUIET, stock: 1_000, lastReturnAtMs: 99_000 })).toEqual({ kind: 'nothing' });
  });

  test('orders less at a time, and keeps less, where more allocations an hour are aimed at', () => {
    // Four times as many: 3600 ÷ 220 × 2 × √4 = 65.5
    expect(decide({ ...QUIET, allocationsPerHour: 220 })).toMatchObject({ count: 66, decision: { orderUpTo: 98 } });
    expect(decide({ ...QUIET, allocationsPerHour: 220, stock: 1_000 })).toMatchObject({ kind: 'return', surplus: 902, keep: 98 });
  });

  test('covers a lead time and a second of the rate of the moment while callers wait', () => {
    const waiting = { ...QUIET, stock: 0, waiting: 10, fastRate: 1_000, leadTimeMs: 3_000 };
    expect(decide(waiting)).toMatchObject({ kind: 'order', decision: { rate: 1_000, reorderPoint: 3_750 } });
    expect(
      decide({ ...waiting, meanSqrtRate: 0.001, horizons: [{ horizonMs: 3_000, median: 0, upper: 0, cap: 0, insured: 0 }] }),
    ).toMatchObject({
      count: 4_010,
      decision: { orderUpTo: 4_000 },
    });
  });

  test('measures the last return from when it was made', () => {
    expect(decide({ ...QUIET, stock: 1_000, lastReturnAtMs: 40_001 })).toEqual({ kind: 'nothing' });
    expect(decide({ ...QUIET, stock: 1_000, lastReturnAtMs: 40_000 })).toMatchObject({ kind: 'return' });
  });

  test('measures the last order from when it was made', () => {
    const drained = { ...QUIET, lastOrderSize: 400, lastOrderAtMs: 98_000, fastRate: 1_000 };
    expect(decide(drained)).toMatchObject({ decision: { rate: 200 } });
  });

  test('is finite and whole whatever the forecast says', () => {
    const amount = fc.double({ min: 0, max: 1e12, noNaN: true });
    const horizon = fc.record({ horizonMs: amount, median: amount, upper: amount, cap: amount, insured: amount });
    const input = fc.record({
      stock: fc.nat(1e9),
      waiting: fc.nat(1e9),
      onOrder: fc.nat(1e9),
      fastRate: amount,
      rate: amount,
      meanSqrtRate: amount,
      leadTimeMs: amount,
      horizons: fc.array(horizon, { maxLength: 2 }),
      declaredRate: amount,
      lastOrderSize: amount,
      lastOrderAtMs: fc.integer({ min: 0, max: 100_000 }),
    });
    fc.assert(
      fc.property(input, (some) => {
        const outcome = decide({ ...QUIET, ...some });
        if (outcome.kind === 'nothing') return;
        const { position, reorderPoint, orderUpTo } = outcome.decision;
        const counted = outcome.kind === 'order' ? [outcome.count] : [outcome.surplus, outcome.keep];
        for (const count of counted) expect(Number.isFinite(count) && count === Math.floor(count) && count >= 1, `${count}`).toBe(true);
        if (outcome.kind === 'order') expect(position).toBeLessThanOrEqual(reorderPoint);
        else expect(position - outcome.surplus).toBeGreaterThanOrEqual(outcome.keep - 1);
        expect(orderUpTo).toBeGreaterThanOrEqual(reorderPoint);
      }),
    );
  });
});

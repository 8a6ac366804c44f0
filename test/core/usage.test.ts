/** What is remembered of usage, by hand: twelve hours make a third of it. */
import { describe, expect, test } from 'vitest';
import { countCall, endSpan, isLone, newUsage, type UsageMemory, usageOf } from '../../core/usage.ts';

const HOUR_MS = 3_600_000;
const MEMORY_MS = 12 * HOUR_MS;

/** These calls at the time 0, in a span of a second. */
function called(...counts: readonly number[]): UsageMemory {
  const memory = newUsage(0);
  for (const count of counts) countCall(memory, count);
  endSpan(memory, 0, 1_000);
  return memory;
}

describe('usage', () => {
  test('is nothing where nobody called', () => {
    const nothing = { calls: 0, callsPerSecond: 0, valuesPerSecond: 0, burstiness: 0, usualRequest: 0 };
    expect(usageOf(newUsage(5_000), 5_000)).toEqual(nothing);
    expect(usageOf(newUsage(0), MEMORY_MS)).toEqual(nothing);
  });

  test('is that of the first second at once', () => {
    expect(usageOf(called(10, 30), 0)).toEqual({ calls: 2, callsPerSecond: 2, valuesPerSecond: 40, burstiness: 1, usualRequest: 8 });
    expect(usageOf(called(10, 30), 500).callsPerSecond).toBeCloseTo(2, 3);
  });

  test('fades to a third in twelve hours, and its pace with it', () => {
    // 43,200 × (1 − 1/e) seconds count.
    const { calls, callsPerSecond, valuesPerSecond, burstiness, usualRequest } = usageOf(called(10_000), MEMORY_MS);
    expect([calls, callsPerSecond * 27_307.6, valuesPerSecond * 27_307.6, burstiness / 27_307.6, usualRequest]).toEqual([
      expect.closeTo(1 / Math.E, 6),
      expect.closeTo(1 / Math.E, 5),
      expect.closeTo(10_000 / Math.E, 1),
      expect.closeTo(1, 5),
      8_192,
    ]);
  });

  test('does not care how often it is read, nor for a clock that is set back', () => {
    const [once, often] = [called(10_000), called(10_000)];
    for (const hours of [1, 2, 2, -5, 3, 7]) usageOf(often, hours * HOUR_MS);
    expect(usageOf(often, 9 * HOUR_MS).valuesPerSecond).toBeCloseTo(usageOf(once, 9 * HOUR_MS).valuesPerSecond, 9);
    expect(usageOf(called(10), -HOUR_MS)).toMatchObject({ calls: 1, callsPerSecond: 1, valuesPerSecond: 10 });
  });

  test('of a call an hour is a call an hour, whether anybody looks in between or not', () => {
    const memory = newUsage(0);
    for (let minute = 1; minute <= 6_030; minute++) {
      if (minute % 60 === 0) countCall(memory, 100);
      expect(endSpan(memory, minute * 60_000, 1_000)).toBe(minute % 60 === 0);
    }
    const { callsPerSecond, valuesPerSecond, burstiness } = usageOf(memory, 100.5 * HOUR_MS);
    expect(callsPerSecond * 3_600).toBeCloseTo(1, 2);
    expect(valuesPerSecond * 36).toBeCloseTo(1, 2);
    expect(burstiness / 3_600).toBeCloseTo(Math.exp(-0.5 / 12), 2);
  });

  test.each([
    [[1], 1],
    [[2, 3], 2],
    [[1, 1_000, 1_000, 1_000], 512],
    [[1, 1, 1_000, 1_000], 1],
    [[1, 1, 1, 1_000], 1],
    [[4, 8, 16, 32], 8],
  ])('of calls for %j is that three of four ask for %d or more', (counts, usual) => {
    expect(usageOf(called(...counts), 0).usualRequest).toBe(usual);
  });
});

describe('a span', () => {
  test('counts where something was asked for in it, once', () => {
    const memory = newUsage(0);
    expect(endSpan(memory, 0, 1_000)).toBe(false);
    countCall(memory, 10);
    expect(endSpan(memory, 0, 1_000)).toBe(true);
    expect(endSpan(memory, 0, 1_000)).toBe(false);
    expect(memory).toMatchObject({ asked: 0, values: 10, peak: 10 });
  });

  test('has the values of a second as its peak, but no less than its largest call had in an instant', () => {
    const peakOf = (spanMs: number): number => {
      const memory = newUsage(0);
      for (const count of [4, 4, 2]) countCall(memory, count);
      endSpan(memory, 0, spanMs);
      return memory.peak;
    };
    expect([500, 1_000, 2_000, 10_000].map(peakOf)).toEqual([20, 10, 5, 4]);
  });

  test('lets what was before it fade, and itself not yet', () => {
    for (const laterMs of [30_000, MEMORY_MS]) {
      const memory = called(100);
      countCall(memory, 20);
      endSpan(memory, laterMs, 1_000);
      const left = 100 * Math.exp(-laterMs / MEMORY_MS);
      expect(memory).toMatchObject({ values: expect.closeTo(left + 20, 6), peak: expect.closeTo(left, 6), fadedMs: laterMs });
    }
  });
});

describe('a call', () => {
  test('is alone while none as large, or half as large at least, is remembered', () => {
    expect(isLone(newUsage(0), 1)).toBe(true);
    const memory = called(8_192);
    expect([1, 8_192, 10_000, 16_383, 16_384].map((count) => isLone(memory, count))).toEqual([false, false, false, false, true]);
  });

  test('counts whole after a long quiet, and what was before it has faded by then', () => {
    const memory = called(8_192);
    // Quiet is reckoned in minutes.
    const fadedTo = [59_999, 60_000, 119_999].map((ms) => [endSpan(memory, ms, 1_000), memory.fadedMs]);
    expect(fadedTo).toEqual([
      [false, 0],
      [false, 60_000],
      [false, 60_000],
    ]);
    for (let minute = 1; minute <= 24 * 60; minute++) endSpan(memory, minute * 60_000, 1_000);
    expect(isLone(memory, 8_192)).toBe(true);
    countCall(memory, 8_192);
    endSpan(memory, 24 * HOUR_MS + 1_000, 1_000);
    expect(usageOf(memory, 24 * HOUR_MS + 1_000).calls).toBeCloseTo(1 + Math.exp(-2), 3);
    expect(isLone(memory, 8_192)).toBe(false);
  });

  test('is forgotten once less than half of it is left: after 8.3 hours', () => {
    const memory = called(8_192);
    usageOf(memory, 8.3 * HOUR_MS);
    expect(isLone(memory, 8_192)).toBe(false);
    usageOf(memory, 8.4 * HOUR_MS);
    expect(isLone(memory, 8_192)).toBe(true);
  });
});

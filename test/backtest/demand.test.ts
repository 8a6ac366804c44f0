import { describe, expect, test } from 'vitest';
import { requestsOf, spreadDemand } from '../../backtest/demand.ts';
import { type DemandTrace, loadNasaTrace } from '../../backtest/traces/nasa.ts';

const SLICE_MS = 10_000;

function traceOf(...counts: number[]): DemandTrace {
  return { startMs: 0, binMs: 60_000, counts: Uint16Array.from(counts) };
}

describe('demand spread over slices', () => {
  test.each([1, 50, 500])('keeps the total of every minute of the bundled trace, times %i', (factor) => {
    const trace = loadNasaTrace();
    const { counts } = spreadDemand(trace, { factor, sliceMs: SLICE_MS, seed: 7 });
    expect(counts.length).toBe(trace.counts.length * 6);
    const totals = Array.from(trace.counts, (_, minute) => counts.subarray(minute * 6, minute * 6 + 6).reduce((sum, n) => sum + n, 0));
    expect(totals).toEqual(Array.from(trace.counts, (count) => count * factor));
  });

  test('is the same for the same seed and another for another', () => {
    const trace = traceOf(100, 200, 300);
    const spread = (seed: number) => spreadDemand(trace, { factor: 50, sliceMs: SLICE_MS, seed });
    expect(spread(1)).toEqual(spread(1));
    expect(spread(1)).not.toEqual(spread(2));
  });

  test('varies between slices about as much as independent arrivals do', () => {
    const { counts } = spreadDemand(traceOf(...new Array<number>(2_000).fill(60)), { factor: 10, sliceMs: SLICE_MS, seed: 3 });
    const variance = counts.reduce((sum, n) => sum + (n - 100) ** 2, 0) / counts.length;
    // 600 arrivals over six slices: mean 100, variance 600 × 1/6 × 5/6.
    expect(variance).toBeGreaterThan(83.3 * 0.9);
    expect(variance).toBeLessThan(83.3 * 1.1);
  });

  test('refuses slices that do not divide a bin', () => {
    expect(() => spreadDemand(traceOf(1), { factor: 1, sliceMs: 7_000, seed: 1 })).toThrow('do not divide');
  });
});

describe('the requests of a slice', () => {
  test('are calls of at most 10,000 values that add up to its demand', () => {
    expect(requestsOf(0)).toEqual([]);
    expect(requestsOf(9)).toEqual([9]);
    expect(requestsOf(10_000)).toEqual([10_000]);
    expect(requestsOf(25_001)).toEqual([10_000, 10_000, 5_001]);
  });
});

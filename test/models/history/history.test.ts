import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BIN_MS } from '../../../models/forecaster.ts';
import { decodeCount, encodeCount } from '../../../models/history/compact-count.ts';
import { DemandHistory } from '../../../models/history/history.ts';
import { StateReader, StateWriter } from '../../../models/state-bytes.ts';
import { binsOf, HOUR_S } from '../demand.ts';

describe('counts in 16 bits', () => {
  test('come back exactly up to 1,500 and within 0.03 % beyond', () => {
    for (let count = 0; count <= 1_500; count++) expect(decodeCount(encodeCount(count))).toBe(count);
    fc.assert(
      fc.property(fc.maxSafeNat(), (count) => {
        expect(Math.abs(decodeCount(encodeCount(count)) - count)).toBeLessThanOrEqual(0.0003 * (count + 1));
      }),
    );
  });
});

describe('a demand history', () => {
  test('answers for any window of bins what their sum is', () => {
    const bins = binsOf(6 * HOUR_S, (second) => 20 + (second % 600) / 10);
    const history = new DemandHistory();
    for (const bin of bins) history.observe(bin.startMs, bin.demand, bin.peakPerSecond);
    fc.assert(
      fc.property(fc.nat(bins.length - 40), fc.integer({ min: 1, max: 39 }), (from, count) => {
        const sum = bins.slice(from, from + count).reduce((total, bin) => total + bin.demand, 0);
        expect(history.windowDemand(from * BIN_MS, count * BIN_MS)).toBe(sum);
        const half = (bins[from + count]?.demand ?? 0) / 2;
        expect(history.windowDemand(from * BIN_MS, (count + 0.5) * BIN_MS)).toBeCloseTo(sum + half, 6);
      }),
    );
  });

  test('a window of a second is the busiest one of its bin', () => {
    const history = new DemandHistory();
    history.observe(0, 100, 40);
    expect(history.windowDemand(0, 1_000)).toBe(40);
    expect(history.windowDemand(0, 5_000)).toBe(100);
  });

  test('the largest window may straddle two bins', () => {
    const history = new DemandHistory();
    history.observe(0, 60, 20);
    history.observe(BIN_MS, 40, 20);
    expect(history.newestPeak(5_000)).toBe(100);
  });

  test('forgets fine bins after six and a half hours and minutes after fifteen days', () => {
    const history = new DemandHistory();
    for (let bin = 0; bin < 16 * 8_640; bin++) history.observe(bin * BIN_MS, 6, 2);
    expect(history.minutesDemand(1_440, 1)).toBe(36);
    expect(history.minutesDemand(1_439, 1)).toBeUndefined();
    expect(history.bytes).toBeLessThanOrEqual(93 * 1_024);
  });

  test('skipping silence leaves what observing it leaves', () => {
    const [skipped, observed] = [new DemandHistory(), new DemandHistory()];
    for (const history of [skipped, observed]) for (let bin = 0; bin < 2_000; bin++) history.observe(bin * BIN_MS, 6, 2);
    skipped.skip(10_003);
    for (let bin = 2_000; bin < 12_003; bin++) observed.observe(bin * BIN_MS, 0, 0);
    expect(skipped.endMs).toBe(observed.endMs);
    for (const from of [0, 300, 333, 334, 1_000]) expect(skipped.minutesDemand(from, 1)).toBe(observed.minutesDemand(from, 1));
    expect(skipped.newestDemand(3_600_000)).toBe(0);
    expect(skipped.rates.meanSqrt).toBeCloseTo(observed.rates.meanSqrt, 2);
    expect(skipped.rates.minute).toBe(observed.rates.minute);
  });

  test('saved and restored it is the same, to the byte', () => {
    const history = new DemandHistory();
    for (const bin of binsOf(3 * HOUR_S, () => 3)) history.observe(bin.startMs, bin.demand, bin.peakPerSecond);
    const restored = new DemandHistory();
    restored.restore(new StateReader(saved(history)));
    expect(saved(restored)).toEqual(saved(history));
  });
});

describe('running rates', () => {
  test('follow the sizing rule second by second', () => {
    const history = new DemandHistory();
    let [rate, meanSqrt, n] = [0, 0, 0];
    for (const bin of binsOf(HOUR_S, (second) => 5 + second / 100)) {
      history.observe(bin.startMs, bin.demand, bin.peakPerSecond);
      for (let second = 0; second < 10; second++) {
        n++;
        rate += (bin.demand / 10 - rate) / Math.min(n, 60);
        meanSqrt += (Math.sqrt(rate) - meanSqrt) / Math.min(n, 86_400);
      }
    }
    expect(history.rates.minute).toBeCloseTo(rate, 9);
    expect(history.rates.meanSqrt).toBeCloseTo(meanSqrt, 9);
  });
});

function saved(history: DemandHistory): Uint8Array {
  const to = new StateWriter();
  history.save(to);
  return to.bytes();
}

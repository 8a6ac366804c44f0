import { describe, expect, test } from 'vitest';
import { BIN_MS } from '../../../models/forecaster.ts';
import { type BinSink, DemandBins } from '../../../models/history/bins.ts';
import { FiveSeconds } from '../../../models/history/five-seconds.ts';
import { DemandHistory } from '../../../models/history/history.ts';
import { StateReader, StateWriter } from '../../../models/state-bytes.ts';

describe('the newest five seconds', () => {
  test('are the last five spans of a second, whatever phase they have', () => {
    for (const phaseMs of [0, 300]) {
      const newest = new FiveSeconds();
      const sums = Array.from({ length: 8 }, (_, i) => newest.add(phaseMs + i * 1_000, phaseMs + (i + 1) * 1_000, i));
      expect(sums).toEqual([0, 1, 3, 6, 10, 15, 20, 25]);
    }
  });

  test('take their share of a span that began before them, and forget what is older', () => {
    const newest = new FiveSeconds();
    newest.add(0, 10_000, 100);
    expect(newest.add(10_000, 12_000, 7)).toBe(37);
    expect(newest.add(60_000, 61_000, 4)).toBe(4);
  });
});

describe('a lead time of five seconds', () => {
  /** Three seconds before the end of the first bin and four after it ask for 100 each. */
  function bins(): [number, number, number, number][] {
    const seen: [number, number, number, number][] = [];
    const sink: BinSink = { bin: (...bin) => seen.push(bin), quiet: () => {}, missed: () => {} };
    const demand = new DemandBins();
    for (let second = 0; second < 20; second++) {
      const demanded = second >= 7 && second < 14 ? 100 : 1;
      demand.add({ fromMs: second * 1_000, toMs: (second + 1) * 1_000, demanded, peakPerSecond: demanded }, sink);
    }
    return seen;
  }

  test('is bounded by five seconds that straddle two bins, not by five times the busiest second of each', () => {
    expect(bins()).toEqual([
      [0, 307, 100, 302],
      [10_000, 406, 100, 500],
    ]);
    const history = new DemandHistory();
    const [first, second] = bins();
    if (first === undefined || second === undefined) throw new Error('two bins');
    history.observe(...first);
    expect(history.newestPeak(5_000)).toBe(302);
    history.observe(...second);
    expect(history.newestPeak(5_000)).toBe(500);
    history.observe(2 * BIN_MS, 10, 1, 5);
    history.observe(3 * BIN_MS, 10, 1, 5);
    expect(history.newestPeak(5_000)).toBe(5);
  });

  test('is known again after a restore', () => {
    const [first] = bins();
    const history = new DemandHistory();
    history.observe(...(first ?? [0, 0, 0, 0]));
    const bytes = new StateWriter();
    history.save(bytes);
    const restored = new DemandHistory();
    restored.restore(new StateReader(bytes.bytes()));
    expect(restored.newestPeak(5_000)).toBe(302);
  });
});

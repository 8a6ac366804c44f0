import { describe, expect, it } from 'vitest';
import { PendingForecasts } from '../../../backtest/forecast-quality/pending-forecasts.ts';
import { streamQuality } from '../../../backtest/forecast-quality/stream-quality.ts';
import { inMemory } from '../../../backtest/sources/demand-source.ts';
import { arrivals } from '../../../backtest/traces/demand-seconds.ts';
import { seededRng } from '../../../core/rng.ts';

const bin = (...seconds: number[]): Uint32Array => Uint32Array.from({ length: 10 }, (_, i) => seconds[i] ?? 0);

describe('forecasts that wait for their outcome', () => {
  it('are held against the demand of exactly the bins they were made for', () => {
    const pending = new PendingForecasts(20, [0.5, 0.99]);
    pending.said([10, 20], { median: 10, insured: 20, cap: 40 });
    pending.came(bin(7), 7);
    expect(pending.calibration).toEqual([
      { horizonS: 20, level: 0.5, covered: 0, count: 0 },
      { horizonS: 20, level: 0.99, covered: 0, count: 0 },
    ]);
    pending.came(bin(8), 8);
    pending.came(bin(1_000), 1_000);
    expect(pending.calibration.map(({ covered, count }) => [covered, count])).toEqual([
      [0, 1],
      [1, 1],
    ]);
    expect(pending.medianError).toBeCloseTo(5 / 15);
    expect(pending.held).toEqual({ median: 10, insured: 20, cap: 40 });
  });

  it('of less than a bin mean its busiest stretch', () => {
    const pending = new PendingForecasts(2, [0.5]);
    pending.said([8], { median: 8, insured: 8, cap: 8 });
    pending.came(bin(1, 4, 4, 0, 7), 16);
    expect(pending.calibration[0]).toMatchObject({ covered: 1, count: 1 });
  });
});

describe('the quality of a stream', () => {
  it('of even arrivals is levels that hold, a good median, and a burst that only memory holds on to', async () => {
    const rateAt = (second: number): number => (second > 3_600 && second < 3_660 ? 500 : 20);
    const counts = arrivals(8 * 3_600, rateAt, seededRng(3));
    const source = inMemory({ name: 'even', startMs: 0, counts, seasonal: false });
    const quality = await streamQuality(source, { horizonsS: [60], countedFromS: 2 * 3_600 });
    const covered = quality.calibration.map((each) => each.covered);
    expect(covered[0]).toBeGreaterThan(0.3);
    expect(covered[3]).toBeGreaterThan(0.97);
    expect(covered).toEqual([...covered].sort((a, b) => a - b));
    expect(quality.held.median).toBeCloseTo(1_200, -2);
    expect(quality.held.cap).toBeGreaterThan(20 * quality.held.median);
    expect(quality.medianError).toBeLessThan(0.2);
    const shares = Object.values(quality.weights.experts);
    const last = shares.map((each) => each.at(-1) ?? 0).reduce((sum, each) => sum + each, 0);
    expect(last).toBeCloseTo(1, 4);
  });
});

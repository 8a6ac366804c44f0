import { describe, expect, test } from 'vitest';
import { type DemandSource, wholeOf } from '../../../backtest/sources/demand-source.ts';
import { onboarding, zipf } from '../../../backtest/traces/many-streams.ts';

async function totalOf(source: DemandSource | undefined): Promise<number> {
  if (source === undefined) return Number.NaN;
  return (await wholeOf(source)).counts.reduce((sum, count) => sum + count, 0);
}

describe('generated demand of many streams', () => {
  test('zipf gives the n-th of ten thousand streams 1/n of the first, each drawn by itself', async () => {
    const streams = zipf();
    expect(streams.length).toBe(10_000);
    expect(new Set(streams.map(({ name }) => name)).size).toBe(10_000);
    const first = await totalOf(streams[0]);
    expect(first / 21_600).toBeCloseTo(510.9, 0);
    for (const rank of [10, 100, 1_000]) {
      const total = await totalOf(streams[rank - 1]);
      expect(Math.abs(total - first / rank)).toBeLessThan(4 * Math.sqrt(first / rank));
    }
    expect(await totalOf(streams[99])).toBe(await totalOf(zipf()[99]));
    expect(await totalOf(streams[99])).not.toBe(await totalOf(zipf(16)[99]));
  });

  test('onboarding begins one stream after another, from nothing to 50 a second', async () => {
    const begins: number[] = [];
    for (const source of onboarding()) {
      const { counts } = await wholeOf(source);
      begins.push(counts.findIndex((count) => count > 0));
      expect(counts.subarray(-1_000).reduce((sum, count) => sum + count, 0) / 1_000).toBeCloseTo(50, -1);
    }
    expect(begins.length).toBe(20);
    begins.slice(1).forEach((begin, stream) => {
      expect(begin - (begins[stream] ?? 0)).toBeGreaterThan(8_000);
    });
  });
});

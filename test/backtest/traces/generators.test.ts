import { describe, expect, test } from 'vitest';
import type { DemandSeconds } from '../../../backtest/traces/demand-seconds.ts';
import { batch, daily, diurnal, shift, week } from '../../../backtest/traces/generators.ts';
import { flash } from '../../../backtest/traces/surprises.ts';

const HOUR_S = 3_600;
const DAY_S = 86_400;

function meanOf({ counts }: DemandSeconds, from: number, until: number): number {
  return counts.subarray(from, until).reduce((sum, count) => sum + count, 0) / (until - from);
}

describe('generated demand', () => {
  test('is the same for a seed and another for another', () => {
    const { counts } = batch(9);
    // Compared as bytes: element by element it takes seconds.
    expect(Buffer.compare(Buffer.from(counts.buffer), Buffer.from(batch(9).counts.buffer))).toBe(0);
    expect(Buffer.compare(Buffer.from(counts.buffer), Buffer.from(batch(10).counts.buffer))).not.toBe(0);
  });

  test('waves between 5 at midnight and 1,000 at noon', () => {
    const wave = diurnal();
    expect(wave.counts.length).toBe(4 * DAY_S);
    for (const day of [0, 1, 2, 3]) {
      expect(meanOf(wave, day * DAY_S, day * DAY_S + 600)).toBeLessThan(8);
      expect(meanOf(wave, (day + 0.5) * DAY_S, (day + 0.5) * DAY_S + 600)).toBeGreaterThan(990);
    }
  });

  test('scatters like independent arrivals', () => {
    const { counts } = flash();
    const quiet = counts.subarray(0, 20_000);
    const mean = quiet.reduce((sum, count) => sum + count, 0) / quiet.length;
    const variance = quiet.reduce((sum, count) => sum + (count - mean) ** 2, 0) / quiet.length;
    expect(mean).toBeGreaterThan(99.5);
    expect(mean).toBeLessThan(100.5);
    expect(variance / mean).toBeGreaterThan(0.95);
    expect(variance / mean).toBeLessThan(1.05);
  });

  test('has a job on every hour, 60 seconds long and at most five late', () => {
    const { counts } = batch();
    for (let hour = 0; hour < 48; hour++) {
      const busy = [...counts.subarray(hour * HOUR_S, (hour + 1) * HOUR_S).keys()].filter(
        (second) => (counts[hour * HOUR_S + second] ?? 0) > 10_000,
      );
      expect(busy.length).toBe(60);
      expect(busy[0]).toBeLessThanOrEqual(5);
    }
  });

  test('moves the job by twenty minutes after three quarters', () => {
    const moved = shift();
    const [before, after] = [35 * HOUR_S, 36 * HOUR_S];
    expect(meanOf(moved, before + 10, before + 50)).toBeGreaterThan(15_000);
    expect(meanOf(moved, after, after + 1_200)).toBeLessThan(60);
    expect(meanOf(moved, after + 1_210, after + 1_250)).toBeGreaterThan(15_000);
  });

  test('has two crowds while rules warm up and one after', () => {
    const { counts } = flash();
    const crowded = (from: number, until: number): number => counts.subarray(from, until).filter((count) => count > 10_000).length;
    const warm = Math.floor(0.6 * counts.length);
    expect(crowded(0, warm)).toBe(600);
    expect(crowded(warm, counts.length)).toBe(300);
  });

  test('rests at night and at weekends', () => {
    const offices = week();
    expect(meanOf(offices, 10 * HOUR_S, 16 * HOUR_S)).toBeGreaterThan(390);
    expect(meanOf(offices, 0, 7 * HOUR_S)).toBeLessThan(6);
    expect(meanOf(offices, 5 * DAY_S, 7 * DAY_S)).toBeLessThan(6);
  });

  test('runs its nightly job at three, up to a minute late', () => {
    const nightly = daily();
    for (let day = 0; day < 14; day++) {
      const three = day * DAY_S + 3 * HOUR_S;
      expect(meanOf(nightly, three - 600, three)).toBeLessThan(60);
      expect(meanOf(nightly, three + 60, three + 600)).toBeGreaterThan(4_900);
      expect(meanOf(nightly, three + 660, three + 1_200)).toBeLessThan(60);
    }
  });
});

import { describe, expect, test } from 'vitest';
import { jitter, steady } from '../../../backtest/traces/generators.ts';
import { flash1, outage, restart } from '../../../backtest/traces/surprises.ts';

const HOUR_S = 3_600;
const WARM_SHARE = 0.6;

function sum(counts: Uint32Array, from: number, until: number): number {
  return counts.subarray(from, until).reduce((total, count) => total + count, 0);
}

/** Runs of silence: where each begins, and how long it is. */
function silences(counts: Uint32Array): [start: number, seconds: number][] {
  const runs: [number, number][] = [];
  for (let second = 0; second < counts.length; second++) {
    const last = runs.at(-1);
    if (counts[second] !== 0) continue;
    if (last !== undefined && last[0] + last[1] === second) last[1]++;
    else runs.push([second, 1]);
  }
  return runs;
}

describe('generated surprises', () => {
  test('flash1 has its first crowd after rules have warmed up', () => {
    const { counts } = flash1();
    const warm = Math.floor(WARM_SHARE * counts.length);
    expect(Math.max(...counts.subarray(0, warm))).toBeLessThan(200);
    expect(counts.subarray(warm).filter((count) => count > 10_000).length).toBe(300);
  });

  test('restart is silent for two minutes three times, then 50,000 values are taken within seconds', () => {
    const { counts } = restart();
    const found = silences(counts);
    expect(found.map(([, seconds]) => seconds)).toEqual([120, 120, 120]);
    for (const [start] of found) {
      const storm = sum(counts, start + 120, start + 150) - 30 * 200;
      expect(storm).toBeGreaterThan(50_000);
      expect(storm).toBeLessThan(65_000);
    }
    expect(found.filter(([start]) => start < WARM_SHARE * counts.length).length).toBe(2);
  });

  test('outage makes up in ten minutes for what was not asked for in twenty', () => {
    const { counts } = outage();
    const found = silences(counts).filter(([, seconds]) => seconds > 10);
    expect(found.map(([, seconds]) => seconds)).toEqual([1_200, 1_200, 1_200]);
    for (const [start] of found) expect(Math.abs(sum(counts, start, start + 1_800) / (1_800 * 300) - 1)).toBeLessThan(0.01);
  });

  test('steady stays where it is, and the jittered job comes every hour, up to ten minutes late', () => {
    const { counts } = steady();
    for (let hour = 0; hour < 48; hour++) expect(Math.abs(sum(counts, hour * HOUR_S, (hour + 1) * HOUR_S) / HOUR_S - 500)).toBeLessThan(3);
    const late = jitter();
    const starts = Array.from({ length: 48 }, (_, hour) =>
      late.counts.subarray(hour * HOUR_S, (hour + 1) * HOUR_S).findIndex((count) => count > 10_000),
    );
    expect(Math.min(...starts)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...starts)).toBeLessThanOrEqual(600);
    expect(Math.max(...starts) - Math.min(...starts)).toBeGreaterThan(400);
  });
});

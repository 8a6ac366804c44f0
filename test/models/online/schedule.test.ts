import { describe, expect, test } from 'vitest';
import { DemandHistory } from '../../../models/history/history.ts';
import { Schedule } from '../../../models/online/schedule.ts';
import { type Bin, binsOf, DAY_S, HOUR_S, hourlyJob } from '../demand.ts';

/** What was promised at the end of each bin. */
function promises(bins: readonly Bin[], horizonMs: number): number[] {
  const history = new DemandHistory();
  const schedule = new Schedule(history, horizonMs);
  return bins.map((bin) => {
    history.observe(bin.startMs, bin.demand, bin.peakPerSecond);
    schedule.observe();
    return schedule.promised();
  });
}

describe('the schedule', () => {
  test('promises an hourly job just before it starts, and nothing like it in between', () => {
    const promised = promises(hourlyJob(1), 60_000);
    const lastHour = promised.slice(-361, -1);
    expect(lastHour[0]).toBeGreaterThan(1_100_000);
    expect(lastHour[0]).toBeLessThan(1_300_000);
    expect(Math.max(...lastHour.slice(30, 320))).toBeLessThan(5_000);
  });

  test('promises the busiest second of an hourly job for a lead time of a second', () => {
    expect(promises(hourlyJob(1), 1_000).at(-361)).toBeGreaterThan(20_000);
  });

  test('promises a daily job from its third day on', () => {
    const startS = 3 * HOUR_S + 20;
    const inJob = (second: number): boolean => second % DAY_S >= startS && second % DAY_S < startS + 600;
    const promised = promises(
      binsOf(3.2 * DAY_S, (second) => (inJob(second) ? 500 : 10)),
      60_000,
    );
    const atJob = (day: number): number => promised[(day * DAY_S + 3 * HOUR_S) / 10] ?? 0;
    expect(atJob(1)).toBe(0);
    expect(atJob(2)).toBeGreaterThan(30_000);
    expect(promised[(3 * DAY_S - 6 * HOUR_S) / 10]).toBe(0);
  });

  test('takes the scatter of a quiet stream for no schedule', () => {
    const bins = binsOf(3 * DAY_S, () => 0.7);
    for (const horizonMs of [1_000, 60_000, 900_000]) expect(Math.max(...promises(bins, horizonMs))).toBe(0);
  });
});

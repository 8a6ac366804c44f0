/** Dates by hand: t days use up t means, and at a quantile z deviations of that sum more or less (z is 1.645 at a twentieth). */
import { describe, expect, test } from 'vitest';
import { exhaustionOf } from '../../core/exhaustion-dates.ts';

const DAY_MS = 86_400_000;
const END_MS = 20_000 * DAY_MS;
const HALF_CENTURY_DAYS = 18_262.5;

/** Days from the end of the history to each date, by its level. */
function daysTo(left: number, perDay: number, days: readonly number[]): Record<string, number> | undefined {
  const dates = exhaustionOf({ left }, perDay, days, END_MS);
  return dates && Object.fromEntries(dates.map(({ level, atMs }) => [level, (atMs - END_MS) / DAY_MS]));
}

const fortnights = Array.from({ length: 14 }, () => [40, 160]).flat();

describe('the dates on which values run out', () => {
  test.each<[string, number, readonly number[], Record<string, number>]>([
    // The mean may be anything: 10 = t + 1.645 √(t + t²), and the late date never comes.
    ['nothing was seen', 1_000, [], { 0.05: 3.4895, 0.5: 10 }],
    ['one day was seen', 1_000, [100], { 0.05: 3.4895, 0.5: 10 }],
    // Two days have one mean between them, whose deviation is that of a day, 14.14.
    ['two days were seen', 1_000, [90, 110], { 0.05: 8.0212, 0.5: 10, 0.95: 13.1801 }],
    // Days deviate by 61.1, and the mean of four weeks by half of that.
    ['four weeks were seen', 10_000, fortnights, { 0.05: 65.896, 0.5: 100, 0.95: 203.02 }],
    ['every day was alike', 1_000, new Array<number>(7).fill(100), { 0.05: 10, 0.5: 10, 0.95: 10 }],
  ])('lie as far apart as is known of the demand: %s', (_, left, days, expected) => {
    const found = daysTo(left, 100, days) ?? {};
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
    for (const [level, each] of Object.entries(expected)) expect((found[level] ?? 0) / each, level).toBeCloseTo(1, 3);
  });

  test('have the likely one in the middle to the millisecond, whatever the scatter', () => {
    for (const days of [[100, 100], [90, 110], []]) expect(daysTo(100 * HALF_CENTURY_DAYS, 100, days)?.[0.5]).toBe(HALF_CENTURY_DAYS);
  });

  test('are now, to the minute, where nothing is left', () => {
    for (const days of Object.values(daysTo(0, 100, [100, 100]) ?? {})) expect(days * 24 * 60).toBeLessThan(1);
  });

  test('are told up to a century, and none beyond it', () => {
    expect(Object.keys(daysTo(100 * 36_525 - 100, 100, [100, 100]) ?? {})).toHaveLength(3);
    expect(daysTo(100 * 36_525 + 100, 100, [100, 100])).toBeUndefined();
    // Of much scatter only the early one comes within a century.
    expect(Object.keys(daysTo(100 * 36_525 + 100, 100, [90, 110]) ?? {})).toEqual(['0.05']);
  });

  test('are none where nothing is asked for, whatever was asked once', () => {
    expect(daysTo(1_000, 0, [100, 0, 300, 0])).toBeUndefined();
    expect(daysTo(0, 0, [])).toBeUndefined();
    expect(daysTo(1_000, Number.NaN, [])).toBeUndefined();
  });
});

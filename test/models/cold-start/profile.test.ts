import { describe, expect, it } from 'vitest';
import {
  type DemandProfile,
  profileDemand,
  profileExpects,
  profileMeanRate,
  profileMeanSqrtRate,
} from '../../../models/cold-start/profile.ts';

const MINUTE = 60_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Monday, 2 January 2023, 00:00 UTC. */
const MONDAY = Date.UTC(2023, 0, 2);

function profile(changes: Partial<DemandProfile>): DemandProfile {
  return { pattern: 'steady', rate: 100, restShare: 0, days: [], fromMinute: 0, untilMinute: 0, utcOffsetMinutes: 0, ...changes };
}

const OFFICE = profile({ pattern: 'office-hours', days: [1, 2, 3, 4, 5], fromMinute: 8 * 60, untilMinute: 18 * 60, restShare: 0.1 });
const BATCH = profile({ pattern: 'hourly-batch', fromMinute: 0, untilMinute: 5 });
const MONTH_END = profile({ pattern: 'end-of-month', days: [1, 2, 3], fromMinute: 0, untilMinute: 1_440 });

describe('a profile', () => {
  it('that is steady expects its rate at any time', () => {
    expect(profileDemand(profile({}), MONDAY, MONDAY + HOUR)).toBe(360_000);
    expect(profileDemand(profile({}), MONDAY + 12_345, MONDAY + 12_345 + 500)).toBe(50);
  });

  it('of office hours expects its rate on working days and a share of it outside', () => {
    expect(profileDemand(OFFICE, MONDAY + 8 * HOUR, MONDAY + 18 * HOUR)).toBe(36_000 * 100);
    expect(profileDemand(OFFICE, MONDAY + 18 * HOUR, MONDAY + 19 * HOUR)).toBe(36_000);
    expect(profileDemand(OFFICE, MONDAY + 7.5 * HOUR, MONDAY + 8.5 * HOUR)).toBe(180_000 + 18_000);
    expect(profileDemand(OFFICE, MONDAY + 5 * DAY, MONDAY + 7 * DAY)).toBe(2 * 86_400 * 10);
    expect(profileDemand(OFFICE, MONDAY, MONDAY + 7 * DAY)).toBe(5 * 36_000 * 100 + (7 * 86_400 - 5 * 36_000) * 10);
  });

  it('follows the local time of its offset, over the date line too', () => {
    const east = { ...OFFICE, utcOffsetMinutes: 600, restShare: 0 };
    // Monday 08:00 there is Sunday 22:00 UTC.
    expect(profileDemand(east, MONDAY - 2 * HOUR, MONDAY - 2 * HOUR + 1_000)).toBe(100);
    expect(profileDemand(east, MONDAY - 2 * HOUR - 1_000, MONDAY - 2 * HOUR)).toBe(0);
    const west = { ...OFFICE, utcOffsetMinutes: -480, restShare: 0 };
    expect(profileDemand(west, MONDAY + 5 * DAY + HOUR, MONDAY + 5 * DAY + HOUR + 1_000)).toBe(100);
  });

  it('of an hourly batch expects it in its minutes of every hour, and may last into the next hour', () => {
    expect(profileDemand(BATCH, MONDAY, MONDAY + HOUR)).toBe(30_000);
    expect(profileDemand(BATCH, MONDAY + 5 * MINUTE, MONDAY + HOUR)).toBe(0);
    expect(profileDemand(BATCH, MONDAY + 55 * MINUTE, MONDAY + 65 * MINUTE)).toBe(30_000);
    const late = { ...BATCH, fromMinute: 58, untilMinute: 62 };
    expect(profileDemand(late, MONDAY, MONDAY + 2 * MINUTE)).toBe(12_000);
    expect(profileDemand(late, MONDAY, MONDAY + DAY)).toBe(24 * 240 * 100);
  });

  it('of the end of the month counts days from the last one, whatever the month', () => {
    const ends = [
      [2023, 0, 31],
      [2023, 1, 28],
      [2024, 1, 29],
      [2100, 1, 28],
      [2000, 1, 29],
      [2024, 3, 30],
      [2024, 11, 31],
      [1969, 6, 31],
    ] as const;
    for (const [year, month, last] of ends) {
      const at = (day: number) => profileDemand(MONTH_END, Date.UTC(year, month, day), Date.UTC(year, month, day + 1));
      expect([at(last - 3), at(last - 2), at(last), at(last + 1)], `${year}-${month + 1}`).toEqual([0, 8_640_000, 8_640_000, 0]);
    }
  });

  it('agrees with the calendar on every last day of four hundred years', () => {
    const last = { ...MONTH_END, days: [1] };
    for (let month = 0; month < 4_800; month += 7) {
      const first = Date.UTC(1970, month, 1);
      expect([profileDemand(last, first - DAY, first), profileDemand(last, first, first + DAY)], `month ${month}`).toEqual([8_640_000, 0]);
    }
  });

  it('expects of a window the most that may come before the next forecast', () => {
    expect(profileExpects(BATCH, MONDAY + 50 * MINUTE, 0, MINUTE)).toEqual({ median: 0, upper: 0 });
    expect(profileExpects(BATCH, MONDAY + 58 * MINUTE, 5 * MINUTE, MINUTE).median).toBe(6_000);
    expect(profileExpects(BATCH, MONDAY + 58 * MINUTE, MINUTE, MINUTE).median).toBe(0);
    // A window that holds two batches, if it begins with the first.
    expect(profileExpects(BATCH, MONDAY + 58 * MINUTE, 5 * MINUTE, 65 * MINUTE).median).toBe(60_000);
  });

  it('expects hardly more than a quarter above, and the scatter of chance', () => {
    expect(profileExpects(profile({}), MONDAY, 0, 1_000)).toEqual({ median: 100, upper: 155 });
    expect(profileExpects(profile({}), MONDAY, 0, 100_000)).toEqual({ median: 10_000, upper: 12_800 });
  });

  it('knows the long-run mean of its rate and of the square root of it', () => {
    expect(profileMeanRate(OFFICE)).toBeCloseTo((100 * 50 + 10 * 118) / 168, 9);
    expect(profileMeanRate(BATCH)).toBeCloseTo(100 / 12, 9);
    expect(profileMeanSqrtRate(profile({}))).toBe(10);
    expect(profileMeanSqrtRate({ ...OFFICE, restShare: 0.01 })).toBeCloseTo((10 * 50) / 168 + (1 * 118) / 168, 12);
    expect(profileMeanSqrtRate(BATCH)).toBeCloseTo(10 / 12, 12);
    expect(profileMeanSqrtRate({ ...BATCH, days: [6, 7] })).toBeCloseTo(20 / 84, 12);
    expect(profileMeanSqrtRate(MONTH_END)).toBeCloseTo(0.9856, 3);
  });
});

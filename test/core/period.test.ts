/** Periods begin and end by local dates, whatever a zone does to its clocks. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ResetPeriod } from '../../core/format/template.ts';
import { isDay, isTimeZone, type Period, periodAfter, periodEndMs, periodStartAt } from '../../core/period.ts';

const at = (text: string): number => Date.parse(text);
const period = (reset: ResetPeriod, timeZone: string, periodStart: string): Period => ({ reset, timeZone, periodStart });

describe('a period', () => {
  test.each([
    ['yearly', 'Europe/Berlin', '2026-01-01', '2026-12-31T23:00:00Z'],
    ['yearly', 'America/New_York', '2026-01-01', '2027-01-01T05:00:00Z'],
    ['yearly', 'Pacific/Kiritimati', '2026-01-01', '2026-12-31T10:00:00Z'],
    ['monthly', 'Asia/Kolkata', '2026-02-01', '2026-02-28T18:30:00Z'],
    ['monthly', 'UTC', '2028-02-01', '2028-03-01T00:00:00Z'],
    ['daily', 'Pacific/Pago_Pago', '2026-02-28', '2026-03-01T11:00:00Z'],
    ['daily', 'Pacific/Chatham', '2026-12-31', '2026-12-31T10:15:00Z'],
    // Clocks are set forward at midnight in Beirut: the day begins at 01:00.
    ['daily', 'Asia/Beirut', '2022-03-26', '2022-03-26T22:00:00Z'],
    // They are set back at midnight in São Paulo: 23:00 comes twice, midnight once.
    ['daily', 'America/Sao_Paulo', '2018-02-17', '2018-02-18T03:00:00Z'],
    // Samoa had no 30th: after the 29th came the 31st.
    ['daily', 'Pacific/Apia', '2011-12-29', '2011-12-30T10:00:00Z'],
    // The day on which clocks are set back has 25 hours, in summer the offset is another.
    ['daily', 'Europe/Berlin', '2026-10-25', '2026-10-25T23:00:00Z'],
    ['daily', 'Europe/Berlin', '2026-10-24', '2026-10-24T22:00:00Z'],
  ] as const)('of a %s reset in %s that begins on %s is over at %s, not a millisecond earlier', (reset, zone, start, end) => {
    const it = period(reset, zone, start);
    expect(new Date(periodEndMs(it)).toISOString()).toBe(new Date(at(end)).toISOString());
    expect(periodAfter(it, at(end) - 1)).toBeUndefined();
    expect(periodStartAt(at(end) - 1, reset, zone)).toBe(start);
    expect(periodAfter(it, at(end))).toBe(periodStartAt(at(end), reset, zone));
  });

  test('is followed by the one that it is now, however many nobody was there for', () => {
    expect(periodAfter(period('daily', 'Europe/Berlin', '2026-03-28'), at('2026-03-31T12:00:00Z'))).toBe('2026-03-31');
    expect(periodAfter(period('monthly', 'Asia/Tokyo', '2025-12-01'), at('2026-02-28T14:59:59Z'))).toBe('2026-02-01');
    expect(periodAfter(period('yearly', 'UTC', '2023-01-01'), at('2026-07-01T00:00:00Z'))).toBe('2026-01-01');
  });

  test('does not come back in the hour that is lived twice, although its date does', () => {
    // Clocks in Goose Bay were set back a minute after midnight, to 23:01 of the day before.
    const day = period('daily', 'America/Goose_Bay', '2010-11-06');
    expect([periodAfter(day, at('2010-11-07T02:59:59Z')), periodAfter(day, at('2010-11-07T03:00:00Z'))]).toEqual([undefined, '2010-11-07']);
    expect(periodStartAt(at('2010-11-07T03:30:00Z'), 'daily', 'America/Goose_Bay')).toBe('2010-11-06');
    expect(periodAfter(day, at('2010-11-07T03:30:00Z'))).toBe('2010-11-07');
  });

  test('that was never begun is over', () => {
    for (const [reset, now] of [
      ['daily', '2026-07-04'],
      ['monthly', '2026-07-01'],
      ['yearly', '2026-01-01'],
    ] as const) {
      expect(periodAfter(period(reset, 'UTC', ''), at('2026-07-04T12:00:00Z'))).toBe(now);
      expect(periodEndMs(period(reset, 'UTC', ''))).toBeLessThan(0);
    }
  });

  test('never ends without resets', () => {
    expect(periodEndMs(period('none', '', ''))).toBe(Number.POSITIVE_INFINITY);
    expect(periodAfter(period('none', '', ''), 8.64e15)).toBeUndefined();
    expect(periodStartAt(0, 'none', '')).toBe('');
  });

  test('holds every instant up to its end, and the next one begins there: for any zone, reset and time', () => {
    const zones = ['Europe/Berlin', 'America/St_Johns', 'America/Los_Angeles', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Apia'];
    const resets = ['daily', 'monthly', 'yearly'] as const;
    const times = fc.integer({ min: at('2012-01-01T00:00:00Z'), max: at('2060-01-01T00:00:00Z') });
    fc.assert(
      fc.property(times, fc.constantFrom(...zones), fc.constantFrom(...resets), (nowMs, zone, reset) => {
        const now = period(reset, zone, periodStartAt(nowMs, reset, zone));
        const endMs = periodEndMs(now);
        expect(endMs).toBeGreaterThan(nowMs);
        expect(isDay(now.periodStart)).toBe(true);
        const next = periodAfter(now, endMs) ?? '';
        expect(next > now.periodStart).toBe(true);
        expect(periodEndMs(period(reset, zone, next))).toBeGreaterThan(endMs);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a time zone', () => {
  test('is known by its name, and is no offset', () => {
    expect(['Europe/Berlin', 'UTC', 'America/Argentina/Ushuaia', 'Etc/GMT+5'].map(isTimeZone)).toEqual([true, true, true, true]);
    expect(['', '+01:00', 'Mars/Olympus', 'Europe/Berlin; drop', 'x'.repeat(100)].map(isTimeZone)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('a day', () => {
  test('is none beyond the end of its month', () => {
    const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    for (const [index, length] of lengths.entries()) {
      const month = `2026-${String(index + 1).padStart(2, '0')}`;
      expect([isDay(`${month}-${length}`), isDay(`${month}-${length + 1}`)], month).toEqual([true, false]);
      const last = period('daily', 'UTC', `${month}-${length}`);
      expect(new Date(periodEndMs(last)).getUTCDate(), month).toBe(1);
    }
    expect(['x2026-01-01', '2026-01-01x', '02026-01-01', '2026-00-10', '2026-01-00'].map(isDay)).toEqual(new Array(5).fill(false));
  });

  test('is one of the calendar', () => {
    expect(['2026-02-28', '2028-02-29', '2000-02-29'].map(isDay)).toEqual([true, true, true]);
    expect(['2026-02-29', '2100-02-29', '2026-04-31', '2026-13-01', '2026-1-1', ''].map(isDay)).toEqual([
      false,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

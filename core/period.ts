/**
 * Periods after which the values of a sequence begin again: days, months or years of a time zone. A period is named by its first day
 * there, and is over at the first instant of a later one; a clock that is set back at midnight does not bring it back.
 *
 * The ledger never looks at a clock or a time zone: it only holds the first day. Who serves or resets does, each by its own.
 */
import type { ResetPeriod } from './format/template.ts';

export interface Period {
  readonly reset: ResetPeriod;
  /** IANA name, such as `Europe/Berlin`. */
  readonly timeZone: string;
  /** First day of the period, `YYYY-MM-DD`; empty without resets. */
  readonly periodStart: string;
}

interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** IANA names begin with a letter; what looks like an offset knows no daylight saving time and is no zone. */
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+/-]{0,62}$/;
const DAY_TEXT = /^([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/;
/** Local midnight lies within 14 hours of that of UTC; a zone that skips a day over the date line stays within this, too. */
const ZONE_SPAN_MS = 48 * 3_600_000;
const MONTHS = 12;

export function isTimeZone(name: string): boolean {
  if (!ZONE_NAME.test(name)) return false;
  try {
    return calendarOf(name) !== undefined;
  } catch {
    return false;
  }
}

export function isDay(text: string): boolean {
  const day = dayOf(text);
  return day !== undefined && day.day <= daysIn(day.year, day.month);
}

/** First day of the period that an instant lies in; empty without resets. */
export function periodStartAt(atMs: number, reset: ResetPeriod, timeZone: string): string {
  if (reset === 'none') return '';
  const { year, month, day } = localDay(atMs, timeZone);
  return textOf({ year, month: reset === 'yearly' ? 1 : month, day: reset === 'daily' ? day : 1 });
}

const ends = new WeakMap<Period, number>();

/** When the period is over, in milliseconds since the epoch; never without resets. Kept by object: definitions live as long as they serve. */
export function periodEndMs(period: Period): number {
  if (period.reset === 'none') return Number.POSITIVE_INFINITY;
  let endMs = ends.get(period);
  if (endMs === undefined) {
    endMs = firstInstantOf(nextStart(period), period.timeZone);
    ends.set(period, endMs);
  }
  return endMs;
}

/** The period that follows at this time, several later where nobody was there to begin those between; undefined while it is not over. */
export function periodAfter(period: Period, nowMs: number): string | undefined {
  if (nowMs < periodEndMs(period)) return undefined;
  const next = nextStart(period);
  const now = periodStartAt(nowMs, period.reset, period.timeZone);
  // In the hour that is lived twice the date may be the old one again.
  return now > next ? now : next;
}

function nextStart({ reset, periodStart }: Period): string {
  const { year, month, day } = dayOf(periodStart) ?? { year: 0, month: 1, day: 1 };
  if (reset === 'daily' && day < daysIn(year, month)) return textOf({ year, month, day: day + 1 });
  if (reset !== 'yearly' && month < MONTHS) return textOf({ year, month: month + 1, day: 1 });
  return textOf({ year: year + 1, month: 1, day: 1 });
}

/** The first instant whose local date is not before this day: midnight, or where the clock is set forward then, what comes instead. */
function firstInstantOf(start: string, timeZone: string): number {
  const { year, month, day } = dayOf(start) as Day;
  const midnightUtcMs = Date.UTC(year, month - 1, day);
  let before = midnightUtcMs - ZONE_SPAN_MS;
  let after = midnightUtcMs + ZONE_SPAN_MS;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (textOf(localDay(middle, timeZone)) < start) before = middle;
    else after = middle;
  }
  return after;
}

function localDay(atMs: number, timeZone: string): Day {
  const day = { year: 0, month: 0, day: 0 };
  for (const { type, value } of calendarOf(timeZone).formatToParts(atMs)) {
    if (type === 'year' || type === 'month' || type === 'day') day[type] = Number(value);
  }
  return day;
}

const calendars = new Map<string, Intl.DateTimeFormat>();

/** There are a few hundred zones, and making a calendar costs a thousand times what using it does. */
function calendarOf(timeZone: string): Intl.DateTimeFormat {
  let calendar = calendars.get(timeZone);
  if (calendar === undefined) {
    calendar = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', { timeZone, year: 'numeric', month: 'numeric', day: 'numeric' });
    calendars.set(timeZone, calendar);
  }
  return calendar;
}

export function dayOf(text: string): Day | undefined {
  const [, year, month, day] = DAY_TEXT.exec(text) ?? [];
  return year === undefined ? undefined : { year: Number(year), month: Number(month), day: Number(day) };
}

function textOf({ year, month, day }: Day): string {
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/**
 * What a client profile expects of a stream: a pattern (steady, office hours, an hourly batch, the end of the month), the rate while it
 * is active and the share of that outside. Pure: a profile and a window give a demand.
 *
 * Local time is UTC and a fixed offset: a day that is an hour shorter costs a profile one wrong hour, and a table of time zones that
 * changes with the platform would cost the replay its bytes.
 */

export interface DemandProfile {
  readonly pattern: 'steady' | 'office-hours' | 'hourly-batch' | 'end-of-month';
  /** Values per second while active, and the share of it outside. */
  readonly rate: number;
  readonly restShare: number;
  /** Weekdays from 1 (Monday) to 7; of `end-of-month` days counted from the last, 1. Empty: every day. */
  readonly days: readonly number[];
  /** Active `[from, until)`: minutes of the local day, of `hourly-batch` of the hour. May end in the next day or hour, not later. */
  readonly fromMinute: number;
  readonly untilMinute: number;
  readonly utcOffsetMinutes: number;
}

/** Demand that is expected of a window, and what it will hardly exceed. */
export interface ExpectedDemand {
  readonly median: number;
  readonly upper: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** 1 January 1970 was a Thursday: day 0 is weekday 4. */
const EPOCH_WEEKDAY = 4;
const DAYS_PER_MONTH = 30.436875;
/** Days of the 400 years after which the calendar repeats. */
const DAYS_PER_ERA = 146_097;
/** People estimate; a quarter above is what is hardly exceeded, as of a remembered peak. */
const MARGIN = 1.25;
/** Standard deviations of requests that come by chance. */
const SCATTER = 3;

/** Demand of `[fromMs, untilMs)`. */
export function profileDemand(profile: DemandProfile, fromMs: number, untilMs: number): number {
  const activeMs = activeWithin(profile, fromMs, untilMs);
  const restMs = untilMs - fromMs - activeMs;
  return (profile.rate * (activeMs + profile.restShare * restMs)) / 1_000;
}

/** The most that a window of that length asks for, beginning within `[fromMs, fromMs + aheadMs]`: nothing is forecast in between. */
export function profileExpects(profile: DemandProfile, fromMs: number, aheadMs: number, horizonMs: number): ExpectedDemand {
  let median = 0;
  // What a window holds grows until it begins with an active span; only the ends and those beginnings can be the largest.
  for (const start of [fromMs, fromMs + aheadMs, ...beginnings(profile, fromMs, fromMs + aheadMs)]) {
    median = Math.max(median, profileDemand(profile, start, start + horizonMs));
  }
  return { median, upper: MARGIN * median + SCATTER * Math.sqrt(median) };
}

/** Long-run mean of the square root of the rate: what the order size by cost asks for. */
export function profileMeanSqrtRate(profile: DemandProfile): number {
  const share = activeShare(profile);
  return Math.sqrt(profile.rate) * (share + (1 - share) * Math.sqrt(profile.restShare));
}

/** Long-run mean of the rate. */
export function profileMeanRate(profile: DemandProfile): number {
  const share = activeShare(profile);
  return profile.rate * (share + (1 - share) * profile.restShare);
}

function activeShare({ pattern, days, fromMinute, untilMinute }: DemandProfile): number {
  switch (pattern) {
    case 'steady':
      return 1;
    case 'hourly-batch':
      return ((untilMinute - fromMinute) / 60) * (days.length === 0 ? 1 : days.length / 7);
    case 'office-hours':
      return ((untilMinute - fromMinute) / 1_440) * (days.length === 0 ? 1 : days.length / 7);
    case 'end-of-month':
      return ((untilMinute - fromMinute) / 1_440) * (days.length === 0 ? 1 : days.length / DAYS_PER_MONTH);
  }
}

function activeWithin(profile: DemandProfile, fromMs: number, untilMs: number): number {
  if (profile.pattern === 'steady') return Math.max(0, untilMs - fromMs);
  let activeMs = 0;
  for (const [start, end] of activeSpans(profile, fromMs, untilMs)) {
    activeMs += Math.max(0, Math.min(end, untilMs) - Math.max(start, fromMs));
  }
  return activeMs;
}

function beginnings(profile: DemandProfile, fromMs: number, untilMs: number): number[] {
  if (profile.pattern === 'steady') return [];
  return activeSpans(profile, fromMs, untilMs)
    .map(([start]) => start)
    .filter((start) => start > fromMs && start < untilMs);
}

/** Active spans, in UTC, that may touch `[fromMs, untilMs]`. */
function activeSpans(profile: DemandProfile, fromMs: number, untilMs: number): (readonly [number, number])[] {
  const { pattern, fromMinute, untilMinute } = profile;
  const offsetMs = profile.utcOffsetMinutes * MINUTE_MS;
  const cycleMs = pattern === 'hourly-batch' ? HOUR_MS : DAY_MS;
  const spans: (readonly [number, number])[] = [];
  const last = Math.floor((untilMs + offsetMs) / cycleMs);
  // One earlier: a span may last into the next day or hour.
  for (let cycle = Math.floor((fromMs + offsetMs) / cycleMs) - 1; cycle <= last; cycle++) {
    if (!isActiveDay(profile, Math.floor((cycle * cycleMs) / DAY_MS))) continue;
    const startMs = cycle * cycleMs - offsetMs;
    spans.push([startMs + fromMinute * MINUTE_MS, startMs + untilMinute * MINUTE_MS]);
  }
  return spans;
}

/** `day` counts local days since the epoch. */
function isActiveDay({ pattern, days }: DemandProfile, day: number): boolean {
  if (days.length === 0) return true;
  return days.includes(pattern === 'end-of-month' ? fromMonthEnd(day) : weekdayOf(day));
}

function weekdayOf(day: number): number {
  return ((((day + EPOCH_WEEKDAY - 1) % 7) + 7) % 7) + 1;
}

/** 1 for the last day of a month, 2 for the one before. Years begin in March, so that February with its leap day is the last month. */
function fromMonthEnd(day: number): number {
  const sinceMarch0 = day + 719_468;
  const era = Math.floor(sinceMarch0 / DAYS_PER_ERA);
  const ofEra = sinceMarch0 - era * DAYS_PER_ERA;
  const year = Math.floor((ofEra - Math.floor(ofEra / 1_460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365);
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const month = Math.floor((5 * ofYear + 2) / 153);
  const next = year + 1;
  const isLeap = next % 4 === 0 && (next % 100 !== 0 || next % 400 === 0);
  // Months of 31 and 30 days alternate so that a month begins at this day of the year; the last one ends with the year.
  const nextBegins = month === 11 ? (isLeap ? 366 : 365) : Math.floor((153 * (month + 1) + 2) / 5);
  return nextBegins - ofYear;
}

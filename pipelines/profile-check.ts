/** Whether a profile makes sense: asked by whoever sets one, and by the fold, which takes nothing from a log on trust. */
import { DECLARED_RATE_MAX, NAME_PATTERN } from '../core/limits.ts';
import type { ProfileSet } from '../schemas/messages.ts';

/** UTC-12 to UTC+14. */
const OFFSET_MINUTES_MIN = -720;
const OFFSET_MINUTES_MAX = 840;
const DAY_MINUTES = 1_440;
const HOUR_MINUTES = 60;
const WEEKDAY_MAX = 7;
const MONTH_DAY_MAX = 31;

/** What is wrong with it, or undefined. */
export function profileMisfit(profile: ProfileSet): string | undefined {
  const { clientType, service, sequence, pattern, rate, restShare, utcOffsetMinutes } = profile;
  for (const name of [clientType, ...[service, sequence].filter((each) => each !== '')]) {
    if (!NAME_PATTERN.test(name)) return `${JSON.stringify(name.slice(0, 80))} is not a name`;
  }
  if (pattern === 'none') return undefined;
  if (!(rate > 0 && rate <= DECLARED_RATE_MAX)) return `rate is ${rate}: say values per second above 0, at most ${DECLARED_RATE_MAX}`;
  if (!(restShare >= 0 && restShare <= 1)) return `restShare is ${restShare}: say a share from 0 to 1`;
  if (!isWithin(utcOffsetMinutes, OFFSET_MINUTES_MIN, OFFSET_MINUTES_MAX)) {
    return `utcOffsetMinutes is ${utcOffsetMinutes}: say whole minutes from ${OFFSET_MINUTES_MIN} to ${OFFSET_MINUTES_MAX}`;
  }
  return pattern === 'steady' ? undefined : spanMisfit(profile);
}

function spanMisfit({ pattern, days, fromMinute, untilMinute }: ProfileSet): string | undefined {
  const cycle = pattern === 'hourly-batch' ? HOUR_MINUTES : DAY_MINUTES;
  if (!isWithin(fromMinute, 0, cycle - 1)) return `fromMinute is ${fromMinute}: say a whole minute from 0 to ${cycle - 1}`;
  if (!isWithin(untilMinute, fromMinute + 1, fromMinute + cycle)) {
    return `untilMinute is ${untilMinute}: say a whole minute after fromMinute, at most ${cycle} later`;
  }
  const dayMax = pattern === 'end-of-month' ? MONTH_DAY_MAX : WEEKDAY_MAX;
  if (days.some((day) => !isWithin(day, 1, dayMax)))
    return `days are ${days.slice(0, MONTH_DAY_MAX).join(', ')}: say whole numbers from 1 to ${dayMax}`;
  return new Set(days).size < days.length ? 'days are named more than once' : undefined;
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

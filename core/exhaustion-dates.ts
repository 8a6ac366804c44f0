/**
 * When a value space runs out: the days that the rest of it lasts at the demand that was seen, with quantiles that hold both the scatter
 * of days and how little a short history says about their mean. Growth that a history does not show is not foreseen.
 */
import { normalQuantile } from './sizing/reserve.ts';

export interface ValueSpace {
  /** Values that are left, at the end of the history. */
  readonly left: number;
}

export interface Exhaustion {
  readonly level: number;
  readonly atMs: number;
}

/** The early date that planning should keep to, the likely one, and the late one. */
const LEVELS = [0.05, 0.5, 0.95] as const;
const DAY_MS = 86_400_000;
const CENTURY_DAYS = 36_525;
/** Of one day nothing is known about the scatter: as much as the mean itself, which is what independent bursts have. */
const SCATTER_OF_ONE_DAY = 1;
/** Halvings of a century: exact to a minute. */
const HALVINGS = 26;

/** Undefined where it lasts longer than a century, or nothing is asked for. */
export function exhaustionOf(space: ValueSpace, perDay: number, days: readonly number[], endMs: number): Exhaustion[] | undefined {
  if (!(perDay > 0)) return undefined;
  const spread = spreadOf(perDay, days);
  const dates = LEVELS.map((level) => ({ level, days: daysUntil(space.left, perDay, spread, level) }));
  if (dates.every((each) => each.days >= CENTURY_DAYS)) return undefined;
  return dates
    .filter((each) => each.days < CENTURY_DAYS)
    .map(({ level, days: left }) => ({ level, atMs: Math.round(endMs + left * DAY_MS) }));
}

interface Spread {
  /** Standard deviation of a day's demand, and of the mean of the days that were seen. */
  readonly day: number;
  readonly mean: number;
}

function spreadOf(perDay: number, days: readonly number[]): Spread {
  if (days.length < 2) return { day: SCATTER_OF_ONE_DAY * perDay, mean: SCATTER_OF_ONE_DAY * perDay };
  const mean = days.reduce((sum, each) => sum + each, 0) / days.length;
  const variance = days.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (days.length - 1);
  // Weekdays follow each other: days count as fewer than they are. A week has one mean.
  const independent = Math.max(1, days.length / 7);
  return { day: Math.sqrt(variance), mean: Math.sqrt(variance / independent) };
}

/**
 * The first day by which `left` is used up with this probability, a century where that is later: demand of t days is normal around t
 * times the mean.
 */
function daysUntil(left: number, perDay: number, spread: Spread, level: number): number {
  // Below the median the demand is taken at its high quantile: the early date is that of much demand.
  const z = level === 0.5 ? 0 : level < 0.5 ? normalQuantile(1 - level) : -normalQuantile(level);
  const used = (days: number): number => perDay * days + z * Math.sqrt(spread.day ** 2 * days + spread.mean ** 2 * days * days);
  let early = 0;
  let late = CENTURY_DAYS;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (early + late) / 2;
    if (used(middle) >= left) late = middle;
    else early = middle;
  }
  return late;
}

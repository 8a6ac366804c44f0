/**
 * What an allocator believes of what it is told: a forecast only moves time and size, whoever made it. What is not a number counts as 0,
 * what is absurd as the most that is plausible; so a forecaster that has gone wrong takes about 2^37 of the 2^53 ordinals of a sequence for a
 * stream, and less of a small one (core/sizing/share.ts).
 */
import type { Forecast } from '../schemas/messages.ts';

/** A billion values a second: a thousand times what whole installations are planned for. */
export const RATE_MAX = 2 ** 30;
/** A minute of that, or most of a day of a million values a second. */
export const AMOUNT_MAX = 2 ** 36;
/** Nobody waits an hour for an allocation. */
export const LEAD_TIME_MS_MAX = 3_600_000;

export function plausible(forecast: Forecast): Forecast {
  const { rate, meanSqrtRate, requestSize, leadTimeMs, horizons } = forecast;
  return {
    ...forecast,
    rate: upTo(RATE_MAX, rate),
    // The mean of square roots is no larger than the square root of the largest.
    meanSqrtRate: upTo(Math.sqrt(RATE_MAX), meanSqrtRate),
    requestSize: upTo(AMOUNT_MAX, requestSize),
    leadTimeMs: upTo(LEAD_TIME_MS_MAX, leadTimeMs),
    horizons: horizons.map(({ horizonMs, median, upper, cap, insured }) => ({
      horizonMs: upTo(Number.MAX_SAFE_INTEGER, horizonMs),
      median: upTo(AMOUNT_MAX, median),
      upper: upTo(AMOUNT_MAX, upper),
      cap: upTo(AMOUNT_MAX, cap),
      insured: upTo(AMOUNT_MAX, insured),
    })),
  };
}

/** What was reported, as far as it is plausible. */
export function upTo(most: number, reported: number): number {
  return reported > 0 ? Math.min(reported, most) : 0;
}

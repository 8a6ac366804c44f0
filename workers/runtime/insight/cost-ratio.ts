/**
 * What an idle value costs against an allocation, as one number: 1 is what the rule takes for granted (`burnCost: none`), `low` is 16 and
 * `high` is 256. The order size follows the inverse of its square root, and with it the allocations an hour (docs/how-it-works/sizing.md).
 *
 * What a stall costs is no part of it: the reserve aims at a share of requests, whatever one is worth, and most of it is remembered peaks.
 */
import type { BurnCost } from '../../../core/sequence.ts';
import { ALLOCATIONS_PER_HOUR, allocationsPerHour } from '../../../core/sizing/order-size.ts';

/** From two allocations an hour to one in two seconds: beyond them nothing is learnt, and a replay takes too long. */
export const COST_RATIO_MIN = 2 ** -10;
export const COST_RATIO_MAX = 2 ** 10;

const SECONDS_PER_HOUR = 3_600;

export function costRatioOf(burnCost: BurnCost): number {
  return (allocationsPerHour(burnCost) / ALLOCATIONS_PER_HOUR) ** 2;
}

export function allocationsPerHourAt(costRatio: number): number {
  return ALLOCATIONS_PER_HOUR * Math.sqrt(costRatio);
}

/**
 * So many values that lie idle for an hour cost as much as one allocation, for a stream of that mean square root of its rate: the
 * economic order quantity read backwards.
 */
export function idleValueHours(costRatio: number, meanSqrtRate: number): number {
  const atOneValue = (SECONDS_PER_HOUR / allocationsPerHourAt(costRatio)) * meanSqrtRate;
  return atOneValue ** 2 / (2 * SECONDS_PER_HOUR);
}

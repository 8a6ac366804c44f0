/**
 * How telephone numbers are given out in North America (thousands-block pooling): a carrier gets more when its months to exhaust fall
 * below six, and may hold six months of what its growth is projected to need. Growth is half of the relative change over twelve
 * months, at most 15 %; numbers come by the thousand.
 *
 * A month is taken to be ten seconds here, so that a holder orders about as often as others do.
 */
import type { Policy } from '../harness/policy.ts';
import { positionOf } from './reorder-point.ts';

const MONTH_S = 10;
const TARGET_MONTHS = 6;
const HORIZON_MONTHS = 6;
const CHANGE_MONTHS = 12;
const CHANGE_SHARE = 0.5;
const GROWTH_MAX = 0.15;
const BLOCK = 1_000;
/** Utilization is reported each half year. */
const RATE_SPAN_S = 6 * MONTH_S;

export function monthsToExhaust(monthS = MONTH_S): Policy {
  const yearS = CHANGE_MONTHS * monthS;
  /** Rates of the last year, second by second. */
  const rates = new Float64Array(yearS);
  let seconds = 0;
  let rate = 0;
  let allowed = 0;
  let target = 0;
  let onOrder = 0;
  return {
    name: 'months to exhaust',
    lostAfterS: Number.POSITIVE_INFINITY,
    returnsAtStop: true,
    get alertAt() {
      return Math.ceil(target) - 1 - onOrder;
    },
    order(view) {
      const position = positionOf(view);
      // A lone caller is served before there is a rate to go by.
      if (position >= target && position >= 0) return 0;
      const count = BLOCK * Math.max(1, Math.ceil((allowed - position) / BLOCK));
      onOrder += count;
      return count;
    },
    delivered(count) {
      onOrder -= count;
    },
    secondEnded(demand) {
      seconds++;
      rate += (demand - rate) / Math.min(seconds, RATE_SPAN_S);
      const yearAgo = seconds > yearS ? (rates[seconds % yearS] ?? 0) : rate;
      rates[seconds % yearS] = rate;
      const change = yearAgo > 0 ? (CHANGE_SHARE * (rate - yearAgo)) / yearAgo : 0;
      target = rate * TARGET_MONTHS * monthS;
      allowed = rate * HORIZON_MONTHS * monthS * (1 + Math.max(0, Math.min(change, GROWTH_MAX)));
      return 0;
    },
  };
}

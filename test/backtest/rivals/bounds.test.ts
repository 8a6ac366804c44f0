import { describe, expect, test } from 'vitest';
import { fixedLeadTime } from '../../../backtest/harness/lead-times.ts';
import type { Policy } from '../../../backtest/harness/policy.ts';
import { replayStream } from '../../../backtest/harness/replay.ts';
import type { StreamResult } from '../../../backtest/harness/result.ts';
import { foresight } from '../../../backtest/rivals/foresight.ts';
import { cheapestOrders, wagnerWhitin } from '../../../backtest/rivals/wagner-whitin.ts';
import { arrivals } from '../../../backtest/traces/demand-seconds.ts';
import { seededRng } from '../../../core/rng.ts';

const HOUR_S = 3_600;
/** Two hours at 20 a second with a burst in the middle of each. */
const bursty = arrivals(2 * HOUR_S, (second) => (second % HOUR_S > 1_800 && second % HOUR_S < 1_860 ? 500 : 20), seededRng(1));

function replayed(policy: Policy, leadTimeS: number, rideThroughS = 0): StreamResult {
  const demand = { name: 'bursty', startMs: 0, counts: bursty, seasonal: true };
  const outagesS = rideThroughS > 0 ? [rideThroughS] : [];
  return replayStream(policy, demand, { leadTimes: fixedLeadTime(leadTimeS), rideThroughS, outagesS, countFromS: HOUR_S });
}

describe('foresight', () => {
  test.each([0.01, 0.5, 5])('never stalls at a lead time of %d s, with an order a minute and half a minute of demand', (leadTimeS) => {
    const result = replayed(foresight(bursty, { leadTimeS }), leadTimeS);
    expect(result.stalled).toBe(0);
    // The last order of all is for nothing.
    expect(result.orders).toBe(59);
    // Half a minute at 28 a second in the mean, and up to a second of lead time rounded up.
    expect(result.meanIdle).toBeGreaterThan(800);
    expect(result.meanIdle).toBeLessThan(920);
  });

  test('survives every outage as long as the ride-through, and not much longer ones', () => {
    const result = replayed(foresight(bursty, { leadTimeS: 0.5, rideThroughS: 60 }), 0.5, 60);
    expect(result.outages[0]?.survived).toBe(result.outages[0]?.asked);
    expect(result.outages[0]?.asked).toBeGreaterThan(50);
    const longer = replayed(foresight(bursty, { leadTimeS: 0.5, rideThroughS: 60 }), 0.5, 180);
    expect(longer.outages[0]?.survived).toBe(0);
  });
});

describe('the optimum of Wagner and Whitin', () => {
  test.each([0.01, 0.5, 5])('never stalls at a lead time of %d s, and holds less than foresight with as many orders', (leadTimeS) => {
    const best = replayed(wagnerWhitin(bursty, { leadTimeS }), leadTimeS);
    expect(best.stalled).toBe(0);
    expect(best.meanIdle).toBeLessThan(0.85 * replayed(foresight(bursty, { leadTimeS }), leadTimeS).meanIdle);
    const orders = cheapestOrders(bursty, 60);
    expect(orders.length).toBeLessThanOrEqual(120);
    expect(orders.length).toBeGreaterThan(115);
    expect(orders.reduce((sum, { count }) => sum + count, 0)).toBe(bursty.reduce((sum, count) => sum + count, 0));
  });

  test('is what trying every plan finds', () => {
    const rng = seededRng(3);
    for (let round = 0; round < 40; round++) {
      const counts = Uint32Array.from({ length: 11 }, () => Math.floor(rng.next() * 4) * Math.floor(rng.next() * 20));
      // 11 seconds at 3 orders in them.
      const plan = cheapestOrders(counts, (3 * HOUR_S) / counts.length);
      expect(
        held(
          counts,
          plan.map(({ second }) => second),
        ),
      ).toBe(leastHeld(counts, plan.length));
    }
  });

  test('of nothing is nothing', () => {
    expect(cheapestOrders(new Uint32Array(100), 60)).toEqual([]);
  });
});

/** Value-seconds from the last order before each value to its second. */
function held(counts: Uint32Array, seconds: readonly number[]): number {
  return counts.reduce((sum, count, second) => {
    if (count === 0) return sum;
    const ordered = seconds.filter((each) => each <= second).at(-1);
    return ordered === undefined ? Number.POSITIVE_INFINITY : sum + count * (second - ordered);
  }, 0);
}

function leastHeld(counts: Uint32Array, orders: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let set = 0; set < 1 << counts.length; set++) {
    const seconds = [...counts.keys()].filter((second) => (set >> second) & 1);
    if (seconds.length === orders) least = Math.min(least, held(counts, seconds));
  }
  return least;
}

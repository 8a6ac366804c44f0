import { describe, expect, test } from 'vitest';
import { fixedLeadTime } from '../../../backtest/harness/lead-times.ts';
import { replayStream } from '../../../backtest/harness/replay.ts';
import { operationsPerHour, survivedPercent } from '../../../backtest/harness/result.ts';
import { leaf } from '../../../backtest/rivals/leaf.ts';
import { staticStep } from '../../../backtest/rivals/static-step.ts';
import { largestDemand, tunedOrderQuantity, tunedStaticStep } from '../../../backtest/rivals/tuned.ts';
import { arrivals } from '../../../backtest/traces/demand-seconds.ts';
import { seededRng } from '../../../core/rng.ts';
import { StockDriver } from './stock-driver.ts';

const training = arrivals(6 * 3_600, (second) => (second % 3_600 < 30 ? 2_000 : 20), seededRng(2));
const leadTimes = fixedLeadTime(5);

test('the largest demand is that of the busiest window, and of a part of a second what thinning leaves of the busiest one', () => {
  const counts = Uint32Array.of(1, 5, 0, 7, 100, 2, 50);
  expect(largestDemand(counts, 1)).toBe(100);
  expect(largestDemand(counts, 3)).toBe(152);
  // 50 in the mean and 3.09 standard deviations of 5.
  expect(largestDemand(counts, 0.5)).toBeCloseTo(65.45, 1);
  expect(largestDemand(counts, 2.5)).toBeCloseTo(107 + 65.45, 1);
});

test('the tuned (s,Q) covers the largest demand of a lead time, or of a ride-through and two, and a minute of the mean', () => {
  const counts = new Uint32Array(600).fill(3);
  counts[300] = 603;
  const atRest = tunedOrderQuantity({ training: counts, leadTimes, rideThroughS: 0 });
  expect(atRest.reorderPoint).toBe(615);
  expect(new StockDriver(atRest).ordersAt(0, 615)).toBe(240);
  expect(tunedOrderQuantity({ training: counts, leadTimes, rideThroughS: 60 }).reorderPoint).toBe(810);
});

describe('the tuned static step', () => {
  const replayed = (step: number, outagesS: number[] = []) => {
    const demand = { name: 'training', startMs: 0, counts: training, seasonal: true };
    return replayStream(staticStep(step), demand, { leadTimes, rideThroughS: 0, outagesS, countFromS: 2_700 });
  };
  const stepOf = (rideThroughS: number) => {
    const name = tunedStaticStep({ training, leadTimes, rideThroughS }).name;
    return Number(/tuned static step (\d+) at 20 %/.exec(name)?.[1]);
  };

  test('stalls no more than Leaf on the training part, and three hundredths less would', () => {
    const step = stepOf(0);
    const leafs = replayStream(
      leaf(),
      { name: 'training', startMs: 0, counts: training, seasonal: true },
      {
        leadTimes,
        rideThroughS: 0,
        outagesS: [],
        countFromS: 2_700,
      },
    );
    const allowed = leafs.stalled - leafs.stalledAtFirst;
    const enough = replayed(step);
    expect(enough.stalled - enough.stalledAtFirst).toBeLessThanOrEqual(allowed);
    expect(operationsPerHour(enough)).toBeLessThanOrEqual(60);
    const less = replayed(Math.floor(step * 0.97));
    expect(less.stalled - less.stalledAtFirst > allowed || operationsPerHour(less) > 60).toBe(true);
    expect(stepOf(0)).toBe(step);
  });

  test('survives the ride-through where one is set', () => {
    const outage = replayed(stepOf(300), [300]).outages[0];
    expect(outage === undefined ? 0 : survivedPercent(outage)).toBeGreaterThanOrEqual(99.9);
  });
});

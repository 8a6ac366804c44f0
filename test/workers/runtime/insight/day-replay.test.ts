/** A day under several cost ratios: what it costs, and that it agrees with the backtest's own loop over the same seconds. */
import { describe, expect, test } from 'vitest';
import { replayStream } from '../../../../backtest/harness/replay.ts';
import { seqcastRule } from '../../../../backtest/policies/seqcast-rule.ts';
import { type DayQuestion, DayReplay } from '../../../../workers/runtime/insight/day-replay.ts';
import { demandSeconds, SplitSecond } from '../../../../workers/runtime/insight/demand-seconds.ts';

const MINUTES = 180;
const START_MS = 1_000 * 60_000;
const LEAD_TIME_MS = 500;
const RESERVING = {
  leadTimeMs: LEAD_TIME_MS,
  requestSize: 1,
  rideThroughMs: 0,
  rideThroughClass: 'expected',
  targetStallsPpm: 10,
} as const;

/** Office hours in miniature: from ten a second to sixty and back, the busiest second twice the mean. */
function question(costRatios: readonly number[], ratePerSecond: (minute: number) => number = wave): DayQuestion {
  const demand = Float64Array.from({ length: MINUTES }, (_, minute) => Math.round(60 * ratePerSecond(minute)));
  const peaks = demand.map((values) => Math.ceil((2 * values) / 60));
  return { key: `${costRatios.length}`, startMs: START_MS, warmUpMinutes: 60, demand, peaks, reserving: RESERVING, costRatios };
}

const wave = (minute: number): number => 35 - 25 * Math.cos((2 * Math.PI * minute) / 90);

describe('a replayed day', () => {
  test('trades idle stock for allocations as the square root of the ratio says', () => {
    const { runs, demanded, demand, stepMs } = new DayReplay().answer(question([1 / 16, 1, 16]));
    const [cheap, now, dear] = runs;
    expect(demand.length * stepMs).toBe(120 * 60_000);
    expect(demanded).toBe(
      question([])
        .demand.subarray(60)
        .reduce((sum, count) => sum + count, 0),
    );
    expect(now?.aimedPerHour).toBe(55);
    // A quarter of the price is half of the order: four times dearer twice, sixteen times the allocations.
    for (const [few, many] of [
      [cheap, now],
      [now, dear],
    ]) {
      expect((many?.allocationsPerHour ?? 0) / (few?.allocationsPerHour ?? 0)).toBeGreaterThan(2.5);
      expect((few?.orderMean ?? 0) / (many?.orderMean ?? 0)).toBeGreaterThan(2.5);
      expect(few?.idleMean).toBeGreaterThan(1.5 * (many?.idleMean ?? 0));
      expect((few?.idleValueHours ?? 0) / (many?.idleValueHours ?? 0)).toBeCloseTo(16);
    }
    for (const run of runs) {
      expect(run.idleMax).toBeGreaterThan(run.idleMean);
      expect(run.stock).toHaveLength(demand.length);
      expect(run.stock.reduce((sum, stock) => sum + stock, 0) / run.stock.length).toBeCloseTo(run.idleMean, 6);
    }
  });

  test("agrees with the backtest's closed loop over the same seconds", () => {
    const asked = question([1, 4]);
    const { runs } = new DayReplay().answer(asked);
    const counts = Uint32Array.from(demandSeconds(asked));
    for (const [i, allocationsPerHour] of [55, 110].entries()) {
      const settings = { ...RESERVING, leadTimeS: LEAD_TIME_MS / 1_000, rideThroughS: 0, allocationsPerHour };
      const leadTimes = { name: 'constant', plannedS: 0.5, usableAtS: (atS: number) => atS + 0.5 };
      const options = { leadTimes, rideThroughS: 0, outagesS: [], countFromS: 3_600 };
      const other = replayStream(seqcastRule(START_MS, settings), { name: 'day', startMs: START_MS, counts, seasonal: true }, options);
      const run = runs[i];
      expect(Math.abs((run?.idleMean ?? 0) / other.meanIdle - 1)).toBeLessThan(0.02);
      expect(Math.abs((run?.allocations ?? 0) / other.orders - 1)).toBeLessThan(0.03);
      expect(run?.stalled).toBe(other.stalled);
    }
  });

  test('counts who waited when a burst comes that nobody has seen', () => {
    const { runs } = new DayReplay().answer(question([1, 256], (minute) => (minute === 120 ? 2_000 : 10)));
    const [now, dear] = runs;
    expect(now?.stalled).toBeGreaterThan(0);
    expect(dear?.stalled).toBeGreaterThanOrEqual(now?.stalled ?? Infinity);
    expect(now?.stalledPpm).toBeCloseTo((1e6 * (now?.stalled ?? 0)) / (119 * 600 + 120_000), 0);
  });

  test('is silent where the stream is', () => {
    const { runs, demanded } = new DayReplay().answer(question([1], () => 0));
    expect([demanded, runs[0]?.allocations, runs[0]?.stalled]).toEqual([0, 0, 0]);
  });
});

describe('seconds drawn from minutes', () => {
  test('keep the sum and the busiest second of each minute, whatever they are', () => {
    for (const [total, peak] of [
      [1, 1],
      [60, 1],
      [61, 1],
      [700, 12],
      [90_000, 1_501],
      [90_000, 90_000],
      [5_000_000, 100_000],
    ] as const) {
      const seconds = demandSeconds({ demand: Float64Array.of(total), peaks: Float64Array.of(peak) });
      expect(seconds.reduce((sum, count) => sum + count, 0)).toBe(total);
      expect(Math.max(...seconds)).toBe(Math.max(peak, Math.ceil(total / 60)));
      expect(Math.min(...seconds)).toBeGreaterThanOrEqual(0);
    }
  });

  test('fall into hundredths that sum up to them, the same for whoever looks', () => {
    const [one, other] = [new SplitSecond(), new SplitSecond()];
    for (const demand of [0, 1, 199, 12_345]) {
      const steps = [...one.steps(demand, demand)];
      expect(steps.reduce((sum, count) => sum + count, 0)).toBe(demand);
      other.steps(demand + 1, 7);
      expect([...other.steps(demand, demand)]).toEqual(steps);
    }
  });
});

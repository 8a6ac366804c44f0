/**
 * Replays the last day of a stream through the sizing rule, under each of some prices of an allocation. Pure and bounded: at most two days
 * of seconds are read, of which the first only teaches the models. The same question has the same answer.
 */
import { RESERVE_FLOOR } from '../../../core/sizing/reserve.ts';
import { allocationsPerHourAt, idleValueHours } from './cost-ratio.ts';
import { type DayPlan, dayPlans, type PlannedFrom, type Reserving } from './day-plans.ts';
import { demandSeconds, SplitSecond } from './demand-seconds.ts';
import { ReplayedStock } from './replayed-stock.ts';
import type { WhatIfRun } from './what-if.ts';

export const MINUTE_MS = 60_000;
const MINUTE_S = 60;
export const DAY_MINUTES = 1_440;
/** Yesterday, for the models: seasons of a day need one. Learning it costs as much as the day itself. */
export const WARM_UP_MINUTES = 1_440;
/** Points of a chart: about as many as a screen of a phone has pixels to draw them on. */
const POINTS_MAX = 288;

/** Where a day comes from: the same key has the same minutes. */
export interface DayQuestion {
  readonly key: string;
  /** Start of the first minute, and those of before the replay that only teach. */
  readonly startMs: number;
  readonly warmUpMinutes: number;
  readonly demand: Float64Array;
  readonly peaks: Float64Array;
  readonly reserving: Reserving;
  readonly costRatios: readonly number[];
}

export interface DayAnswer {
  readonly demanded: number;
  readonly stepMs: number;
  /** Values a second. */
  readonly demand: readonly number[];
  readonly runs: readonly WhatIfRun[];
}

/** A day that was made ready: forecasts are the dearest part, and do not depend on the ratio. */
interface ReadyDay {
  readonly key: string;
  readonly counts: Float64Array;
  readonly plans: readonly PlannedFrom[];
}

export class DayReplay {
  #ready: ReadyDay | undefined;

  /** Asked about the same day again, only the stock is replayed. */
  answer(question: DayQuestion): DayAnswer {
    const ready = this.#ready?.key === question.key ? this.#ready : readyDay(question);
    this.#ready = ready;
    const { counts } = ready;
    const pointS = Math.max(1, Math.ceil(counts.length / POINTS_MAX / MINUTE_S)) * MINUTE_S;
    return {
      demanded: counts.reduce((sum, count) => sum + count, 0),
      stepMs: pointS * 1_000,
      demand: meansOf(counts, pointS),
      runs: replayed(ready, question, pointS),
    };
  }
}

function readyDay({ key, startMs, warmUpMinutes, demand, peaks, reserving }: DayQuestion): ReadyDay {
  const counts = demandSeconds({ demand, peaks });
  const fromS = warmUpMinutes * MINUTE_S;
  const plans = dayPlans({ startMs, counts }, fromS, reserving).map(({ second, plan }) => ({ second: second - fromS, plan }));
  return { key, counts: counts.slice(fromS), plans };
}

function replayed({ counts, plans }: ReadyDay, { reserving, costRatios }: DayQuestion, pointS: number): WhatIfRun[] {
  const split = new SplitSecond();
  const before: DayPlan = { rate: 0, meanSqrtRate: 0, horizons: [], reorderPoint: RESERVE_FLOOR };
  // A stream that began with the day is known after its first bin.
  const first = plans[0]?.plan ?? before;
  const stocks = costRatios.map((ratio) => {
    return new ReplayedStock({ reserving, allocationsPerHour: allocationsPerHourAt(ratio), pointS, split }, first);
  });
  let next = 0;
  for (let second = 0; second < counts.length; second++) {
    for (let planned = plans[next]; planned !== undefined && planned.second <= second; planned = plans[++next]) {
      for (const stock of stocks) stock.follow(planned.plan);
    }
    const demand = counts[second] ?? 0;
    for (const stock of stocks) stock.second(demand);
  }
  const { meanSqrtRate } = plans.at(-1)?.plan ?? before;
  return stocks.map((stock, i) => {
    const costRatio = costRatios[i] ?? 1;
    const aimedPerHour = allocationsPerHourAt(costRatio);
    return { costRatio, aimedPerHour, idleValueHours: idleValueHours(costRatio, meanSqrtRate), ...stock.figures() };
  });
}

function meansOf(counts: Float64Array, pointS: number): number[] {
  const means: number[] = [];
  for (let from = 0; from < counts.length; from += pointS) {
    const part = counts.subarray(from, from + pointS);
    means.push(part.reduce((sum, count) => sum + count, 0) / part.length);
  }
  return means;
}

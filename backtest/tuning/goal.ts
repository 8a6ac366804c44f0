/** What an operator wants of a sequence, the settings that might do it, and what a run under them comes to. */
import { operationsPerHour, type StreamResult, stalledPpm, survivedPercent } from '../harness/result.ts';
import type { RideThroughClass, RuleSettings } from '../orchestration/rule-contestants.ts';

export interface TuningGoal {
  /** So many streams share the settings; costs are theirs together, operations those of one of them. */
  readonly streams: number;
  readonly targetStallsPpm: number;
  readonly rideThroughS: number;
  /** Which classes may be chosen. */
  readonly classes: readonly RideThroughClass[];
  /** The most operations an hour that the ledger should see of a stream, and what the rule aims at at most. */
  readonly operationsPerHourMax: number;
  readonly allocationsPerHour: readonly number[];
  /** Of outages as long as the ride-through, so many must be survived. */
  readonly survivedPercentMin: number;
  /** What a burnt value costs, in allocations: 0 where values are plenty. */
  readonly burntValueCost: number;
}

export interface TunedCost {
  readonly stalledPpm: number;
  readonly meanIdle: number;
  readonly operationsPerHour: number;
  readonly burntAtCrash: number;
  readonly survivedPercent: number;
  /** Allocations a day, those that burnt values are worth included. */
  readonly costPerDay: number;
}

/** The rule aims lower than it is asked: what was seen is not all that comes. */
const TARGET_FACTORS = [10, 1, 0.1, 0.01] as const;
/** A crash a week is much. */
const CRASHES_PER_DAY = 1 / 7;
const HOURS_PER_DAY = 24;

export function candidates(goal: TuningGoal): RuleSettings[] {
  const targets = new Set(TARGET_FACTORS.map((factor) => Math.max(1, Math.round(goal.targetStallsPpm * factor))));
  // Without a ride-through the classes are one.
  const classes = goal.rideThroughS > 0 ? goal.classes : goal.classes.slice(0, 1);
  return classes.flatMap((rideThroughClass) => {
    return [...targets].flatMap((targetStallsPpm) => {
      return goal.allocationsPerHour.map((allocationsPerHour) => ({
        rideThroughClass,
        targetStallsPpm,
        allocationsPerHour,
        forecast: true,
      }));
    });
  });
}

/** The first order of a stream stalls under any rule, and only once: it is not counted against a target. */
export function costOf(result: StreamResult, { streams, burntValueCost, rideThroughS }: TuningGoal): TunedCost {
  const operations = operationsPerHour(result);
  const outage = result.outages.find((each) => each.outageS === rideThroughS);
  return {
    stalledPpm: stalledPpm({ stalled: result.stalled - result.stalledAtFirst, demanded: result.demanded }),
    meanIdle: result.meanIdle,
    operationsPerHour: operations / streams,
    burntAtCrash: result.burntAtCrash,
    survivedPercent: outage === undefined ? 100 : survivedPercent(outage),
    costPerDay: HOURS_PER_DAY * operations + burntValueCost * CRASHES_PER_DAY * result.burntAtCrash,
  };
}

/** What is missed, in sentences; empty where all is reached. */
export function missedBy(cost: TunedCost, goal: TuningGoal): string[] {
  const missed: string[] = [];
  if (cost.stalledPpm > goal.targetStallsPpm) missed.push(`${cost.stalledPpm.toPrecision(3)} ppm stall, not ${goal.targetStallsPpm}`);
  if (cost.survivedPercent < goal.survivedPercentMin) {
    missed.push(`${cost.survivedPercent.toFixed(2)} % of outages of ${goal.rideThroughS} s are survived, not ${goal.survivedPercentMin} %`);
  }
  if (cost.operationsPerHour > goal.operationsPerHourMax) {
    missed.push(`${cost.operationsPerHour.toFixed(1)} operations an hour, not ${goal.operationsPerHourMax}`);
  }
  return missed;
}

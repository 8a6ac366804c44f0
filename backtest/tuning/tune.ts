/**
 * Chooses settings on the training part of a history, and says what they cost on the rest: of those that reach the goal the cheapest, of
 * equally cheap ones the one with the least idle stock. Where none reaches it, the one that stalls least, and what it misses.
 */
import type { StreamResult } from '../harness/result.ts';
import type { RuleSettings } from '../orchestration/rule-contestants.ts';
import { candidates, costOf, missedBy, type TunedCost, type TuningGoal } from './goal.ts';

/** Replays the rule under each of the settings; all results are sums over all streams. */
export type RunRules = (settings: readonly RuleSettings[]) => Promise<readonly StreamResult[]>;

export interface TuningRuns {
  readonly onTraining: RunRules;
  readonly onRest: RunRules;
}

export interface TuningResult {
  readonly goal: TuningGoal;
  readonly settings: RuleSettings;
  readonly onTraining: TunedCost;
  readonly onRest: TunedCost;
  /** What is missed on the part that the settings were chosen on, and on the rest. */
  readonly missedOnTraining: readonly string[];
  readonly missedOnRest: readonly string[];
  readonly tried: readonly { readonly settings: RuleSettings; readonly cost: TunedCost }[];
}

/** Costs, and stocks, that differ by less are the same. */
const COST_STEP = 0.02;

export async function tune(goal: TuningGoal, { onTraining, onRest }: TuningRuns): Promise<TuningResult> {
  const all = candidates(goal);
  const results = await onTraining(all);
  const tried = all.flatMap((settings, i) => {
    const result = results[i];
    return result === undefined ? [] : [{ settings, cost: costOf(result, goal) }];
  });
  const reached = tried.filter(({ cost }) => missedBy(cost, goal).length === 0);
  const [best] = reached.length > 0 ? [...reached].sort((a, b) => compared(a, b, goal)) : [...tried].sort((a, b) => closer(a, b, goal));
  if (best === undefined) throw new Error('there are settings to try');
  const [rest] = await onRest([best.settings]);
  if (rest === undefined) throw new Error('a run has a result');
  const restCost = costOf(rest, goal);
  return {
    goal,
    settings: best.settings,
    onTraining: best.cost,
    onRest: restCost,
    missedOnTraining: missedBy(best.cost, goal),
    missedOnRest: missedBy(restCost, goal),
    tried,
  };
}

interface Tried {
  readonly settings: RuleSettings;
  readonly cost: TunedCost;
}

function compared(a: Tried, b: Tried, { burntValueCost, targetStallsPpm }: TuningGoal): number {
  // Where burnt values cost nothing, operations below the limit cost nothing either: what is left is idle stock.
  const costs = burntValueCost > 0 ? steps(a.cost.costPerDay) - steps(b.cost.costPerDay) : 0;
  const idle = steps(a.cost.meanIdle) - steps(b.cost.meanIdle);
  // What costs no more is insured, and aims at what was asked for.
  const insured = (each: Tried): number => (each.settings.rideThroughClass === 'insured' ? 0 : 1);
  const away = (each: Tried): number => Math.abs(Math.log(each.settings.targetStallsPpm / targetStallsPpm));
  return costs || idle || insured(a) - insured(b) || away(a) - away(b);
}

/** Who misses less of the goal, and of those who stalls less. */
function closer(a: Tried, b: Tried, goal: TuningGoal): number {
  const missedMore = missedBy(a.cost, goal).length - missedBy(b.cost, goal).length;
  return (
    missedMore ||
    a.cost.stalledPpm - b.cost.stalledPpm ||
    b.cost.survivedPercent - a.cost.survivedPercent ||
    a.cost.meanIdle - b.cost.meanIdle
  );
}

function steps(cost: number): number {
  return Math.round(Math.log(Math.max(1, cost)) / COST_STEP);
}

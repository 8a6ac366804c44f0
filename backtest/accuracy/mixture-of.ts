/** The mixture of what experts said on a task, by the feedback that the task gives, with its weights in words. */
import type { ForecastTable } from './forecast-table.ts';
import { onlineMixture } from './online-mixture.ts';
import { pooledMixture } from './pooled-mixture.ts';
import { pointLevel } from './scores.ts';
import type { AccuracyTask } from './task.ts';

/** One voice in a mixture: a forecaster as it is, or its median calibrated by what came of it. */
export interface Voice {
  readonly name: string;
  readonly table: ForecastTable;
  /** Carries the tail, where outcomes are too rare to choose by. */
  readonly tail: boolean;
}

export interface MixedTable {
  readonly table: ForecastTable;
  /** Weights at the median and at the highest level. */
  readonly note: string;
}

const ID = 'mixture@1';
/** Of those that do not carry the tail: for when the others say nothing. */
const TAIL_WEIGHT_LEAST = 1e-6;
/** Weights below are not worth a word. */
const SHOWN_MIN = 0.05;

export function mixtureOf(task: AccuracyTask, experts: readonly Voice[], nowMs: () => number): MixedTable {
  const startMs = nowMs();
  const tables = experts.map(({ table }) => table);
  const { quantiles, weightsAt } = task.feedback === 'online' ? online(task, experts) : pooled(task, tables);
  const predictions = task.series.reduce((sum, { origins }) => sum + origins.length, 0);
  const { levels } = task.grid;
  const shown = [pointLevel(levels), levels.length - 1].map((level) => {
    const named = experts.map(({ name }, k) => ({ name, weight: weightsAt(level, k) })).filter(({ weight }) => weight >= SHOWN_MIN);
    const words = named.sort((a, b) => b.weight - a.weight).map(({ name, weight }) => `${name} ${weight.toFixed(2)}`);
    return `${levels[level]}: ${words.join(', ')}`;
  });
  return {
    table: {
      model: ID,
      quantiles,
      refusals: {},
      cost: { fits: 0, fitMs: 0, predictions, predictMs: nowMs() - startMs },
    },
    note: `weights at ${shown.join('; at ')}`,
  };
}

interface Mixed {
  readonly quantiles: readonly Float64Array[];
  /** Mean over leads. */
  weightsAt(level: number, expert: number): number;
}

function online(task: AccuracyTask, experts: readonly Voice[]): Mixed {
  const { leadsMs, levels } = task.grid;
  const carriers = experts.filter(({ tail }) => tail).length;
  const tailPrior = experts.map(({ tail }) => (tail ? 1 / carriers : TAIL_WEIGHT_LEAST));
  const { quantiles, weights } = onlineMixture(
    task,
    experts.map(({ table }) => table),
    carriers > 0 ? tailPrior : undefined,
  );
  return {
    quantiles,
    weightsAt: (level, expert) =>
      leadsMs.reduce((sum, _, lead) => sum + (weights[(lead * levels.length + level) * experts.length + expert] ?? 0), 0) / leadsMs.length,
  };
}

function pooled(task: AccuracyTask, tables: readonly ForecastTable[]): Mixed {
  const { quantiles, weights } = pooledMixture(task, tables);
  return {
    quantiles,
    weightsAt: (level, expert) => weights.reduce((sum, band) => sum + (band[level]?.[expert] ?? 0), 0) / weights.length,
  };
}

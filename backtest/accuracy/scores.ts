/**
 * Sums that every metric is made of, series by series: errors, losses, hits. Kept apart from the ratios they end in, so that a
 * metric can be pooled over series, averaged over them, or drawn again for a bootstrap, from the same numbers.
 *
 * Definitions: forecasting study, section 8. The point forecast is the level nearest to one half.
 */
import { type AccuracyTask, outcome, type TaskSeries } from './task.ts';

/** Sums of one series at one lead, over the origins that count and whose outcome is known. */
export interface LeadScore {
  readonly count: number;
  readonly demand: number;
  readonly absoluteError: number;
  readonly signedError: number;
  /** Sum of 200 |e| / (|y| + |f|); nothing where both are zero. */
  readonly symmetricError: number;
  /** Mean absolute seasonal difference of the training part; 0 where it never changed, `NaN` where it is too short. */
  readonly scale: number;
  /** Level by level: pinball loss, outcomes at or below the quantile, demand that the quantile held ready and nobody asked for. */
  readonly pinball: Float64Array;
  readonly covered: Float64Array;
  readonly excess: Float64Array;
  /** Interval by interval: outcomes inside, width, and what an interval score adds for outcomes outside. */
  readonly inside: Float64Array;
  readonly width: Float64Array;
  readonly penalty: Float64Array;
}

export interface SeriesScore {
  readonly key: string;
  readonly leads: readonly LeadScore[];
}

export function scoreTask(task: AccuracyTask, quantiles: readonly Float64Array[]): SeriesScore[] {
  return task.series.map((series, index) => ({
    key: series.history.key,
    leads: task.grid.leadsMs.map((_, lead) => leadScore(task, series, quantiles[index] as Float64Array, lead)),
  }));
}

export function pinballLoss(demand: number, quantile: number, level: number): number {
  const error = demand - quantile;
  return error >= 0 ? level * error : (level - 1) * error;
}

/** Place of the level that serves as the point forecast. */
export function pointLevel(levels: readonly number[]): number {
  let best = 0;
  levels.forEach((level, i) => {
    if (Math.abs(level - 0.5) < Math.abs((levels[best] ?? 0) - 0.5)) best = i;
  });
  return best;
}

/** Mean absolute difference to one season before, of what the grid asks for at this lead, over the training part. */
export function seasonalScale(task: AccuracyTask, { history, trainBins }: TaskSeries, lead: number): number {
  const { grid, scaleSeasonBins } = task;
  const leadBins = grid.of === 'total' ? (grid.leadsMs[lead] ?? 0) / history.binMs : 1;
  const { demand } = history;
  let sum = 0;
  let difference = 0;
  let count = 0;
  for (let bin = scaleSeasonBins; bin < trainBins; bin++) {
    difference += (demand[bin] ?? 0) - (demand[bin - scaleSeasonBins] ?? 0);
    if (bin < scaleSeasonBins + leadBins - 1) continue;
    sum += Math.abs(difference);
    count++;
    const oldest = bin - leadBins + 1;
    difference -= (demand[oldest] ?? 0) - (demand[oldest - scaleSeasonBins] ?? 0);
  }
  return count === 0 ? NaN : sum / count;
}

function leadScore(task: AccuracyTask, series: TaskSeries, quantiles: Float64Array, lead: number): LeadScore {
  const { grid, intervals } = task;
  const { levels, leadsMs } = grid;
  const point = pointLevel(levels);
  const score = {
    count: 0,
    demand: 0,
    absoluteError: 0,
    signedError: 0,
    symmetricError: 0,
    scale: seasonalScale(task, series, lead),
    pinball: new Float64Array(levels.length),
    covered: new Float64Array(levels.length),
    excess: new Float64Array(levels.length),
    inside: new Float64Array(intervals.length),
    width: new Float64Array(intervals.length),
    penalty: new Float64Array(intervals.length),
  };
  const ends = intervals.map(([low, high]) => [levels.indexOf(low), levels.indexOf(high), 2 / (1 - high + low)] as const);
  for (let origin = series.testFrom; origin < series.origins.length; origin++) {
    const demand = outcome(series.history, grid, series.origins[origin]?.historyBins ?? 0, lead);
    if (Number.isNaN(demand)) continue;
    const at = (origin * leadsMs.length + lead) * levels.length;
    const forecast = quantiles[at + point] ?? 0;
    score.count++;
    score.demand += demand;
    score.absoluteError += Math.abs(forecast - demand);
    score.signedError += forecast - demand;
    if (forecast + demand > 0) score.symmetricError += (200 * Math.abs(forecast - demand)) / (forecast + demand);
    for (let i = 0; i < levels.length; i++) {
      const quantile = quantiles[at + i] ?? 0;
      add(score.pinball, i, pinballLoss(demand, quantile, levels[i] ?? 0.5));
      add(score.covered, i, demand <= quantile ? 1 : 0);
      add(score.excess, i, Math.max(0, quantile - demand));
    }
    ends.forEach(([low, high, weight], i) => {
      const from = quantiles[at + low] ?? 0;
      const until = quantiles[at + high] ?? 0;
      const outside = Math.max(0, from - demand) + Math.max(0, demand - until);
      add(score.inside, i, outside === 0 ? 1 : 0);
      add(score.width, i, until - from);
      add(score.penalty, i, weight * outside);
    });
  }
  return score;
}

function add(sums: Float64Array, i: number, value: number): void {
  sums[i] = (sums[i] ?? 0) + value;
}

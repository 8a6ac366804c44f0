/** What forecasters are measured on: series, the origins at which they are asked, what they are asked for, and from where on it counts. */
import type { LeadGrid, SeriesHistory } from '../../models/contract.ts';
import type { FileDigest } from './data-file.ts';
import type { Origin } from './rolling-origin.ts';

export interface AccuracyTask {
  readonly name: string;
  readonly files: readonly FileDigest[];
  /** One sentence: which part is the test, and what was fitted on what. */
  readonly test: string;
  readonly series: readonly TaskSeries[];
  readonly seasonsBins: readonly number[];
  /** Season of the scale that errors are divided by. */
  readonly scaleSeasonBins: number;
  readonly grid: LeadGrid;
  /** Lower and upper ends of the intervals that are scored: levels of the grid. */
  readonly intervals: readonly (readonly [number, number])[];
  /**
   * How a mixture learns its weights. `online`: outcomes come in while it forecasts, as for streams that live. `before`: from the
   * origins before the test, pooled over all series, as where each series is forecast once.
   */
  readonly feedback: 'online' | 'before';
}

export interface TaskSeries {
  readonly history: SeriesHistory;
  readonly origins: readonly Origin[];
  /** Index of the first origin that counts; those before it may teach a mixture its weights. */
  readonly testFrom: number;
  /** The training part in bins: what scales and constants are taken from. */
  readonly trainBins: number;
}

/** The series as it was known at an origin; shares memory with the whole. */
export function historyUntil(history: SeriesHistory, bins: number): SeriesHistory {
  const { outages, demand, ...rest } = history;
  const cut = outages?.subarray(0, bins);
  return { ...rest, demand: demand.subarray(0, bins), ...(cut === undefined ? {} : { outages: cut }) };
}

/** What came: the demand that a forecast of the grid, made at `historyBins`, is held against. `NaN` past the end or in an outage. */
export function outcome(history: SeriesHistory, grid: LeadGrid, historyBins: number, lead: number): number {
  const leadBins = (grid.leadsMs[lead] ?? 0) / history.binMs;
  const from = grid.of === 'total' ? historyBins : historyBins + leadBins - 1;
  const until = historyBins + leadBins;
  if (from < 0 || until > history.demand.length) return NaN;
  let sum = 0;
  for (let bin = from; bin < until; bin++) {
    if (history.outages?.[bin] === 1) return NaN;
    sum += history.demand[bin] ?? 0;
  }
  return sum;
}

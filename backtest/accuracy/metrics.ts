/**
 * Metrics out of sums: what a leaderboard shows. Pooled where that is how it is published (WQL, coverage, over-provision), a mean
 * over series where it is not (MASE, sMAPE, MSIS). Series whose scale is zero are left out of what is divided by it, and counted.
 */
import type { LeadScore, SeriesScore } from './scores.ts';
import type { AccuracyTask } from './task.ts';

export interface Metrics {
  /** Outcomes that were held against a forecast, over all series and leads. */
  readonly outcomes: number;
  readonly mase: number;
  /** Series left out of MASE, scaled pinball and MSIS: their training part never changed from season to season. */
  readonly unscaledSeries: number;
  readonly smape: number;
  /** Sum of absolute errors of the point forecast over the sum of demand: the WQL of a forecast that is one number. */
  readonly nd: number;
  /** Mean over levels of the weighted quantile loss, 2 x pinball / demand. */
  readonly wql: number;
  readonly bias: number;
  readonly levels: readonly LevelMetrics[];
  readonly intervals: readonly IntervalMetrics[];
}

export interface LevelMetrics {
  readonly level: number;
  readonly wql: number;
  readonly scaledPinball: number;
  readonly coverage: number;
  /** Mean demand held ready beyond what came, over mean demand. */
  readonly overProvision: number;
}

export interface IntervalMetrics {
  readonly low: number;
  readonly high: number;
  readonly coverage: number;
  readonly meanWidth: number;
  readonly msis: number;
}

/** Metrics over some leads of a task, by their places; all by default. */
export function metricsOf(task: AccuracyTask, scores: readonly SeriesScore[], leads?: readonly number[]): Metrics {
  const chosen = scores.map((score) => (leads === undefined ? score.leads : leads.map((lead) => score.leads[lead] as LeadScore)));
  const all = chosen.flat();
  const demand = total(all, (lead) => lead.demand);
  const count = total(all, (lead) => lead.count);
  const levels = task.grid.levels.map((level, i): LevelMetrics => {
    const excess = total(all, (lead) => lead.excess[i] ?? 0);
    return {
      level,
      wql: (2 * total(all, (lead) => lead.pinball[i] ?? 0)) / demand,
      scaledPinball: meanScaled(chosen, (lead) => lead.pinball[i] ?? 0),
      coverage: total(all, (lead) => lead.covered[i] ?? 0) / count,
      overProvision: excess / demand,
    };
  });
  return {
    outcomes: count,
    mase: meanScaled(chosen, (lead) => lead.absoluteError),
    unscaledSeries: chosen.filter((series) => !series.some(isScaled)).length,
    smape: meanOver(chosen.filter(hasOutcomes), (series) => total(series, (lead) => lead.symmetricError) / total(series, countOf)),
    nd: total(all, (lead) => lead.absoluteError) / demand,
    wql: levels.reduce((sum, { wql }) => sum + wql, 0) / levels.length,
    bias: total(all, (lead) => lead.signedError) / demand,
    levels,
    intervals: task.intervals.map(([low, high], i) => ({
      low,
      high,
      coverage: total(all, (lead) => lead.inside[i] ?? 0) / count,
      meanWidth: total(all, (lead) => lead.width[i] ?? 0) / count,
      msis: meanScaled(chosen, (lead) => (lead.width[i] ?? 0) + (lead.penalty[i] ?? 0)),
    })),
  };
}

/** Mean over series of a loss divided by each lead's scale. */
function meanScaled(series: readonly (readonly LeadScore[])[], lossOf: (lead: LeadScore) => number): number {
  const scaled = series.map((leads) => leads.filter(isScaled)).filter((leads) => leads.length > 0);
  return meanOver(scaled, (leads) => total(leads, (lead) => lossOf(lead) / lead.scale) / total(leads, countOf));
}

function isScaled(lead: LeadScore): boolean {
  return lead.scale > 0 && lead.count > 0;
}

function hasOutcomes(leads: readonly LeadScore[]): boolean {
  return leads.some(({ count }) => count > 0);
}

function countOf(lead: LeadScore): number {
  return lead.count;
}

function total(leads: readonly LeadScore[], numberOf: (lead: LeadScore) => number): number {
  return leads.reduce((sum, lead) => sum + numberOf(lead), 0);
}

function meanOver<T>(items: readonly T[], numberOf: (item: T) => number): number {
  return items.length === 0 ? NaN : items.reduce((sum, item) => sum + numberOf(item), 0) / items.length;
}

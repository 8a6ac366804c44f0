/**
 * Runs the mixture along the origins of a task, as it would have lived: at each origin first the outcomes that have come in since are
 * told, then the experts' forecasts are combined. Nothing is known before its time.
 */
import { type SaidForecast, SeriesMixture } from '../../models/mixture/series-mixture.ts';
import { stepBins } from './calibrated-table.ts';
import { demandScales } from './demand-scale.ts';
import type { ForecastTable } from './forecast-table.ts';
import { type AccuracyTask, outcome, type TaskSeries } from './task.ts';

export interface OnlineMixture {
  /** Series by series: by origin, lead and level. */
  readonly quantiles: readonly Float64Array[];
  /** Mean over series of the weights at the end: by lead, level and expert. */
  readonly weights: Float64Array;
}

export function onlineMixture(task: AccuracyTask, experts: readonly ForecastTable[], tailPrior?: readonly number[]): OnlineMixture {
  const { leadsMs, levels } = task.grid;
  const weights = new Float64Array(leadsMs.length * levels.length * experts.length);
  const quantiles = task.series.map((series, index) => {
    const leadsBins = leadsMs.map((leadMs) => Math.ceil(leadMs / series.history.binMs / stepBins(series)));
    const mixture = new SeriesMixture({ experts: experts.length, leadsBins, levels, ...(tailPrior === undefined ? {} : { tailPrior }) });
    const said = experts.map((expert) => expert.quantiles[index] as Float64Array);
    const combined = runAlong(task, series, mixture, said);
    mixture.weights.forEach((weight, i) => {
      weights[i] = (weights[i] ?? 0) + weight / task.series.length;
    });
    return combined;
  });
  return { quantiles, weights };
}

function runAlong(task: AccuracyTask, series: TaskSeries, mixture: SeriesMixture, said: readonly Float64Array[]): Float64Array {
  const { grid } = task;
  const { origins, history } = series;
  const { leadsBins, experts } = mixture.shape;
  const width = grid.leadsMs.length * grid.levels.length;
  const scales = demandScales(task, series);
  const combined = new Float64Array(origins.length * width);
  const made: SaidForecast[] = [];
  origins.forEach((_, origin) => {
    leadsBins.forEach((bins, lead) => {
      const former = made[origin - bins];
      const demand = outcome(history, grid, origins[origin - bins]?.historyBins ?? -1, lead);
      // Nobody learns from an outage.
      if (former !== undefined && !Number.isNaN(demand)) mixture.learn(former, lead, demand);
    });
    const spoken = new Float64Array(width * experts);
    said.forEach((quantiles, k) => {
      for (let i = 0; i < width; i++) spoken[i * experts + k] = quantiles[origin * width + i] ?? NaN;
    });
    const forecast = mixture.combine(spoken, scales.subarray(origin * leadsBins.length, (origin + 1) * leadsBins.length));
    made.push(forecast);
    combined.set(forecast.answer, origin * width);
  });
  return combined;
}

/** A forecaster's median with quantiles by what came of it in the last seven days, origin by origin; see models/mixture/quantile-calibration.ts. */
import { RatioQuantiles } from '../../models/mixture/quantile-calibration.ts';
import type { ForecastTable } from './forecast-table.ts';
import { pointLevel } from './scores.ts';
import { type AccuracyTask, outcome, type TaskSeries } from './task.ts';

const DAY_MS = 86_400_000;
const MEMORY_DAYS = 7;

export function calibratedTable(task: AccuracyTask, table: ForecastTable): ForecastTable {
  const quantiles = task.series.map((series, index) => calibrated(task, series, table.quantiles[index] as Float64Array));
  return { ...table, quantiles };
}

function calibrated(task: AccuracyTask, series: TaskSeries, own: Float64Array): Float64Array {
  const { history, origins } = series;
  const { grid } = task;
  const levels = grid.levels;
  const point = pointLevel(levels);
  const dayOrigins = Math.max(1, Math.round(DAY_MS / history.binMs / stepBins(series)));
  const said = own.slice();
  grid.leadsMs.forEach((leadMs, lead) => {
    const ratios = new RatioQuantiles(MEMORY_DAYS * dayOrigins);
    const delay = Math.ceil(leadMs / history.binMs / stepBins(series));
    const placeOf = (origin: number): number => (origin * grid.leadsMs.length + lead) * levels.length;
    for (let origin = 0; origin < origins.length; origin++) {
      const former = own[placeOf(origin - delay) + point] ?? NaN;
      const demand = outcome(history, grid, origins[origin - delay]?.historyBins ?? -1, lead);
      if (!Number.isNaN(former) && !Number.isNaN(demand)) ratios.learn(former, demand);
      // Its own word for it, until a day of ratios is known.
      if (ratios.count < dayOrigins) continue;
      const at = placeOf(origin);
      const median = own[at + point] ?? NaN;
      levels.forEach((level, i) => {
        if (i !== point) said[at + i] = Number.isNaN(median) ? NaN : ratios.quantile(median, level);
      });
      // Ratios do not know where the median lies among them.
      for (let i = 1; i < levels.length; i++) said[at + i] = Math.max(said[at + i] ?? NaN, said[at + i - 1] ?? NaN);
    }
  });
  return said;
}

/** Bins from one origin to the next. */
export function stepBins({ origins }: TaskSeries): number {
  return Math.max(1, (origins[1]?.historyBins ?? 1) - (origins[0]?.historyBins ?? 0));
}

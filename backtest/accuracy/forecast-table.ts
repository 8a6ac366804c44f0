/** What one model said at every origin of a task, and what it cost: the only thing that scores and mixtures look at. */
import type { RefusalReason } from '../../models/contract.ts';
import type { AccuracyTask } from './task.ts';

export interface ForecastTable {
  readonly model: string;
  /** Series by series; in each by origin, lead and level. `NaN` where the model refused. */
  readonly quantiles: readonly Float64Array[];
  /** Origins at which it said nothing, by reason. */
  readonly refusals: Readonly<Partial<Record<RefusalReason, number>>>;
  readonly cost: ForecastCost;
}

export interface ForecastCost {
  readonly fits: number;
  readonly fitMs: number;
  readonly predictions: number;
  readonly predictMs: number;
}

/** Room for a whole task, with nothing said yet. */
export function emptyQuantiles(task: AccuracyTask): Float64Array[] {
  const width = task.grid.leadsMs.length * task.grid.levels.length;
  return task.series.map(({ origins }) => new Float64Array(origins.length * width).fill(NaN));
}

export interface FilledTable {
  readonly quantiles: readonly Float64Array[];
  /** Test origins at which the stand-in's forecast counts instead. */
  readonly replaced: number;
}

/** Fills what a model refused with what the stand-ins say, the first that said anything. Refusing what is hard must not pay. */
export function filledTable(task: AccuracyTask, table: ForecastTable, standIns: readonly ForecastTable[]): FilledTable {
  const width = task.grid.leadsMs.length * task.grid.levels.length;
  let replaced = 0;
  const quantiles = table.quantiles.map((own, index) => {
    const { origins, testFrom } = task.series[index] ?? { origins: [], testFrom: 0 };
    let filled = own;
    for (let origin = 0; origin < origins.length; origin++) {
      const at = origin * width;
      if (!Number.isNaN(own[at] ?? NaN)) continue;
      if (filled === own) filled = own.slice();
      if (origin >= testFrom) replaced++;
      const standIn = standIns.find(({ quantiles: said }) => !Number.isNaN(said[index]?.[at] ?? NaN));
      // Nobody at all: no demand is the forecast of who knows nothing.
      if (standIn === undefined) filled.fill(0, at, at + width);
      else filled.set((standIn.quantiles[index] as Float64Array).subarray(at, at + width), at);
    }
    return filled;
  });
  return { quantiles, replaced };
}

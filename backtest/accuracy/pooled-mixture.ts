/**
 * The mixture for series that are forecast once: weights for each level and band of leads, learnt from the origins before the test
 * and pooled over all series. Every series counts alike, in units of its own scale: by values two series of four hundred would decide,
 * by what they did in those few days.
 *
 * The median takes the weights as they are. Other levels take half of them and half of a plain mean: outer quantiles are learnt from
 * fewer outcomes, and averages of them are hard to beat. Chosen on the window before the test.
 */
import { mixed } from '../../models/mixture/fixed-share.ts';
import { pooledWeights } from '../../models/mixture/pooled-weights.ts';
import { emptyQuantiles, type ForecastTable } from './forecast-table.ts';
import { pointLevel, seasonalScale } from './scores.ts';
import { type AccuracyTask, outcome } from './task.ts';

/** Share of the plain mean in the weights of all levels but the median. */
const MEAN_SHARE = 0.5;
/** Leads in as many bands as there are weights for: some experts are good at first, others later. */
const BANDS = 3;

export interface PooledMixture {
  /** Series by series: by origin, lead and level; the origins before the test are combined too, and flattered. */
  readonly quantiles: readonly Float64Array[];
  /** By band, level and expert. */
  readonly weights: readonly (readonly Float64Array[])[];
}

export function pooledMixture(task: AccuracyTask, experts: readonly ForecastTable[]): PooledMixture {
  const { leadsMs, levels } = task.grid;
  const bandOf = (lead: number): number => Math.floor((lead * BANDS) / leadsMs.length);
  const weights = Array.from({ length: BANDS }, (_, band) => {
    const leads = leadsMs.map((_, lead) => lead).filter((lead) => bandOf(lead) === band);
    return levels.map((level, i) => weightsOf(task, experts, leads, level, i));
  });
  const quantiles = emptyQuantiles(task);
  const said = new Float64Array(experts.length);
  quantiles.forEach((own, series) => {
    for (let at = 0; at < own.length; at++) {
      experts.forEach((expert, k) => {
        said[k] = expert.quantiles[series]?.[at] ?? NaN;
      });
      if (said.every((value) => Number.isNaN(value))) continue;
      const i = at % levels.length;
      const lead = Math.floor(at / levels.length) % leadsMs.length;
      const blend = mixed(weights[bandOf(lead)]?.[i] as Float64Array, 0, said, 0, experts.length);
      // Levels have weights of their own, so their averages might cross.
      own[at] = i === 0 ? blend : Math.max(blend, own[at - 1] ?? 0);
    }
  });
  return { quantiles, weights };
}

function weightsOf(
  task: AccuracyTask,
  experts: readonly ForecastTable[],
  leads: readonly number[],
  level: number,
  i: number,
): Float64Array {
  const { grid } = task;
  const said: number[] = [];
  const demand: number[] = [];
  const scale: number[] = [];
  task.series.forEach((series, index) => {
    const { history, origins, testFrom } = series;
    for (const lead of leads) {
      const unit = seasonalScale(task, { ...series, trainBins: series.origins[0]?.historyBins ?? 0 }, lead);
      for (let origin = 0; origin < testFrom; origin++) {
        const came = outcome(history, grid, origins[origin]?.historyBins ?? 0, lead);
        if (Number.isNaN(came)) continue;
        const at = (origin * grid.leadsMs.length + lead) * grid.levels.length + i;
        for (const expert of experts) said.push(expert.quantiles[index]?.[at] ?? NaN);
        demand.push(came);
        scale.push(Number.isNaN(unit) ? 0 : unit);
      }
    }
  });
  const past = { said: Float64Array.from(said), demand: Float64Array.from(demand), scale: Float64Array.from(scale) };
  const share = i === pointLevel(grid.levels) ? 0 : MEAN_SHARE;
  return pooledWeights(past, level, experts.length).map((weight) => (1 - share) * weight + share / experts.length);
}

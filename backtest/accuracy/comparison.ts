/**
 * Holds one model against another on a task: Diebold-Mariano on losses in units of each series' scale, so that every series counts
 * alike, and a paired bootstrap over series on the pooled loss, which is what WQL is made of.
 */
import { seededRng } from '../../core/rng.ts';
import { improvementOf } from '../../models/registry/paired-bootstrap.ts';
import { type Comparison, dieboldMariano } from './diebold-mariano.ts';
import { pinballLoss, type SeriesScore, seasonalScale } from './scores.ts';
import { type AccuracyTask, outcome } from './task.ts';

/** Loss of one model over that of another, with a 90 % interval: .9 is a tenth less. */
export interface LossRatio {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

export interface ModelComparison {
  readonly against: string;
  readonly dieboldMariano: Comparison;
  /** Of the pooled pinball loss, had the series been others of the same kind. */
  readonly lossRatio: LossRatio;
}

export interface Scored {
  readonly model: string;
  readonly quantiles: readonly Float64Array[];
  readonly scores: readonly SeriesScore[];
}

const BOOTSTRAP_SEED = 1;

export function compared(task: AccuracyTask, model: Scored, against: Scored): ModelComparison {
  return {
    against: against.model,
    dieboldMariano: testedDifference(task, model, against),
    lossRatio: bootstrappedRatio(model, against),
  };
}

function bootstrappedRatio(model: Scored, against: Scored): LossRatio {
  const blocks = model.scores.map((score, series) => ({
    challenger: pooledLoss(score),
    rival: pooledLoss(against.scores[series] as SeriesScore),
  }));
  const { share, low, high } = improvementOf(blocks, seededRng(BOOTSTRAP_SEED));
  return { ratio: 1 - share, low: 1 - high, high: 1 - low };
}

/** Over origins in time where there are many; over series where each is forecast once. */
function testedDifference(task: AccuracyTask, model: Scored, against: Scored): Comparison {
  const first = scaledLosses(task, model.quantiles);
  const second = scaledLosses(task, against.quantiles);
  const origins = Math.min(...first.map((losses) => losses.length));
  if (origins === 1) {
    const differences = first.map((losses, series) => (losses[0] ?? 0) - (second[series]?.[0] ?? 0));
    return dieboldMariano(differences, 1);
  }
  const differences = new Float64Array(origins);
  first.forEach((losses, series) => {
    for (let t = 0; t < origins; t++) differences[t] = (differences[t] ?? 0) + (losses[t] ?? 0) - (second[series]?.[t] ?? 0);
  });
  return dieboldMariano(differences, overlapOf(task));
}

/** Origins whose horizon reaches into that of the first. */
function overlapOf({ grid, series }: AccuracyTask): number {
  const { history, origins } = series[0] as AccuracyTask['series'][number];
  const stepBins = (origins[1]?.historyBins ?? 0) - (origins[0]?.historyBins ?? 0);
  return Math.max(1, Math.ceil((grid.leadsMs.at(-1) ?? 0) / history.binMs / Math.max(1, stepBins)));
}

/** Series by series and origin by origin of the test: mean pinball loss over leads and levels, in units of the series' scale. */
function scaledLosses(task: AccuracyTask, quantiles: readonly Float64Array[]): Float64Array[] {
  const { leadsMs, levels } = task.grid;
  return task.series.map((series, index) => {
    const { history, origins, testFrom } = series;
    const scales = leadsMs.map((_, lead) => seasonalScale(task, series, lead));
    const losses = new Float64Array(origins.length - testFrom);
    for (let origin = testFrom; origin < origins.length; origin++) {
      let sum = 0;
      for (let lead = 0; lead < leadsMs.length; lead++) {
        const demand = outcome(history, task.grid, origins[origin]?.historyBins ?? 0, lead);
        const scale = scales[lead] ?? NaN;
        if (Number.isNaN(demand) || !(scale > 0)) continue;
        const at = (origin * leadsMs.length + lead) * levels.length;
        for (let i = 0; i < levels.length; i++) sum += pinballLoss(demand, quantiles[index]?.[at + i] ?? 0, levels[i] ?? 0.5) / scale;
      }
      losses[origin - testFrom] = sum / (leadsMs.length * levels.length);
    }
    return losses;
  });
}

function pooledLoss({ leads }: SeriesScore): number {
  return leads.reduce((sum, { pinball }) => sum + pinball.reduce((total, loss) => total + loss, 0), 0);
}

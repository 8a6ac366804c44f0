/** The models of the accuracy bench, by name: what each is, on which tasks it runs unasked, and what to expect of its time. */

import type { ModelRole } from '../../backtest/accuracy/report.ts';
import type { AccuracyTask } from '../../backtest/accuracy/task.ts';
import { SequenceError } from '../../core/errors.ts';
import { arima } from '../../models/arima/arima-forecaster.ts';
import type { SeriesForecaster } from '../../models/contract.ts';
import { ets } from '../../models/ets/ets-forecaster.ts';
import { mstlEts } from '../../models/ets/mstl-forecaster.ts';
import { LogRegression } from '../../models/online/log-regression.ts';
import { onlineForecaster } from '../../models/online/online-forecaster.ts';
import { prophet } from '../../models/prophet/prophet-forecaster.ts';
import { ewmaRatio } from '../../models/series/ewma-ratio-series.ts';
import { maximum } from '../../models/series/maximum-series.ts';
import { lastValue, meanRate, seasonalNaive } from '../../models/series/naive.ts';
import { reactive } from '../../models/series/reactive-series.ts';
import { seasonalEmpirical } from '../../models/series/seasonal-empirical-series.ts';
import { type LstmTraining, TrainedLstm } from './trained-lstm.ts';

/** Some hold a thread, and are closed when they are done. */
export interface BenchedForecaster extends SeriesForecaster {
  close?(): Promise<void>;
}

export interface CatalogueModel {
  readonly role: Exclude<ModelRole, 'mixture'>;
  /** Tasks on which it runs where no models are named, by how they give feedback. */
  readonly runsOn: readonly AccuracyTask['feedback'][];
  /** As what a mixture takes it in, by how the task gives feedback; not at all where left out. */
  readonly voices: Partial<Record<AccuracyTask['feedback'], readonly VoiceKind[]>>;
  /** Its voice that carries the tail of an online mixture: the study's mean of the EWMA-ratio and the LSTM (section 1). */
  readonly tail?: VoiceKind;
  /** Chance plays a part: another seed, another forecast. */
  readonly hasSeed?: boolean;
  /** What to expect on one free core, where it is more than a minute. */
  readonly time?: string;
  readonly create: (training: LstmTraining) => BenchedForecaster;
}

/** `itself`: what it says. `calibrated`: its median, with quantiles by what came of it lately. */
export type VoiceKind = 'itself' | 'calibrated';

const BOTH: readonly AccuracyTask['feedback'][] = ['online', 'before'];

/** Of the newest bin in the rate: the study's, and the two that were best at short leads on the tuning part of the count series. */
const QUICK_SMOOTHING = 0.4;
const QUICKEST_SMOOTHING = 0.7;

export const CATALOGUE: Readonly<Record<string, CatalogueModel>> = {
  naive: { role: 'baseline', runsOn: BOTH, voices: {}, create: lastValue },
  'mean-rate': { role: 'baseline', runsOn: [], voices: {}, create: meanRate },
  'seasonal-naive-point': { role: 'baseline', runsOn: ['before'], voices: {}, create: () => seasonalNaive({ spread: 'none' }) },
  'seasonal-naive': { role: 'baseline', runsOn: BOTH, voices: { before: ['itself'] }, create: () => seasonalNaive() },
  'ewma-ratio': { role: 'baseline', runsOn: BOTH, voices: { online: ['itself'] }, tail: 'itself', create: () => ewmaRatio() },
  'ewma-ratio-quick': {
    role: 'baseline',
    runsOn: ['online'],
    voices: { online: ['itself'] },
    tail: 'itself',
    create: () => ewmaRatio(QUICK_SMOOTHING),
  },
  'ewma-ratio-quickest': {
    role: 'baseline',
    runsOn: ['online'],
    voices: { online: ['itself'] },
    create: () => ewmaRatio(QUICKEST_SMOOTHING),
  },
  reactive: { role: 'baseline', runsOn: BOTH, voices: {}, create: reactive },
  'seasonal-empirical': {
    role: 'baseline',
    runsOn: BOTH,
    voices: { online: ['calibrated'], before: ['itself'] },
    create: seasonalEmpirical,
  },
  maximum: { role: 'baseline', runsOn: [], voices: {}, create: () => maximum(seasonalEmpirical()) },
  // As it runs in the fold, in bins of ten seconds: only where the series' own are multiples of that and leads are totals.
  'log-regression': {
    role: 'expert',
    runsOn: [],
    voices: {},
    time: 'some four minutes a series',
    create: () => onlineForecaster('log-regression@1', (history, horizonMs) => new LogRegression(history, horizonMs)),
  },
  ets: { role: 'expert', runsOn: ['before'], voices: { before: ['itself'] }, time: 'about two minutes on M4', create: ets },
  'mstl-ets': { role: 'expert', runsOn: ['before'], voices: { before: ['itself'] }, time: 'a minute or two on M4', create: mstlEts },
  arima: { role: 'expert', runsOn: ['before'], voices: { before: ['itself'] }, time: 'about ten minutes on M4', create: () => arima() },
  prophet: {
    role: 'expert',
    runsOn: ['before'],
    voices: { before: ['itself'] },
    time: 'three to ten minutes on M4',
    create: () => prophet(),
  },
  lstm: {
    role: 'expert',
    runsOn: BOTH,
    voices: { online: ['itself', 'calibrated'], before: ['itself'] },
    tail: 'calibrated',
    hasSeed: true,
    time: 'five to ten minutes a training on a free core',
    create: (training) => new TrainedLstm(training),
  },
};

/** The name under which what all are combined to is asked for and shown. */
export const MIXTURE = 'mixture';

/** Models to run on a task: those named, or else those that run unasked. */
export function chosenModels(names: readonly string[] | undefined, task: AccuracyTask): string[] {
  if (names === undefined) return [...Object.keys(CATALOGUE).filter((name) => CATALOGUE[name]?.runsOn.includes(task.feedback)), MIXTURE];
  const unknown = names.filter((name) => name !== MIXTURE && CATALOGUE[name] === undefined);
  if (unknown.length > 0) {
    const known = [...Object.keys(CATALOGUE), MIXTURE].join(', ');
    throw new SequenceError('SEQ_CONFIG_INVALID', `--models: there is no model ${unknown.join(', ')}; there are: ${known}`);
  }
  return [...new Set(names)];
}

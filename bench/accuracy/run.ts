/** Runs the models of one task, one after the other, then the mixture of what they said, and reports. */
import { calibratedTable } from '../../backtest/accuracy/calibrated-table.ts';
import { forecastTask } from '../../backtest/accuracy/evaluation.ts';
import type { ForecastTable } from '../../backtest/accuracy/forecast-table.ts';
import { meanTable } from '../../backtest/accuracy/mean-table.ts';
import { mixtureOf, type Voice } from '../../backtest/accuracy/mixture-of.ts';
import { type AccuracyReport, accuracyReport, type Manifest, type ReportedModel } from '../../backtest/accuracy/report.ts';
import type { AccuracyTask } from '../../backtest/accuracy/task.ts';
import { seasonalNaive } from '../../models/series/naive.ts';
import { CATALOGUE, type CatalogueModel, MIXTURE } from './catalogue.ts';
import type { KeptForecasts } from './kept-forecasts.ts';
import type { Progress } from './progress.ts';

export interface MeasureOptions {
  readonly seed: number;
  readonly progress: Progress;
  readonly manifest: Manifest;
  readonly kept?: KeptForecasts;
  readonly trainMinutes?: number;
  /** For models that chance plays a part in; one by default. */
  readonly seeds?: number;
}

interface RunModel extends ReportedModel {
  readonly name: string;
}

/** Answers where a model refuses, and is what everything is shown relative to. */
const STAND_IN = 'seasonal-naive';

export async function measuredTask(task: AccuracyTask, names: readonly string[], options: MeasureOptions): Promise<AccuracyReport> {
  const { progress, manifest } = options;
  const run: RunModel[] = [];
  for (const name of names.filter((each) => each !== MIXTURE)) {
    const model = CATALOGUE[name] as CatalogueModel;
    run.push({ ...(await measuredModel(task, name, model, options)), name });
  }
  const standIn = run.find(({ name }) => name === STAND_IN)?.table ?? (await silentTable(task, options));
  const reported: ReportedModel[] = [...run];
  const experts = run.flatMap(({ name, table }) => voicesOf(task, name, table));
  if (names.includes(MIXTURE) && experts.length > 0) {
    progress.begin(`${task.name}: ${MIXTURE}`);
    reported.push({ ...mixtureOf(task, experts, () => performance.now()), role: 'mixture' });
    progress.end(`${experts.length} voices mixed`);
  }
  return accuracyReport(task, reported, standIn, manifest);
}

function voicesOf(task: AccuracyTask, name: string, table: ForecastTable): Voice[] {
  const { voices, tail } = CATALOGUE[name] as CatalogueModel;
  return (voices[task.feedback] ?? []).map((kind) => ({
    name: kind === 'itself' ? name : `${name} ${kind}`,
    table: kind === 'itself' ? table : calibratedTable(task, table),
    tail: kind === tail,
  }));
}

async function measuredModel(
  task: AccuracyTask,
  name: string,
  model: CatalogueModel,
  options: MeasureOptions,
): Promise<Pick<ReportedModel, 'table' | 'role' | 'seeds'>> {
  const count = model.hasSeed === true ? (options.seeds ?? 1) : 1;
  const seeds: ForecastTable[] = [];
  for (let i = 0; i < count; i++) seeds.push(await seededTable(task, name, model, options.seed + i, options));
  const [first] = seeds;
  return { table: seeds.length > 1 ? meanTable(seeds) : (first as ForecastTable), role: model.role, seeds };
}

async function seededTable(
  task: AccuracyTask,
  name: string,
  model: CatalogueModel,
  seed: number,
  { progress, kept, trainMinutes }: MeasureOptions,
): Promise<ForecastTable> {
  const title = `${task.name}: ${name}${model.hasSeed === true ? `, seed ${seed}` : ''}`;
  const former = kept?.find(task, name, seed);
  if (former !== undefined) {
    progress.begin(title);
    progress.end('forecasts kept from a former run taken');
    return former;
  }
  progress.begin(title, model.time);
  const forecaster = model.create({
    nowMs: () => performance.now(),
    // Two origins only: the model that a mixture's weights are learnt with, and the one of the test.
    inFull: task.feedback === 'before',
    onStep: (step, steps) => progress.done(step / steps, `step ${step} of ${steps}`),
    ...(trainMinutes === undefined ? {} : { minutesMax: trainMinutes }),
  });
  const table = await forecastTask(forecaster, task, { seed, nowMs: () => performance.now(), onProgress: (done) => progress.done(done) });
  await forecaster.close?.();
  const refused = Object.values(table.refusals).reduce((sum, each) => sum + each, 0);
  progress.end(`${table.cost.fits} fits, ${table.cost.predictions} forecasts, ${refused} refused`);
  kept?.keep(task, name, seed, table);
  return table;
}

/** The stand-in, where it is not among the models that were asked for. */
function silentTable(task: AccuracyTask, { seed }: MeasureOptions): Promise<ForecastTable> {
  return forecastTask(seasonalNaive(), task, { seed, nowMs: () => performance.now() });
}

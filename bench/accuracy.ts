/**
 * `seqcast bench accuracy`: how well each forecaster, and the mixture of them, forecasts what is in a folder of data. Models run one
 * after the other; a leaderboard for each task goes to standard output, and into a folder of results where one is named.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { leaderboard } from '../backtest/accuracy/leaderboard.ts';
import type { AccuracyReport, Manifest } from '../backtest/accuracy/report.ts';
import { tasksIn } from '../backtest/accuracy/tasks.ts';
import { SequenceError } from '../core/errors.ts';
import { VERSION } from '../core/version.ts';
import { chosenModels } from './accuracy/catalogue.ts';
import { figuresOf } from './accuracy/figures.ts';
import { KeptForecasts } from './accuracy/kept-forecasts.ts';
import { Progress } from './accuracy/progress.ts';
import { measuredTask } from './accuracy/run.ts';
import { commit } from './commit.ts';
import type { BenchRequest } from './request.ts';
import type { BenchResult } from './result.ts';

/** Beside the checkout, where there is one. */
const DATA_DEFAULT = '../shared/data';
const SEED = 1;

export async function run(request: BenchRequest): Promise<BenchResult[]> {
  const { data, models, tasks: wanted, limit, results, forecasts } = request.accuracy ?? {};
  const directory = data ?? (existsSync(DATA_DEFAULT) ? DATA_DEFAULT : undefined);
  if (directory === undefined) throw new SequenceError('SEQ_CONFIG_INVALID', '--data: name the folder with the data to be forecast');
  const tasks = tasksIn(directory, limit === undefined ? {} : { limit });
  const known = tasks.map(({ name }) => name);
  const unknown = wanted?.filter((name) => !known.includes(name)) ?? [];
  if (unknown.length > 0)
    throw new SequenceError('SEQ_CONFIG_INVALID', `--tasks: no ${unknown.join(', ')}; there are: ${known.join(', ')}`);
  const progress = new Progress(request.progress, () => performance.now());
  const kept = forecasts === undefined ? undefined : new KeptForecasts(forecasts);
  const figures: BenchResult[] = [];
  for (const task of tasks.filter(({ name }) => wanted === undefined || wanted.includes(name))) {
    const names = chosenModels(models, task);
    const report = await measuredTask(task, names, {
      seed: SEED,
      progress,
      manifest: manifestOf(request),
      ...(kept === undefined ? {} : { kept }),
      ...(request.accuracy?.trainMinutes === undefined ? {} : { trainMinutes: request.accuracy.trainMinutes }),
      ...(request.accuracy?.seeds === undefined ? {} : { seeds: request.accuracy.seeds }),
    });
    request.out(request.json ? JSON.stringify(report) : leaderboard(report));
    if (results !== undefined) write(results, report);
    figures.push(...figuresOf(report));
  }
  return figures;
}

function write(directory: string, report: AccuracyReport): void {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `accuracy-${report.task.name}`);
  writeFileSync(`${path}.json`, `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(`${path}.md`, leaderboard(report));
}

function manifestOf({ accuracy = {} }: BenchRequest): Manifest {
  const flags = [
    ['--data', accuracy.data],
    ['--tasks', accuracy.tasks?.join(',')],
    ['--models', accuracy.models?.join(',')],
    ['--limit', accuracy.limit],
    ['--seeds', accuracy.seeds],
    ['--train-minutes', accuracy.trainMinutes],
  ].flatMap(([flag, value]) => (value === undefined ? [] : [`${flag} ${value}`]));
  const command = ['seqcast bench accuracy', ...flags].join(' ');
  return { command, commit: commit(), version: VERSION, node: process.version, seed: SEED, files: [] };
}

/**
 * The tasks that a folder of data holds: M4's hourly series where its files are there, and count series grouped by the length of
 * their bins. Files are looked for in the folder and in its folders, one level down.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { SeriesHistory } from '../../models/contract.ts';
import { parseCountSeries } from './count-series.ts';
import { type DataFile, dataError, digestOf, type FileDigest, readDataFile } from './data-file.ts';
import { m4Histories, parseM4Rows } from './m4-layout.ts';
import { type Origin, rollingOrigins } from './rolling-origin.ts';
import type { AccuracyTask, TaskSeries } from './task.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const HOURLY = { name: 'm4-hourly', train: /^Hourly-train[.]csv([.]gz)?$/, test: /^Hourly-test[.]csv([.]gz)?$/ };
const HOURLY_HORIZON = 48;
const HOURLY_WINDOWS = 3;
const HOURLY_LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
/** Bins that stand for 5, 15, 30 and 60 minutes where a bin is five minutes. */
const COUNT_LEADS = [1, 3, 6, 12];
const COUNT_LEVELS = [0.1, 0.5, 0.9, 0.95, 0.99];
/** Of a count series: where training ends, and where the test begins. */
const TRAIN_SHARE = 0.7;
const TEST_SHARE = 0.8;
const TWITTER = /^Twitter_volume_/;
/** A folder with more is hardly meant to be judged as one. */
const FILES_MAX = 2_000;

export interface TaskOptions {
  /** At most so many series of each task: a quick look. */
  readonly limit?: number;
}

export function tasksIn(directory: string, options: TaskOptions): AccuracyTask[] {
  if (!existsSync(directory)) throw dataError(directory, 'there is no such folder');
  const paths = dataFiles(directory);
  const tasks = [hourlyTask(paths, options), ...countTasks(paths, options)].filter((task) => task !== undefined);
  if (tasks.length === 0) {
    throw dataError(directory, 'no data is there: Hourly-train.csv in the layout of M4, or CSV files with the header timestamp,value');
  }
  return tasks;
}

function dataFiles(directory: string): string[] {
  const entries = readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const inside = entries.filter((entry) => entry.isDirectory()).map((entry) => join(directory, entry.name));
  const paths = [directory, ...inside].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /[.]csv([.]gz)?$/.test(name))
      .sort()
      .map((name) => join(folder, name)),
  );
  if (paths.length > FILES_MAX) throw dataError(directory, `${paths.length} CSV files; at most ${FILES_MAX} are looked at`);
  return paths;
}

function hourlyTask(paths: readonly string[], { limit = Infinity }: TaskOptions): AccuracyTask | undefined {
  const trainPath = paths.find((path) => HOURLY.train.test(basename(path)));
  if (trainPath === undefined) return undefined;
  const testPath = paths.find((path) => HOURLY.test.test(basename(path)));
  const files = [trainPath, testPath].filter((path) => path !== undefined).map(readDataFile);
  const [train, test] = files.map(parseM4Rows);
  const histories = m4Histories((train ?? []).slice(0, limit), test, HOUR_MS);
  return {
    name: HOURLY.name,
    files: files.map(digestOf),
    test:
      testPath === undefined
        ? `the last ${HOURLY_HORIZON} points of each training series, which nothing was fitted to`
        : 'the test file, whose values nothing was fitted to',
    series: histories.map(hourlySeries).filter(({ origins }) => origins.length > 0),
    seasonsBins: [24, 168],
    scaleSeasonBins: 24,
    grid: { leadsMs: Array.from({ length: HOURLY_HORIZON }, (_, i) => (i + 1) * HOUR_MS), levels: HOURLY_LEVELS, of: 'bin' },
    intervals: [[0.1, 0.9]],
    feedback: 'before',
  };
}

/** Two origins at which weights are learnt, from one fit before both; then the test, fitted anew to all that lies before it. */
function hourlySeries(history: SeriesHistory): TaskSeries {
  const origins = rollingOrigins({
    bins: history.demand.length,
    horizonBins: HOURLY_HORIZON,
    windows: HOURLY_WINDOWS,
    stepBins: HOURLY_HORIZON,
    refitEvery: HOURLY_WINDOWS - 1,
  });
  return { history, origins, testFrom: origins.length - 1, trainBins: history.demand.length - HOURLY_HORIZON };
}

function countTasks(paths: readonly string[], { limit = Infinity }: TaskOptions): AccuracyTask[] {
  const groups = new Map<string, { files: FileDigest[]; histories: SeriesHistory[] }>();
  for (const path of paths) {
    const file = countFile(path);
    if (file === undefined) continue;
    const history = parseCountSeries(file);
    const name = TWITTER.test(file.name) ? 'nab-twitter' : `counts-${shownBin(history.binMs)}`;
    const group = groups.get(name) ?? { files: [], histories: [] };
    groups.set(name, group);
    if (group.histories.length >= limit) continue;
    if (group.histories.some(({ binMs }) => binMs !== history.binMs)) {
      throw dataError(path, `its bins are ${history.binMs} ms long, those of the others of ${name} are not`);
    }
    group.files.push(digestOf(file));
    group.histories.push(history);
  }
  return [...groups].map(([name, { files, histories }]) => countTask(name, files, histories));
}

function countFile(path: string): DataFile | undefined {
  if (HOURLY.train.test(basename(path)) || HOURLY.test.test(basename(path))) return undefined;
  const file = readDataFile(path);
  return /^timestamp,value\s/i.test(file.text) ? file : undefined;
}

function countTask(name: string, files: readonly FileDigest[], histories: readonly SeriesHistory[]): AccuracyTask {
  const binMs = histories[0]?.binMs ?? HOUR_MS;
  const dayBins = Math.round(DAY_MS / binMs);
  return {
    name,
    files,
    test: 'every bin of the last 20 % of each series; fitted once, to its first 70 %; the 10 % between may set weights and constants',
    series: histories.map(countSeries).filter(({ origins, testFrom }) => origins.length > testFrom),
    seasonsBins: dayBins >= 2 ? [dayBins, 7 * dayBins] : [7],
    scaleSeasonBins: Math.max(1, dayBins),
    grid: { leadsMs: COUNT_LEADS.map((bins) => bins * binMs), levels: COUNT_LEVELS, of: 'total' },
    intervals: [[0.1, 0.9]],
    feedback: 'online',
  };
}

function countSeries(history: SeriesHistory): TaskSeries {
  const bins = history.demand.length;
  const trainBins = Math.floor(TRAIN_SHARE * bins);
  const horizonBins = COUNT_LEADS.at(-1) ?? 1;
  const windows = Math.max(1, bins - horizonBins - trainBins + 1);
  const origins: Origin[] = rollingOrigins({ bins, horizonBins, windows, stepBins: 1, refitEvery: Infinity });
  const testFrom = origins.findIndex(({ historyBins }) => historyBins >= TEST_SHARE * bins);
  return { history, origins, testFrom: testFrom === -1 ? origins.length : testFrom, trainBins };
}

function shownBin(binMs: number): string {
  if (binMs % DAY_MS === 0) return `${binMs / DAY_MS}d`;
  if (binMs % HOUR_MS === 0) return `${binMs / HOUR_MS}h`;
  return binMs % 60_000 === 0 ? `${binMs / 60_000}min` : `${binMs / 1_000}s`;
}

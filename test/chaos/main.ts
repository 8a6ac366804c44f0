/**
 * `npm run chaos -- --minutes 10 --seed S`: one run. `--seeds N` runs N of them one after the other, from `--seed` on, and adds up what there
 * is after each. Exits 1 where a promise was broken. docs/guides/chaos.md says what is done, what is checked and how to read the report.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FAULT_NAMES } from './nemesis.ts';
import { positive } from './positive.ts';
import { aggregateOf } from './reports/aggregate.ts';
import { aggregateText, writeAggregate } from './reports/aggregate-page.ts';
import { type RunReport, reportText, writeReport } from './reports/report.ts';
import { run } from './run.ts';

const RESULTS = join(import.meta.dirname, 'results');
const TOGETHER = '0.8';
const STORM = '16';

const { values: given } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    /** Calls a second, relative to the usual ones. */
    pace: { type: 'string', default: '1' },
    only: { type: 'string' },
    /** Faults of a storm at most; 1: single faults. */
    storm: { type: 'string', default: STORM },
    /** Share of faults that begin while another one is on. */
    together: { type: 'string', default: TOGETHER },
    without: { type: 'string' },
    /** `dist/` of an older version, which is upgraded. */
    old: { type: 'string' },
    results: { type: 'string', default: RESULTS },
    keep: { type: 'boolean', default: false },
  },
});

const only = given.only?.split(',');
const unknown = only?.filter((name) => !FAULT_NAMES.includes(name)) ?? [];
if (unknown.length > 0) throw new Error(`--only ${unknown.join(',')}: there are ${FAULT_NAMES.join(', ')}`);
const old = given.old === undefined ? undefined : resolve(given.old);
if (old !== undefined && !existsSync(join(old, 'cli/main.js'))) throw new Error(`--old ${old} is not the dist/ of a version`);

const minutes = positive('minutes', given.minutes);
const first = positive('seed', given.seed);
const seeds = positive('seeds', given.seeds);
const pace = positive('pace', given.pace);
const storm = positive('storm', given.storm);
const together = Number(given.together);
const planted = given.without;

function commandOf(which: string): string {
  const flags = [
    `--minutes ${minutes} ${which}`,
    pace === 1 ? '' : `--pace ${pace}`,
    only ? `--only '${only.join(',')}'` : '',
    given.storm === STORM ? '' : `--storm ${storm}`,
    given.together === TOGETHER ? '' : `--together ${together}`,
    planted ? `--without ${planted}` : '',
    old ? '--old DIST' : '',
  ];
  return `npm run chaos -- ${flags.filter((flag) => flag !== '').join(' ')}`;
}

const suffix = `${planted === undefined ? '' : `-without-${planted}`}${old === undefined ? '' : '-upgraded'}`;
const reports: RunReport[] = [];
/** Runs that came to no end, such as one whose engines did not start: they say nothing of any promise, and are named. */
const ended: string[] = [];
for (let seed = first; seed < first + seeds; seed++) {
  try {
    const command = commandOf(`--seed ${seed}`);
    const report = await run({ seed, minutes, pace, only, storm, together, planted, old, command, keeps: given.keep });
    reports.push(report);
    console.log(`${reportText(report)}\nreport: ${writeReport(given.results, `seed-${seed}${suffix}`, report)}\n`);
  } catch (error) {
    ended.push(`seed ${seed}: ${String(error)}`);
    console.error(error);
  }
  if (seeds === 1) continue;
  const aggregate = aggregateOf(reports, { command: commandOf(`--seed ${first} --seeds ${seeds}`), seedsPlanned: seeds, ended });
  const file = writeAggregate(given.results, `seeds-${first}-to-${first + seeds - 1}${suffix}`, aggregate);
  console.log(`${aggregateText(aggregate)}\nreport: ${file}\n`);
}
process.exitCode = ended.length === 0 && reports.every(({ ok }) => ok) ? 0 : 1;

/**
 * `npm run chaos -- --minutes 10 --seed S`: one run. `--seeds N` runs N of them one after the other, from `--seed` on, and adds them up.
 * Exits 1 where a promise was broken. docs/guides/chaos.md says what is done, what is checked and how to read the report.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { aggregateOf, aggregateText } from './aggregate.ts';
import { FAULTS } from './nemesis.ts';
import { type RunReport, reportText, writeReport } from './report.ts';
import { run } from './run.ts';

const RESULTS = join(import.meta.dirname, 'results');

const { values: given } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '1' },
    /** Calls a second, relative to the usual ones. */
    pace: { type: 'string', default: '1' },
    only: { type: 'string' },
    /** Share of faults that another one joins. */
    together: { type: 'string', default: '0.25' },
    without: { type: 'string' },
    results: { type: 'string', default: RESULTS },
    keep: { type: 'boolean', default: false },
  },
});

function positive(name: string, text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new Error(`--${name} ${text} is not a number above 0`);
  return number;
}

const only = given.only?.split(',');
const unknown = only?.filter((name) => !FAULTS.some((fault) => fault.name === name)) ?? [];
if (unknown.length > 0) throw new Error(`--only ${unknown.join(',')}: there are ${FAULTS.map(({ name }) => name).join(', ')}`);

const minutes = positive('minutes', given.minutes);
const first = positive('seed', given.seed);
const seeds = positive('seeds', given.seeds);
const pace = positive('pace', given.pace);
const together = Number(given.together);
const planted = given.without;
const reports: RunReport[] = [];
for (let seed = first; seed < first + seeds; seed++) {
  const flags = [
    `--minutes ${minutes} --seed ${seed}`,
    pace === 1 ? '' : `--pace ${pace}`,
    only ? `--only '${only.join(',')}'` : '',
    together === 0.25 ? '' : `--together ${together}`,
    planted ? `--without ${planted}` : '',
  ];
  const command = `npm run chaos -- ${flags.filter((flag) => flag !== '').join(' ')}`;
  const report = await run({ seed, minutes, pace, only, together, planted, command, keeps: given.keep });
  reports.push(report);
  const name = `seed-${seed}${planted === undefined ? '' : `-without-${planted}`}`;
  console.log(`${reportText(report)}\nreport: ${writeReport(given.results, name, report)}\n`);
}
if (seeds > 1) {
  const aggregate = aggregateOf(reports);
  const file = writeReport(given.results, `seeds-${first}-to-${first + seeds - 1}`, aggregate);
  console.log(`${aggregateText(aggregate)}\nreport: ${file}`);
}
process.exitCode = reports.every(({ ok }) => ok) ? 0 : 1;

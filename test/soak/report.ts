/** What a soak found, as JSON with every minute and as a page. */
import { writeFileSync } from 'node:fs';
import { commit } from '../../bench/commit.ts';
import { type Machine, thisMachine, today } from '../../bench/machine.ts';
import { table } from '../../cli/table.ts';
import { writeReport } from '../chaos/reports/report.ts';
import type { Compared } from './flat.ts';
import type { Minute } from './minutes.ts';

export interface Kill {
  readonly minute: number;
  readonly worker: string;
  /** Until every worker was ready again. */
  readonly readyAfterSeconds: number;
  /** The longest wait of any call in that minute and the next. */
  readonly highestMs: number;
}

export interface SoakReport {
  readonly command: string;
  readonly commit: string;
  readonly date: string;
  readonly machine: Machine;
  readonly minutes: number;
  readonly ok: boolean;
  readonly missed: readonly string[];
  readonly values: number;
  readonly duplicates: number;
  readonly calls: number;
  readonly callsPerSecond: number;
  /** Of all cores, engines, workers and callers together. */
  readonly machineBusyShare: number;
  readonly audit: { readonly ok: boolean; readonly duplicates: string };
  /** Of an hour that was over, each minute that there was one. */
  readonly rollups: { readonly done: number; readonly failures: readonly string[] };
  readonly kills: readonly Kill[];
  readonly diedByThemselves: number;
  readonly compared: readonly Compared[];
  readonly series: readonly Minute[];
}

/** A run that compares nothing has not shown that anything stayed flat. */
const WHAT_IS_COMPARED = ['memory', 'descriptors', 'lag', 'latency p50', 'latency p99'];
const COMMIT = commit();
const shown = (n: number, digits = 1): string => n.toLocaleString('en', { maximumFractionDigits: digits });

export function soakReport(
  found: Omit<SoakReport, 'ok' | 'missed' | 'commit' | 'date' | 'machine' | 'callsPerSecond' | 'minutes'>,
): SoakReport {
  const minutes = found.series.length;
  const missed = [
    ...found.compared
      .filter(({ flat }) => !flat)
      .map(({ what, of, early, late, unit }) => `${what} of ${of} grew from ${shown(early)} to ${shown(late)} ${unit}`),
    ...WHAT_IS_COMPARED.filter((what) => found.compared.every((each) => each.what !== what)).map(
      (what) => `too short a run to compare ${what}`,
    ),
    ...(found.duplicates > 0 ? [`${found.duplicates} values came twice`] : []),
    ...(found.audit.ok ? [] : ['the audit is not ok']),
    ...(found.rollups.done === 0 ? ['no hour was over in time to be rolled up: begin shortly before a full hour'] : []),
    ...found.rollups.failures.map((failure) => `a roll-up failed: ${failure}`),
    ...(found.diedByThemselves > 0 ? [`${found.diedByThemselves} workers ended by themselves`] : []),
  ];
  return {
    ...{ command: found.command, commit: COMMIT, date: today(), machine: thisMachine(), minutes },
    ...{ ok: missed.length === 0, missed },
    ...found,
    callsPerSecond: found.calls / (minutes * 60),
  };
}

export function soakText(report: SoakReport): string {
  return [table(HEAD, rowsOf(report.compared)), ...facts(report)].join('\n');
}

/** Writes `NAME.json` and `NAME.md`, and says where. */
export function writeSoak(directory: string, name: string, report: SoakReport): string {
  const file = writeReport(directory, name, report);
  writeFileSync(file.replace(/json$/, 'md'), page(report));
  return file;
}

const HEAD = ['what', 'of', 'early', 'late', 'at most', 'flat'];

function rowsOf(compared: readonly Compared[]): string[][] {
  return compared.map(({ what, of, unit, early, late, most, flat }) => [
    ...[what, of, `${shown(early)} ${unit}`.trim(), shown(late), shown(most), flat ? 'yes' : 'NO'],
  ]);
}

function facts(report: SoakReport): string[] {
  const { kills, audit, rollups } = report;
  return [
    `${report.minutes} minutes, ${shown(report.values)} values in ${shown(report.calls)} calls (${shown(report.callsPerSecond)} a second); the machine was ${shown(report.machineBusyShare * 100, 0)} % busy`,
    ...kills.map(
      ({ minute, worker, readyAfterSeconds, highestMs }) =>
        `minute ${minute}: \`kill -9\` of ${worker}; all ready ${shown(readyAfterSeconds)} s after it was started again, the longest wait of a call ${shown(highestMs / 1_000)} s`,
    ),
    `hours rolled up: ${rollups.done}`,
    `duplicates: ${report.duplicates}; audit: ${audit.ok ? 'ok' : 'NOT ok'}, ${audit.duplicates} duplicates; workers that ended by themselves: ${report.diedByThemselves}`,
    report.ok ? 'ok: all of it stayed flat' : `NOT ok: ${report.missed.join('; ')}`,
  ];
}

function page(report: SoakReport): string {
  const { command, commit: of, machine, compared } = report;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    '# Soak',
    '',
    `\`${command}\`, commit ${of}, ${machine.cores} cores, ${report.date}. [What it means](../../../docs/guides/chaos.md#two-hours-of-the-demo).`,
    '',
    ...facts(report).map((each) => `- ${each}`),
    '',
    ...[line(HEAD), line(HEAD.map(() => '---')), ...rowsOf(compared).map(line)],
    '',
  ].join('\n');
}

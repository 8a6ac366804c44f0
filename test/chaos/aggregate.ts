/** Several runs added up: how many faults, values and reservations there were, and whether every promise held in all of them. */
import { table } from '../../cli/table.ts';
import type { RunReport } from './report.ts';

export interface Aggregate {
  readonly seeds: readonly number[];
  readonly commit: string;
  readonly command: string;
  readonly ok: boolean;
  readonly broken: readonly string[];
  readonly faultsInAll: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly kills: number;
  readonly values: number;
  readonly reservations: number;
  readonly numbersConfirmed: number;
  readonly keysAskedAgain: number;
  readonly outsideShareLowest: number;
  readonly outsideShareMean: number;
  readonly masterDeadCalls: number;
  readonly masterDeadShare: number;
  readonly burntPerFault: number;
}

export function aggregateOf(reports: readonly RunReport[]): Aggregate {
  const sum = (of: (report: RunReport) => number): number => reports.reduce((all, report) => all + of(report), 0);
  const faults: Record<string, number> = {};
  for (const { fault, times } of reports.flatMap((report) => report.faults)) faults[fault] = (faults[fault] ?? 0) + times;
  const masterDeadCalls = sum(({ throughput }) => throughput.masterDead.calls);
  const faultsInAll = sum((report) => report.faultsInAll);
  return {
    seeds: reports.map(({ seed }) => seed),
    commit: reports[0]?.commit ?? '',
    command: reports[0]?.command ?? '',
    ok: reports.every(({ ok }) => ok),
    broken: reports.flatMap(({ seed, broken }) => broken.map((each) => `seed ${seed}: ${each}`)),
    faultsInAll,
    faults,
    kills: Object.entries(faults).reduce((all, [name, times]) => all + (/kill|old data/.test(name) ? times : 0), 0),
    values: sum(({ judgement }) => judgement.values),
    reservations: sum(({ judgement }) => judgement.numbers.reservations),
    numbersConfirmed: sum(({ judgement }) => judgement.numbers.confirmed),
    keysAskedAgain: sum(({ judgement }) => judgement.keysAskedAgain),
    outsideShareLowest: Math.min(...reports.map(({ throughput }) => throughput.outsideShare)),
    outsideShareMean: sum(({ throughput }) => throughput.outsideShare) / reports.length,
    masterDeadCalls,
    masterDeadShare: masterDeadCalls === 0 ? 1 : sum(({ throughput }) => throughput.masterDead.withinASecond) / masterDeadCalls,
    burntPerFault: faultsInAll === 0 ? 0 : sum((report) => report.burntPerFault * report.faultsInAll) / faultsInAll,
  };
}

export function aggregateText(found: Aggregate): string {
  const rows = Object.entries(found.faults).map(([fault, times]) => [fault, times]);
  const share = (of: number): string => `${(of * 100).toFixed(2)} %`;
  return [
    table(['fault', 'times'], rows),
    `${found.seeds.length} seeds: ${found.faultsInAll} faults, ${found.values.toLocaleString('en')} values, ${found.reservations.toLocaleString('en')} reservations, ${found.keysAskedAgain.toLocaleString('en')} keys asked again`,
    `throughput outside of windows: ${share(found.outsideShareMean)} of the calm one, ${share(found.outsideShareLowest)} in the worst run`,
    `while an allocator was dead: ${share(found.masterDeadShare)} of ${found.masterDeadCalls.toLocaleString('en')} calls answered within 1 s`,
    found.ok ? 'ok: every promise held in every run' : `NOT ok: ${found.broken.join('; ')}`,
  ].join('\n');
}

/** Several runs added up: how many faults, values and reservations there were, and whether every promise held in all of them. */
import { median } from '../../../bench/median.ts';
import type { RunReport } from './report.ts';

export interface Aggregate {
  readonly command: string;
  readonly commit: string;
  readonly machine: RunReport['machine'];
  readonly seedsPlanned: number;
  /** Those that are over. */
  readonly seeds: readonly number[];
  /** No promise about values was broken: none twice, none from nowhere, no key with two answers, no gap, all accounted for. */
  readonly safe: boolean;
  /** And none about service either, and every run came to its end. */
  readonly ok: boolean;
  readonly unsafe: readonly string[];
  readonly missed: readonly string[];
  /** Runs that did not come to an end, and why. */
  readonly ended: readonly string[];
  readonly faultsInAll: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly storms: number;
  readonly kills: number;
  readonly values: number;
  readonly calls: number;
  readonly duplicates: number;
  readonly reservations: number;
  readonly numbersConfirmed: number;
  readonly keysAskedAgain: number;
  readonly ledgerRecords: number;
  readonly outsideSeconds: number;
  readonly outsideShareLowest: number;
  readonly outsideShareMean: number;
  readonly insideShareMean: number;
  readonly masterDeadCalls: number;
  readonly masterDeadShare: number;
  /** Of the calls before the first faults. */
  readonly calmWithinASecondShare: number;
  /** Of the run in the middle: a mean would say nothing of most runs where forecasts were poisoned in one of them. */
  readonly burntPerFaultMedian: number;
  readonly healthyAfterSecondsWorst: number;
  readonly runs: readonly RunSummary[];
}

interface RunSummary {
  readonly seed: number;
  readonly safe: boolean;
  readonly ok: boolean;
  readonly faults: number;
  readonly values: number;
  readonly outsideShare: number;
  readonly burntPerFault: number;
  readonly load: number;
}

/** Names of faults that end a process at once. */
const KILLS = /kill|old data|disk/;

export function aggregateOf(
  reports: readonly RunReport[],
  { command, seedsPlanned, ended }: { readonly command: string; readonly seedsPlanned: number; readonly ended: readonly string[] },
): Aggregate {
  const sum = (of: (report: RunReport) => number): number => reports.reduce((all, report) => all + of(report), 0);
  const mean = (of: (report: RunReport) => number): number => (reports.length === 0 ? 0 : sum(of) / reports.length);
  const named = (of: (report: RunReport) => readonly string[]): string[] =>
    reports.flatMap((report) => of(report).map((each) => `seed ${report.seed}: ${each}`));
  const faults: Record<string, number> = {};
  for (const { fault, times } of reports.flatMap((report) => report.faults)) faults[fault] = (faults[fault] ?? 0) + times;
  const masterDeadCalls = sum(({ throughput }) => throughput.masterDead.calls);
  return {
    command,
    commit: reports[0]?.commit ?? '',
    machine: reports[0]?.machine ?? { cores: 0, load: 0 },
    seedsPlanned,
    seeds: reports.map(({ seed }) => seed),
    safe: reports.every(({ safe }) => safe),
    ok: ended.length === 0 && reports.every(({ ok }) => ok),
    unsafe: named(({ unsafe }) => unsafe),
    missed: named(({ missed }) => missed),
    ended,
    faultsInAll: sum((report) => report.faultsInAll),
    faults,
    storms: sum(({ storms }) => storms.length),
    kills: Object.entries(faults).reduce((all, [name, times]) => all + (KILLS.test(name) ? times : 0), 0),
    values: sum(({ judgement }) => judgement.values),
    calls: sum(({ judgement }) => judgement.calls),
    duplicates: sum(({ judgement }) => judgement.counts.duplicate ?? 0),
    reservations: sum(({ judgement }) => judgement.numbers.reservations),
    numbersConfirmed: sum(({ judgement }) => judgement.numbers.confirmed),
    keysAskedAgain: sum(({ judgement }) => judgement.keysAskedAgain),
    ledgerRecords: sum(({ judgement }) => judgement.ledgerRecords.accepted),
    outsideSeconds: sum(({ throughput }) => throughput.outsideSeconds),
    outsideShareLowest: reports.length === 0 ? 0 : Math.min(...reports.map(({ throughput }) => throughput.outsideShare)),
    outsideShareMean: mean(({ throughput }) => throughput.outsideShare),
    insideShareMean: mean(({ throughput }) => throughput.insideShare),
    masterDeadCalls,
    masterDeadShare: masterDeadCalls === 0 ? 1 : sum(({ throughput }) => throughput.masterDead.withinASecond) / masterDeadCalls,
    calmWithinASecondShare: mean(({ throughput }) => throughput.masterDead.calmShare),
    burntPerFaultMedian: median(reports.map((report) => report.burntPerFault)),
    healthyAfterSecondsWorst: Math.max(0, ...reports.flatMap(({ storms }) => storms.map((storm) => storm.healthyAfterSeconds))),
    runs: reports.map(summaryOf),
  };
}

function summaryOf({ seed, safe, ok, faultsInAll, judgement, throughput, burntPerFault, machine }: RunReport): RunSummary {
  const { values } = judgement;
  const { outsideShare } = throughput;
  return { seed, safe, ok, faults: faultsInAll, values, outsideShare, burntPerFault, load: machine.load };
}

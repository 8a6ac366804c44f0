/** What a run found, as JSON to keep and as a page to read: faults, values, throughput through them, burn, and every broken promise. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { commit } from '../../../bench/commit.ts';
import { table } from '../../../cli/table.ts';
import type { Judgement } from '../checker/check.ts';
import type { Died } from '../installation/workers.ts';
import { AFTER_WELL_MS, type Happened } from '../nemesis.ts';
import type { Throughput } from './throughput.ts';

/** Promised outside of windows, of what there was before the first fault; "safe by never serving" fails. */
const OUTSIDE_SHARE_MIN = 0.9;
/** Promised of calls that are made while an allocator is dead. */
const MASTER_DEAD_SHARE_MIN = 0.99;
/** Fewer calls say nothing of one in a hundred. */
const MASTER_DEAD_CALLS_MIN = 100;
const OUTSIDE_SECONDS_MIN = 5;
/** Before the first report is written, which would be a change. */
const COMMIT = commit();

/** Promised of service; everything else that the judge may find is about values. */
const OF_SERVICE = new Set(['unanswered', 'never-healthy']);

export interface FaultKind {
  readonly fault: string;
  readonly times: number;
  readonly secondsMean: number;
  /** In all windows that had such a fault, whatever else they had. */
  readonly burnt: number;
}

export interface StormFound {
  readonly faults: number;
  readonly seconds: number;
  /** From when the last of its faults was healed. */
  readonly healthyAfterSeconds: number;
}

export interface RunReport {
  readonly command: string;
  readonly commit: string;
  readonly planted: string | null;
  readonly seed: number;
  readonly minutes: number;
  readonly machine: { readonly cores: number; readonly load: number };
  /** No promise about values was broken. */
  readonly safe: boolean;
  /** And none about service either. */
  readonly ok: boolean;
  readonly unsafe: readonly string[];
  readonly missed: readonly string[];
  readonly faults: readonly FaultKind[];
  readonly faultsInAll: number;
  readonly storms: readonly StormFound[];
  readonly throughput: Throughput;
  readonly judgement: Omit<Judgement, 'burns'>;
  readonly burntPerFault: number;
  readonly endedByThemselves: readonly Died[];
  readonly happened: readonly Happened[];
}

export function reportOf(
  found: Pick<RunReport, 'command' | 'planted' | 'seed' | 'minutes' | 'throughput' | 'happened' | 'endedByThemselves'> & {
    readonly judgement: Judgement;
  },
): RunReport {
  const { judgement, throughput, happened } = found;
  const { burns, ...judged } = judgement;
  const broken = (isOfService: boolean): string[] =>
    Object.entries(judgement.counts).flatMap(([kind, count]) => (OF_SERVICE.has(kind) === isOfService ? [`${count} x ${kind}`] : []));
  const unsafe = broken(false);
  const missed = [
    ...broken(true),
    ...(throughput.outsideSeconds >= OUTSIDE_SECONDS_MIN && throughput.outsideShare < OUTSIDE_SHARE_MIN
      ? [`throughput outside of windows is ${percent(throughput.outsideShare)} of the calm one`]
      : []),
    ...(throughput.masterDead.calls >= MASTER_DEAD_CALLS_MIN && throughput.masterDead.share < MASTER_DEAD_SHARE_MIN
      ? [`${percent(throughput.masterDead.share)} of calls were answered within a second while an allocator was dead`]
      : []),
  ];
  const burnt = burns.reduce((sum, { ordinals }) => sum + ordinals, 0);
  return {
    ...found,
    commit: COMMIT,
    machine: { cores: availableParallelism(), load: Number((loadavg()[0] ?? 0).toFixed(2)) },
    safe: unsafe.length === 0,
    ok: unsafe.length === 0 && missed.length === 0,
    unsafe,
    missed,
    faults: kindsOf(happened, burns),
    faultsInAll: happened.length,
    storms: stormsOf(happened),
    judgement: judged,
    burntPerFault: happened.length === 0 ? 0 : burnt / happened.length,
  };
}

function kindsOf(happened: readonly Happened[], burns: Judgement['burns']): FaultKind[] {
  return [...new Set(happened.map(({ fault }) => fault))].sort().map((fault) => {
    const same = happened.filter((each) => each.fault === fault);
    const seconds = same.reduce((sum, { begunAt, healedAt }) => sum + healedAt - begunAt, 0) / 1_000;
    const inWindow = (at: number): boolean =>
      same.some(({ begunAt, healthyAt = Infinity }) => at >= begunAt && at < healthyAt + AFTER_WELL_MS);
    return {
      fault,
      times: same.length,
      secondsMean: seconds / same.length,
      burnt: burns.filter(({ at }) => inWindow(at)).reduce((sum, { ordinals }) => sum + ordinals, 0),
    };
  });
}

function stormsOf(happened: readonly Happened[]): StormFound[] {
  return [...new Set(happened.map(({ storm }) => storm))].map((storm) => {
    const same = happened.filter((each) => each.storm === storm);
    const begunAt = Math.min(...same.map((each) => each.begunAt));
    const healedAt = Math.max(...same.map((each) => each.healedAt));
    const { healthyAt = Infinity } = same[0] ?? {};
    return { faults: same.length, seconds: (healedAt - begunAt) / 1_000, healthyAfterSeconds: (healthyAt - healedAt) / 1_000 };
  });
}

export function reportText(report: RunReport): string {
  const { throughput, judgement, faults, seed } = report;
  const { masterDead, latencyMs } = throughput;
  const shown = (n: number, digits = 0): string => n.toLocaleString('en', { maximumFractionDigits: digits });
  const faultRows = faults.map((each) => [each.fault, shown(each.times), shown(each.secondsMean, 1), shown(each.burnt)]);
  const stormRows = report.storms.map((each, index) => [
    ...[index + 1, each.faults, shown(each.seconds, 1), shown(each.healthyAfterSeconds, 1)],
  ]);
  const accountRows = judgement.accounts.map((each) => [
    each.sequence,
    ...[
      each.claimed,
      each.knownToCallers,
      each.issued,
      each.issuedToNobody,
      each.lostAnswersAtMost,
      each.stock,
      each.notCut,
      each.burnt,
      each.inDoubt,
    ].map((n) => shown(n)),
  ]);
  const accountHead = ['sequence', 'claimed', 'known', 'issued', 'to nobody', 'at most', 'stock', 'not cut', 'burnt', 'in doubt'];
  return [
    table(['fault', 'times', 'seconds', 'burnt in windows'], faultRows),
    table(['storm', 'faults', 'seconds', 'well after s'], stormRows),
    table(accountHead, accountRows),
    `seed ${seed}: ${report.faultsInAll} faults, ${shown(judgement.values)} values in ${shown(judgement.calls)} calls (${shown(judgement.attempts)} attempts), ${shown(judgement.numbers.confirmed)} numbers confirmed, ${shown(judgement.keysAskedAgain)} keys asked again`,
    `answers a second: ${shown(throughput.calmPerSecond)} before the first fault, ${shown(throughput.insidePerSecond)} in windows (${percent(throughput.insideShare)}, ${shown(throughput.insideSeconds)} s), ${shown(throughput.outsidePerSecond)} outside (${percent(throughput.outsideShare)}, ${shown(throughput.outsideSeconds)} s)`,
    `while an allocator was dead (${shown(masterDead.seconds)} s): ${percent(masterDead.share)} of ${shown(masterDead.calls)} calls answered within 1 s, ${percent(masterDead.calmShare)} before the first fault`,
    `latency p50 ${shown(latencyMs.p50, 1)} ms, p99 ${shown(latencyMs.p99)} ms, p999 ${shown(latencyMs.p999)} ms, highest ${shown(latencyMs.highest)} ms; ${shown(report.burntPerFault)} values burnt a fault; ${report.endedByThemselves.length} workers ended by themselves`,
    ...judgement.violations.slice(0, 10).map(({ kind, message }) => `  ${kind}: ${message}`),
    report.safe ? 'safe: no promise about values was broken' : `NOT safe: ${report.unsafe.join('; ')}`,
    report.ok ? 'ok: every promise held' : `NOT ok: ${[...report.unsafe, ...report.missed].join('; ')}`,
  ].join('\n');
}

export function writeReport(directory: string, name: string, report: object): string {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${name}.json`);
  writeFileSync(file, `${JSON.stringify(report, rounded, 2)}\n`);
  return file;
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toFixed(3)) : value;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

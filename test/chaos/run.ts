/**
 * One run: engines and workers are started, callers begin, a calm time is measured, the nemesis rages, all settles, and the checker, a
 * program of its own, judges what was written down.
 */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Judgement } from './checker/check.ts';
import { Answers } from './clients/answers.ts';
import { pause } from './clients/callers.ts';
import { nowMs } from './clock.ts';
import { createSequences, Fleet, SEQUENCES, STREAMS } from './fleet.ts';
import { Endings } from './installation/endings.ts';
import { type Engines, startEngines } from './installation/engines.ts';
import { healthyAt, unwell } from './installation/health.ts';
import { noteIllness } from './installation/illness.ts';
import { Ports } from './installation/ports.ts';
import { Workers } from './installation/workers.ts';
import { exportLedger } from './ledger-lines.ts';
import { Nemesis } from './nemesis.ts';
import { Progress } from './progress.ts';
import { type RunReport, reportOf } from './reports/report.ts';
import { throughputOf } from './reports/throughput.ts';

export interface RunOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly pace: number;
  readonly only?: readonly string[] | undefined;
  /** Faults of a storm at most; 1: single faults. */
  readonly storm: number;
  /** Share of faults that begin while another one is on. */
  readonly together: number;
  /** `dist/` of an older version, which workers run until they are upgraded. */
  readonly old?: string | undefined;
  /** The guard that every worker of this run lacks. */
  readonly planted?: string | undefined;
  readonly command: string;
  /** Keeps the histories where they are. */
  readonly keeps: boolean;
}

const PARTITIONS = 4;
/** Until streams are known and forecasts have seen them. */
const WARM_UP_MS = 15_000;
const CALM_MS_MAX = 60_000;
/** Of a run, where it is short. */
const CALM_SHARE = 0.2;
/** What may be long is held for this share of a run at most, so that a run does not consist of it; a minute in runs of ten. */
const HOLD_SHARE = 0.1;
const HOLD_MS_MAX = 60_000;
/** Between the last fault and the end, for what is under way and for settling all numbers. */
const SETTLE_MS = 60_000;
const AUDIT_ATTEMPTS = 30;
const CHECKER_TIMEOUT_MS = 600_000;
const JUDGEMENT_BYTES_MAX = 256 * 1024 * 1024;

export async function run(options: RunOptions): Promise<RunReport> {
  const directory = mkdtempSync(join(tmpdir(), `seqcast-chaos-${options.seed}-`));
  // PostgreSQL runs as another user, who must be able to enter.
  chmodSync(directory, 0o755);
  const endings = new Endings();
  const forget = endings.onSignals();
  // What nobody foresaw ends this run, in good order, and none of those after it.
  let fail: (error: unknown) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => undefined);
  process.on('unhandledRejection', fail).on('uncaughtException', fail);
  try {
    const report = await Promise.race([runIn(directory, options, endings), failed]);
    if (options.keeps || !report.ok) console.error(`histories and logs: ${directory}`);
    return report;
  } catch (error) {
    console.error(`histories and logs: ${directory}`);
    throw error;
  } finally {
    await endings.end();
    forget();
    process.off('unhandledRejection', fail).off('uncaughtException', fail);
    if (!options.keeps) rmSync(join(directory, 'engines'), { recursive: true, force: true });
  }
}

async function runIn(directory: string, options: RunOptions, endings: Endings): Promise<RunReport> {
  const { seed, minutes, planted, only, storm, together } = options;
  const progress = new Progress(`seed ${seed}`);
  endings.add(async () => progress.end());
  const clients = join(directory, 'clients');
  mkdirSync(clients, { recursive: true });
  const ports = new Ports();
  progress.phase('engines start');
  const engines = await startEngines(join(directory, 'engines'), ports, { hasSmallDisks: true, hasFullHeaps: false });
  endings.add(() => engines.end());
  progress.phase('workers start');
  const bug = planted === undefined ? {} : { CHAOS_PLANTED: planted };
  const workers = await Workers.start(join(directory, 'workers'), { env: { ...engines.env, ...bug }, old: options.old, ports });
  endings.add(() => workers.end());
  await createSequences(workers.of('gateway')[0]?.url ?? '', SEQUENCES);
  const answers = new Answers();
  const fleet = new Fleet({ engines, workers, directory: clients, answers, seed, pace: options.pace });
  fleet.start();
  endings.add(() => fleet.stop(0));
  const allMs = minutes * 60_000;
  progress.follow(answers, nowMs() + WARM_UP_MS + allMs);
  progress.phase('warming up');
  await warmedUp(workers, answers, fleet);
  progress.phase('calm');
  const calm = { from: nowMs(), to: 0 };
  await pause(Math.min(CALM_MS_MAX, allMs * CALM_SHARE));
  calm.to = nowMs();
  progress.phase('faults');
  const nemesis = new Nemesis({
    installation: { engines, workers, directory, streams: STREAMS, holdMsMax: Math.min(HOLD_MS_MAX, allMs * HOLD_SHARE) },
    ...{ seed, only, storm, together },
    file: join(directory, 'faults.jsonl'),
    healthyAt: async (since) => {
      const at = await healthyAt(workers, answers, fleet.kinds, since);
      if (at !== undefined) return { healthyAt: at };
      await noteIllness(directory, workers, engines.kafka);
      return { unwell: await unwell(workers, answers, fleet.kinds, since) };
    },
    say: (line) => progress.say(line),
  });
  endings.add(() => nemesis.end());
  writeFileSync(join(directory, 'faults.jsonl'), '');
  // Single faults until the time is over; storms are counted, so that a seed means the same on a slow machine, which takes longer.
  await nemesis.rage(storm === 1 ? { storms: Infinity, until: calm.from + allMs } : { storms: Math.ceil(minutes), until: Infinity });
  const rage = { from: calm.to, to: nowMs() };
  progress.phase('settling');
  await fleet.stop(SETTLE_MS);
  progress.phase('judging');
  const judgement = await judged(directory, engines, workers, fleet.voids);
  const throughput = throughputOf(answers.all, calm, rage, nemesis.happened);
  const { command } = options;
  return reportOf({
    ...{ command, planted: planted ?? null, seed, minutes, throughput, judgement },
    happened: nemesis.happened,
    endedByThemselves: workers.deaths,
  });
}

/** Nothing is measured before everybody has been answered. */
async function warmedUp(workers: Workers, answers: Answers, fleet: Fleet): Promise<void> {
  const from = nowMs();
  await pause(WARM_UP_MS / 2);
  const well = await healthyAt(workers, answers, fleet.kinds, from + WARM_UP_MS / 4);
  if (well === undefined)
    throw new Error(`the installation did not start: ${await unwell(workers, answers, fleet.kinds, from + WARM_UP_MS / 4)}`);
  await pause(WARM_UP_MS / 2);
}

async function judged(directory: string, engines: Engines, workers: Workers, voids: readonly string[] | undefined): Promise<Judgement> {
  writeFileSync(join(directory, 'audit.json'), JSON.stringify(await auditOf(workers)));
  if (voids !== undefined) writeFileSync(join(directory, 'voids.json'), JSON.stringify(voids));
  await exportLedger(engines.kafka, PARTITIONS, join(directory, 'ledger.jsonl'));
  const program = join(import.meta.dirname, 'checker/main.ts');
  return await new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', program, directory],
      { timeout: CHECKER_TIMEOUT_MS, maxBuffer: JUDGEMENT_BYTES_MAX },
      (error, stdout, stderr) => {
        // 1 says that something did not hold, and then says what.
        if (error !== null && stdout === '') reject(new Error(`the checker failed: ${stderr}`, { cause: error }));
        else resolve(JSON.parse(stdout) as Judgement);
      },
    );
  });
}

async function auditOf(workers: Workers): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    const gateway = workers.of('gateway')[attempt % 2]?.url ?? '';
    try {
      const response = await fetch(`${gateway}/v1/audit`, { method: 'POST' });
      if (response.ok) return await response.json();
      throw new Error(await response.text());
    } catch (error) {
      if (attempt === AUDIT_ATTEMPTS) throw error;
      await pause(1_000);
    }
  }
}

/**
 * A pool with a thousand streams drained under load: how long until it is empty, how many requests had to wait because of it, and how many
 * values the moves cost. Kafka and two Redis servers; the second one is started here unless the environment names it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PoolsView, PoolView } from '../workers/runtime/members/pool-views.ts';
import { ENVIRONMENT } from '../workers/runtime/process/config.ts';
import { benchEngines } from './installation/engines.ts';
import { PacedCallers } from './installation/paced-callers.ts';
import { startWorkerProcess, type WorkerProcess } from './installation/worker-process.ts';
import type { BenchRequest } from './request.ts';
import type { BenchResult } from './result.ts';

const STREAMS = 1_000;
/** Of each stream: 200 requests a second in all, on two cores with everything else. */
const REQUESTS_PER_S = 0.2;
const VALUES = 5;
/** Every stream is asked for a few times before anything moves. */
const WARM_UP_MS = 30_000;
/** As long as the move is watched at least, and as the load before it. */
const WATCHED_MS = 15_000;
const LOOK_MS = 50;
const MOVED_MS_MAX = 120_000;
const DURATION_S_MAX = 10;
const BURNT_MAX = 0.02;
const PERCENT = 100;
const MS_PER_S = 1_000;

interface Audit {
  readonly ok: boolean;
  readonly duplicates: number;
  readonly accounts: readonly {
    readonly sequence: string;
    readonly issued: number;
    readonly stock: number;
    readonly inDoubt: number;
    readonly burnt: number;
  }[];
}

export interface RebalanceRun {
  readonly streams: number;
  readonly seconds: number;
  readonly stallsBefore: number;
  readonly stallsMeanwhile: number;
  readonly requestsMeanwhile: number;
  readonly slowestMs: number;
  readonly burntShare: number;
  readonly duplicates: number;
  readonly failures: number;
  readonly auditOk: boolean;
  readonly values: number;
}

export async function run(request: BenchRequest): Promise<BenchResult[]> {
  const { results } = request.accuracy ?? {};
  const found = await rebalance((line) => request.progress(line));
  if (results !== undefined) {
    await mkdir(results, { recursive: true });
    await writeFile(join(results, 'rebalance.json'), `${JSON.stringify({ command: 'seqcast bench rebalance', ...found }, null, 1)}\n`);
  }
  const {
    streams,
    seconds,
    stallsBefore,
    stallsMeanwhile,
    requestsMeanwhile,
    slowestMs,
    burntShare,
    duplicates,
    failures,
    auditOk,
    values,
  } = found;
  const caused = Math.max(0, stallsMeanwhile - stallsBefore);
  const plain = { baseline: 0, ratio: 0 };
  return [
    {
      ...plain,
      name: 'rebalance',
      value: seconds,
      unit: `s until ${streams} streams were moved`,
      target: `<= ${DURATION_S_MAX} s`,
      kept: streams >= STREAMS && seconds <= DURATION_S_MAX,
    },
    {
      ...plain,
      name: 'rebalance stalls',
      value: caused,
      unit: 'stalled requests',
      target: '0',
      kept: caused === 0 && failures === 0,
      note: `${requestsMeanwhile} requests meanwhile, the slowest answer took ${slowestMs.toFixed(0)} ms; ${stallsBefore} stalls in as long before`,
    },
    {
      ...plain,
      name: 'rebalance burnt',
      value: PERCENT * burntShare,
      unit: '% of the values',
      target: `<= ${PERCENT * BURNT_MAX} %`,
      kept: burntShare <= BURNT_MAX && duplicates === 0 && auditOk,
      note: `${values} values received, ${duplicates} twice; audit ${auditOk ? 'ok' : 'NOT ok'}`,
    },
  ];
}

export async function rebalance(say: (line: string) => void): Promise<RebalanceRun> {
  const { env, redis } = benchEngines();
  const dataDir = await mkdtemp(join(tmpdir(), 'seqcast-rebalance-'));
  const second = ENVIRONMENT.SEQCAST_BENCH_REDIS === undefined ? await startRedis(dataDir) : { url: ENVIRONMENT.SEQCAST_BENCH_REDIS };
  const running: WorkerProcess[] = [];
  const sequence = `rebalance-${Date.now()}`;
  const [old, other] = [`${sequence}-a`, `${sequence}-b`];
  const start = async (name: string, roles: string, flags: readonly string[]): Promise<WorkerProcess> => {
    const started = await startWorkerProcess({ env, name: `${sequence}-${name}`, roles, flags, dataDir: join(dataDir, name) });
    running.push(started);
    return started;
  };
  let callers: PacedCallers | undefined;
  try {
    await start('back', 'allocator,forecaster', []);
    await start('filler-a', 'filler', ['--pool', old]);
    const { url } = await start('gateway', 'gateway', []);
    await posted(`${url}/v1/sequences`, { name: sequence });
    const streams = Array.from({ length: STREAMS }, (_, index) => ({ service: `s${index}`, perSecond: REQUESTS_PER_S }));
    // Every stream is in the old pool: there is no other yet.
    for (const { service } of streams) await posted(`${url}/v1/sequences/${sequence}/next`, { count: 1, service });
    callers = new PacedCallers({ sequence, gateways: [url], streams, count: VALUES });
    callers.start();
    await pause(WARM_UP_MS);
    await start('filler-b', 'filler', ['--pool', other, '--redis', second.url, '--routes-redis', redis, '--jobs-redis', redis]);
    while ((await poolsOf(url)).find(({ pool }) => pool === other)?.state !== 'living') await pause(LOOK_MS);
    const from = await poolOf(url, old);
    say(`${from.streams} streams are in ${old}`);
    const first = await stallsOf(url, sequence);
    await pause(WATCHED_MS);
    const before = await stallsOf(url, sequence);
    callers.latenciesMs.length = 0;
    const requests = callers.requests;
    const startMs = performance.now();
    await posted(`${url}/v1/pools/${old}/drain`, {});
    let state = '';
    while (state !== 'drained' && performance.now() - startMs < MOVED_MS_MAX) {
      await pause(LOOK_MS);
      state = (await poolOf(url, old)).state;
    }
    const seconds = (performance.now() - startMs) / MS_PER_S;
    say(`${old} was ${state} after ${seconds.toFixed(2)} s`);
    await pause(Math.max(0, WATCHED_MS - MS_PER_S * seconds));
    const requestsMeanwhile = callers.requests - requests;
    const slowestMs = callers.latenciesMs.reduce((worst, each) => Math.max(worst, each), 0);
    const after = await stallsOf(url, sequence);
    await callers.stop();
    const audit = (await posted(`${url}/v1/audit`, {})) as Audit;
    const account = audit.accounts.find((each) => each.sequence === sequence);
    const { issued = 0, stock = 0, burnt = 0, inDoubt = 0 } = account ?? {};
    return {
      streams: state === 'drained' ? from.streams : 0,
      seconds,
      stallsBefore: before - first,
      stallsMeanwhile: after - before,
      requestsMeanwhile,
      slowestMs,
      burntShare: (burnt + inDoubt) / Math.max(1, issued + stock + burnt + inDoubt),
      duplicates: callers.issued.duplicates + audit.duplicates,
      failures: callers.failures,
      auditOk: audit.ok,
      values: callers.issued.count,
    };
  } finally {
    await callers?.stop();
    await Promise.all(running.map((worker) => worker.signal('SIGKILL')));
    if ('process' in second) second.process.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function poolOf(url: string, name: string): Promise<PoolView> {
  const found = (await poolsOf(url)).find(({ pool }) => pool === name);
  if (found === undefined) throw new Error(`the gateway knows no pool ${name}`);
  return found;
}

async function poolsOf(url: string): Promise<readonly PoolView[]> {
  return ((await (await fetch(`${url}/v1/pools`)).json()) as PoolsView).pools;
}

async function posted(url: string, body: unknown): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${url} answered: ${await response.text()}`);
  return response.json();
}

/** Requests that waited, as the consumption events say; the last second of them may still be on its way. */
async function stallsOf(url: string, sequence: string): Promise<number> {
  await pause(1_500);
  const { streams } = (await (await fetch(`${url}/v1/streams`)).json()) as {
    readonly streams: readonly { readonly stream: string; readonly stallsTotal: number }[];
  };
  return streams.filter(({ stream }) => stream.startsWith(`${sequence}/`)).reduce((sum, { stallsTotal }) => sum + stallsTotal, 0);
}

async function startRedis(dir: string): Promise<{ readonly url: string; readonly process: ChildProcess }> {
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', dir];
  const process = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    process.once('error', reject);
    process.stdout.on('data', (chunk: unknown) => {
      if (String(chunk).includes('Ready to accept connections')) resolve();
    });
  });
  return { url: `redis://127.0.0.1:${port}`, process };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port is free'))));
    });
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

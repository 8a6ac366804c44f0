/**
 * `seqcast bench peers`: ours beside what people use today, on one machine, by one client process, each through its ordinary driver. Where
 * another one is better the page says so first. It starts its own engines, since it kills them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import { VERSION } from '../core/version.ts';
import { Progress } from './accuracy/progress.ts';
import { commit } from './commit.ts';
import { thisMachine, today } from './machine.ts';
import { PEERS } from './peers/catalogue.ts';
import { compareFailovers, comparePeers, type Ground } from './peers/comparison.ts';
import { type Engines, startEngines } from './peers/engines.ts';
import type { Comparison } from './peers/figures.ts';
import { startInstallation } from './peers/installation.ts';
import { Lines } from './peers/lines.ts';
import { comparisonPage } from './peers/page.ts';
import type { Peer } from './peers/peer.ts';
import { FULL, QUICK } from './peers/plan.ts';
import type { BenchRequest } from './request.ts';
import type { BenchResult } from './result.ts';

const SEED_DEFAULT = 1;
const BROKEN_OFF_BY: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];
const BROKEN_OFF_EXIT = 130;
/** Those whose values a Redis that fails over has given out. */
const FAILED_OVER = ['redis-incr', 'seqcast-redis'];

export async function run(request: BenchRequest): Promise<BenchResult[]> {
  const isQuick = request.isQuick === true;
  const [plan, seed] = [isQuick ? QUICK : FULL, request.seed ?? SEED_DEFAULT];
  const progress = new Progress(request.progress, () => performance.now());
  const startMs = performance.now();
  // Before it begins: afterwards it would be its own.
  const machine = thisMachine();
  progress.begin('engines');
  const engines = await startEngines();
  const unwatched = stopWhenBrokenOff(engines);
  try {
    const installation = engines.has('kafka') ? await startInstallation('peers', engines.env, engines.directory) : undefined;
    progress.end('they serve');
    try {
      const ground: Ground = {
        engines,
        addresses: {
          dataDir: engines.directory,
          ...given('postgres', engines.env.SEQCAST_POSTGRES),
          ...given('redis', engines.env.SEQCAST_REDIS),
          ...given('redisDurable', engines.env.SEQCAST_JOBS_REDIS),
          ...given('mariadb', engines.mariadb),
          ...given('gateway', installation?.gateway),
        },
      };
      const able = PEERS.filter(({ needs }) => needs.every((server) => engines.has(server)));
      const { figures, problems } = await comparePeers({ peers: able, plan, seed, progress }, ground);
      await installation?.stop();
      const failing = FAILED_OVER.flatMap((name) => able.find((peer) => peer.name === name) ?? []);
      const { failovers, problems: more } = await compareFailovers(failing, plan, progress, ground);
      const head = { command: commandOf(isQuick, seed), commit: commit(), version: VERSION, date: today() };
      const on = { ...machine, engines: await versions(ground) };
      const comparison: Comparison = {
        ...{ ...head, seed, isQuick, plan, machine: on, seconds: Math.round((performance.now() - startMs) / 1_000) },
        ...{ leftOut: [...engines.problems, ...missing(able), ...problems, ...more], peers: figures, failovers },
      };
      told(request, comparison);
    } finally {
      await installation?.stop();
    }
  } finally {
    unwatched();
    await engines.stop();
  }
  return [];
}

/** The engines outlive this process unless somebody ends them. Returns what ends the watch. */
function stopWhenBrokenOff(engines: Engines): () => void {
  const brokenOff = (): void => void engines.stop().finally(() => process.exit(BROKEN_OFF_EXIT));
  for (const signal of BROKEN_OFF_BY) process.once(signal, brokenOff);
  return () => {
    for (const signal of BROKEN_OFF_BY) process.off(signal, brokenOff);
  };
}

function told(request: BenchRequest, comparison: Comparison): void {
  const page = comparisonPage(comparison);
  request.out(request.json ? JSON.stringify(comparison) : page);
  const results = request.accuracy?.results;
  if (results === undefined) return;
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, 'peers.json'), `${JSON.stringify(comparison, null, 1)}\n`);
  writeFileSync(join(results, 'peers.md'), page);
}

function commandOf(isQuick: boolean, seed: number): string {
  return ['seqcast bench peers', ...(isQuick ? ['--quick'] : []), ...(seed === SEED_DEFAULT ? [] : [`--seed ${seed}`])].join(' ');
}

function missing(able: readonly Peer[]): string[] {
  return PEERS.filter((peer) => !able.includes(peer)).map(({ title, needs }) => `${title}: needs ${needs.join(', ')}`);
}

function given<K extends string>(name: K, value: string | undefined): { readonly [key in K]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [key in K]: string });
}

async function versions({ addresses }: Ground): Promise<Readonly<Record<string, string>>> {
  const lines = new Lines(addresses, 1);
  const found: Record<string, string> = {};
  try {
    if (addresses.postgres !== undefined) {
      const [client] = await lines.postgres();
      found.PostgreSQL = String((await client?.query('SHOW server_version'))?.rows[0]?.server_version).replace(/ .*/, '');
    }
    if (addresses.redis !== undefined) {
      found.Redis = /redis_version:(\S+)/.exec(await lines.redis('redis').alone.info('server'))?.[1] ?? 'unknown';
    }
    if (addresses.mariadb !== undefined) {
      const [connection] = await lines.mariadb();
      const [[row] = []] = (await connection?.query<RowDataPacket[]>('SELECT VERSION() AS version')) ?? [];
      found.MariaDB = String(row?.version).replace(/-.*/, '');
    }
    return found;
  } finally {
    await lines.close();
  }
}

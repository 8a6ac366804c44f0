/** One soak: an installation is started, the demo's demand is played, two workers are killed on the way, and all of it is watched. */

import { cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pause } from '../chaos/clients/callers.ts';
import { nowMs } from '../chaos/clock.ts';
import { createSequences } from '../chaos/fleet.ts';
import { startEngines } from '../chaos/installation/engines.ts';
import type { Ports } from '../chaos/installation/ports.ts';
import { Workers } from '../chaos/installation/workers.ts';
import { demandOf, play } from './demand.ts';
import { type Door, httpDoor, kafkaDoor, redisDoor, SEQUENCE } from './doors.ts';
import { comparedOf, type Windows } from './flat.ts';
import { Looking, type Watched } from './looking.ts';
import { Minutes } from './minutes.ts';
import { type Kill, type SoakReport, soakReport } from './report.ts';
import { startRollups } from './rollups.ts';

export interface SoakOptions {
  readonly minutes: number;
  readonly slicesPerSecond: number;
  readonly command: string;
  readonly directory: string;
  readonly ports: Ports;
  /** Hears what must be ended, the last one first. */
  readonly atEnd: (end: () => Promise<void>) => void;
  readonly say: (line: string) => void;
}

/** At shares of the time that lie outside of the minutes that are compared. */
const KILLS = [
  { role: 'allocator', place: 0, share: 0.4 },
  { role: 'gateway', place: 1, share: 0.6 },
] as const;
/** Whatever runs an installation starts it again. */
const DEAD_MS = 5_000;
const READY_POLL_MS = 200;
const LOOK_MS = 5_000;
const MINUTE_MS = 60_000;
/** Long enough that streams last until another allocator has taken over. */
const RIDE_THROUGH_MS = 15_000;
const WARM_SHARE = 1 / 12;
const WINDOW_SHARE = 1 / 6;

export async function soak({ minutes: long, slicesPerSecond, command, directory, ports, atEnd, say }: SoakOptions): Promise<SoakReport> {
  say('engines start');
  const engines = await startEngines(join(directory, 'engines'), ports, { hasSmallDisks: false, hasFullHeaps: true });
  atEnd(() => engines.end());
  say('workers start');
  const workers = await Workers.start(join(directory, 'workers'), { env: engines.env, ports });
  atEnd(() => workers.end());
  const gateways = workers.of('gateway').map(({ url }) => url);
  await createSequences(gateways[0] ?? '', [{ name: SEQUENCE, rideThroughMs: RIDE_THROUGH_MS }]);
  // The smallest over Kafka and the largest over HTTP; the names are the demo's.
  const doors: Door[] = [await kafkaDoor('x1', engines.kafka), redisDoor('x50', engines.redis.url), httpDoor('x500', gateways)];
  atEnd(async () => void (await Promise.all(doors.map((door) => door.close()))));

  const minutes = new Minutes();
  const looking = new Looking([
    ...workers.all.map((worker): Watched => ({ name: worker.name, pid: () => worker.pid, url: worker.url })),
    ...[...engines.brokers, ...engines.redis.nodes, engines.jobsRedis, engines.etcd, engines.postgres].map(
      (engine): Watched => ({ name: engine.name, pid: () => engine.pid }),
    ),
    { name: 'callers', pid: () => process.pid },
  ]);
  const demand = demandOf({ minutes: long, slicesPerSecond });
  const startMs = nowMs();
  minutes.begin();
  const rollups = await startRollups(engines.env.SEQCAST_JOBS_REDIS ?? '', startMs);
  atEnd(() => rollups.close());
  const ending = new AbortController();
  atEnd(async () => ending.abort());
  const watching = watch({ minutes, looking, signal: ending.signal, long, say });
  const killed = kills({ workers, minutes, startMs, long, signal: ending.signal, say });
  // The watch ends when it is told to, so only what fails comes before the demand is over.
  await Promise.race([play({ demand, doors, minutes }), Promise.all([watching, killed])]);
  ending.abort();
  await watching;
  const kill = await killed;
  const rolledUp = await rollups.outcome();
  say('the audit');
  const audit = await auditAt(gateways[0] ?? '');

  const windows: Windows = { warmMinutes: Math.ceil(long * WARM_SHARE), windowMinutes: Math.max(1, Math.floor(long * WINDOW_SHARE)) };
  const disturbed = new Set(kill.flatMap(({ minute }) => [minute, minute + 1]));
  const busy = minutes.all.map(({ processes }) => Object.values(processes).reduce((sum, { cpuShare }) => sum + cpuShare, 0));
  return soakReport({
    command,
    ...{ values: minutes.issued.count, duplicates: minutes.issued.duplicates, calls: minutes.calls, audit, rollups: rolledUp },
    machineBusyShare: busy.reduce((sum, share) => sum + share, 0) / Math.max(1, busy.length) / cpus().length,
    kills: kill.map((each) => ({ ...each, highestMs: highestMs(minutes, each.minute) })),
    diedByThemselves: workers.deaths.length,
    compared: comparedOf(minutes.all, windows, disturbed),
    series: minutes.all,
  });
}

interface WatchOptions {
  readonly minutes: Minutes;
  readonly looking: Looking;
  readonly signal: AbortSignal;
  readonly long: number;
  readonly say: (line: string) => void;
}

async function watch({ minutes, looking, signal, long, say }: WatchOptions): Promise<void> {
  while (!signal.aborted) {
    const closed = minutes.all.length;
    minutes.looked(await looking.look());
    const minute = minutes.all.at(-1);
    if (minute !== undefined && minutes.all.length > closed) {
      const doors = Object.entries(minute.doors).map(
        ([name, { calls, p50Ms, p99Ms }]) => `${name} ${calls} ${p50Ms.toFixed(1)}/${p99Ms.toFixed(0)} ms`,
      );
      const cores = Object.values(minute.processes).reduce((sum, { cpuShare }) => sum + cpuShare, 0);
      const left = Math.max(0, Math.ceil(long - minutes.all.length));
      say(`${minute.values.toLocaleString('en')} values; ${doors.join(', ')}; ${cores.toFixed(2)} cores; about ${left} min to go`);
    }
    await abortable(LOOK_MS, signal);
  }
}

interface KillsOptions extends Omit<WatchOptions, 'looking'> {
  readonly workers: Workers;
  readonly startMs: number;
}

async function kills({ workers, minutes, startMs, long, signal, say }: KillsOptions): Promise<Omit<Kill, 'highestMs'>[]> {
  const found: Omit<Kill, 'highestMs'>[] = [];
  for (const { role, place, share } of KILLS) {
    await abortable(startMs + share * long * MINUTE_MS - nowMs(), signal);
    const worker = workers.of(role)[place];
    if (signal.aborted || worker === undefined) break;
    const minute = minutes.all.length;
    say(`kill -9 ${worker.name}`);
    await worker.kill();
    await pause(DEAD_MS);
    worker.start();
    const startedMs = nowMs();
    while (!(await Promise.all(workers.all.map((each) => each.isReady()))).every(Boolean)) {
      if (signal.aborted) throw new Error(`not all workers were ready again after ${worker.name} was killed`);
      await pause(READY_POLL_MS);
    }
    found.push({ minute, worker: worker.name, readyAfterSeconds: (nowMs() - startedMs) / 1_000 });
  }
  return found;
}

function highestMs({ all }: Minutes, minute: number): number {
  const waits = all.slice(minute, minute + 2).flatMap(({ doors }) => Object.values(doors).map(({ highestMs }) => highestMs));
  return Math.max(0, ...waits);
}

async function auditAt(gateway: string): Promise<SoakReport['audit']> {
  const response = await fetch(`${gateway}/v1/audit`, { method: 'POST' });
  if (!response.ok) throw new Error(`the audit failed: ${await response.text()}`);
  const { ok, duplicates } = (await response.json()) as { readonly ok: boolean; readonly duplicates?: unknown };
  return { ok, duplicates: String(duplicates) };
}

async function abortable(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(Math.max(0, ms), undefined, { signal }).catch(() => undefined);
}

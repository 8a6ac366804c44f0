/**
 * A Redis whose replica is behind when it is promoted: the same to a counter that is incremented, and to ours. Callers ask all the time and
 * note what they get; the primary is killed, the replica becomes the primary, and callers are led there.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { freePort } from '../installation/free-port.ts';
import type { Addresses } from './addresses.ts';
import { Lines } from './lines.ts';
import type { Peer } from './peer.ts';
import { LAG_MS } from './plan.ts';
import { startRelay } from './relay.ts';

export interface Failover {
  readonly taken: number;
  readonly duplicates: number;
  readonly burnt: number;
  readonly silentMs: number;
}

/** How long callers ask before the replica falls behind, and after they have their first value from it. */
const ASKED_MS = 500;
const SILENCE_MS_MAX = 60_000;
const CALLERS = 8;
const POLL_MS = 20;
const START_MS_MAX = 20_000;

/** Two servers, and the one address that callers and workers know. */
export interface RedisPair {
  readonly url: string;
  /** Kills the primary while its replica lags, and makes that the primary. */
  failOver(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRedisPair(directory: string): Promise<RedisPair> {
  const [primaryPort, replicaPort] = [await freePort(), await freePort()];
  const primary = startRedis(primaryPort, join(directory, `redis-${primaryPort}`));
  const toPrimary = await startRelay(primaryPort);
  const replica = startRedis(replicaPort, join(directory, `redis-${replicaPort}`), ['--replicaof', '127.0.0.1', String(toPrimary.port)]);
  const front = await startRelay(primaryPort);
  await inStep(replicaPort);
  return {
    url: `redis://127.0.0.1:${front.port}`,
    async failOver() {
      toPrimary.hold();
      await pause(LAG_MS);
      await killed(primary);
      toPrimary.close();
      const line = new Redis(replicaPort);
      await line.replicaof('NO', 'ONE');
      line.disconnect();
      front.leadTo(replicaPort);
    },
    async stop() {
      front.close();
      toPrimary.close();
      await Promise.all([killed(primary), killed(replica)]);
    },
  };
}

export async function measureFailover(peer: Peer, pair: RedisPair, addresses: Addresses, counter: string): Promise<Failover> {
  const lines = new Lines({ ...addresses, redis: pair.url, redisDurable: pair.url }, 1);
  try {
    await peer.prepare(lines, counter);
    const session = await peer.open(lines, counter);
    const received: string[] = [];
    let [isOver, isFailing, silentMs, answeredMs] = [false, false, 0, 0];
    const note = (): void => {
      const nowMs = performance.now();
      if (isFailing) silentMs = Math.max(silentMs, nowMs - answeredMs);
      answeredMs = nowMs;
    };
    const caller = async (index: number): Promise<void> => {
      while (!isOver) {
        try {
          received.push(String(await session.next(index, CALLERS)));
          note();
        } catch {
          await pause(POLL_MS);
        }
      }
    };
    const callers = Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(index)));
    const answered = async (): Promise<void> => {
      const before = received.length;
      for (const endMs = performance.now() + SILENCE_MS_MAX; received.length === before; await pause(POLL_MS)) {
        if (performance.now() > endMs) throw new Error(`${peer.title} gave out nothing for ${SILENCE_MS_MAX} ms`);
      }
    };
    try {
      await answered();
      await pause(ASKED_MS);
      isFailing = true;
      await pair.failOver();
      await answered();
      await pause(ASKED_MS);
    } finally {
      isOver = true;
    }
    await callers;
    const duplicates = received.length - new Set(received).size;
    const burnt = peer.burnt === undefined ? notGotten(received) : await peer.burnt(lines, counter, received.length);
    return { taken: received.length, duplicates, burnt: Math.max(0, burnt), silentMs };
  } finally {
    await lines.close();
  }
}

/** Of a counter from 1: those below the highest that nobody got. */
function notGotten(received: readonly string[]): number {
  return received.reduce((highest, value) => Math.max(highest, Number(value)), 0) - new Set(received).size;
}

function startRedis(port: number, directory: string, more: readonly string[] = []): ChildProcess {
  mkdirSync(directory, { recursive: true });
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory, '--save', '', '--appendonly', 'yes'];
  return spawn('redis-server', [...args, '--repl-diskless-sync-delay', '0', ...more], { stdio: 'ignore' });
}

async function inStep(port: number): Promise<void> {
  const line = new Redis(port, { maxRetriesPerRequest: null });
  line.on('error', () => undefined);
  try {
    for (const endMs = performance.now() + START_MS_MAX; performance.now() < endMs; await pause(POLL_MS)) {
      if ((await line.info('replication')).includes('master_link_status:up')) return;
    }
    throw new Error('the replica did not come into step with its primary');
  } finally {
    line.disconnect();
  }
}

async function killed(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill('SIGKILL');
  await exited;
}

/**
 * A Redis for the stock keeps nothing on disk, because stock that a Redis loses is burnt and never given out again; one for jobs keeps
 * everything. Neither evicts, which would lose stock or jobs in silence.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type EngineProcess, LOOPBACK } from './engine-process.ts';
import { ask } from './probe.ts';

export interface RedisOptions {
  readonly program: string;
  readonly name: string;
  readonly directory: string;
  readonly port: number;
  /** Port of the Redis that it copies. */
  readonly replicaOf?: number;
  /** Whether it has its data again after a restart. */
  readonly durable?: boolean;
  /** Further arguments of `redis-server`, in its own words. */
  readonly args?: readonly string[];
}

const START_TIMEOUT_MS = 10_000;
/** A demo's stock takes a few megabytes; a local Redis must not take the machine. */
const MEMORY_MAX = '256mb';

export function redisProcess({ program, name, directory, port, replicaOf, durable = false, args = [] }: RedisOptions): EngineProcess {
  const settings = {
    bind: LOOPBACK,
    port: String(port),
    dir: join(directory, name),
    appendonly: durable ? 'yes' : 'no',
    save: '',
    'maxmemory-policy': 'noeviction',
    maxmemory: MEMORY_MAX,
    daemonize: 'no',
    // A second copy attaches at once, also while a test waits for it.
    'repl-diskless-sync-delay': '0',
  };
  const replication = replicaOf === undefined ? [] : ['--replicaof', LOOPBACK, String(replicaOf)];
  return {
    engine: 'redis',
    name,
    port,
    stopSignal: 'SIGTERM',
    startTimeoutMs: START_TIMEOUT_MS,
    prepare: async () => void (await mkdir(settings.dir, { recursive: true })),
    command: () => ({
      program,
      args: [...Object.entries(settings).flatMap(([key, value]) => [`--${key}`, value]), ...replication, ...args],
      directory: settings.dir,
    }),
    answers: () => answersPing(port),
    isHealthy: async () => (replicaOf === undefined ? await answersPing(port) : await isInStep(port)),
  };
}

/** PONG, or a demand for a password: both are said only by a Redis that has loaded its data. */
async function answersPing(port: number): Promise<boolean> {
  const line = await ask(port, Buffer.from('PING\r\n'), firstLine);
  return line === '+PONG' || line?.startsWith('-NOAUTH') === true;
}

/** A replica serves nothing before its first copy is complete. */
async function isInStep(port: number): Promise<boolean> {
  const isUp = await ask(port, Buffer.from('INFO replication\r\n'), (answer) => {
    const status = /master_link_status:(\w+)/.exec(answer.toString('latin1'))?.[1];
    return status === undefined ? undefined : status === 'up';
  });
  return isUp === true;
}

function firstLine(answer: Buffer): string | undefined {
  const end = answer.indexOf('\r\n');
  return end < 0 ? undefined : answer.toString('latin1', 0, end);
}

/**
 * The connections of the job queue. Callers share one that fails at once when Redis is away; each worker has one of its own that waits
 * until Redis is back, because BullMQ's workers know no other way, and BullMQ makes a second of it on which the worker blocks.
 */

import { Redis } from 'ioredis';
import type { EngineLog } from '../engines/engine-health.ts';
import { reconnectPauseMs } from '../engines/reconnect-pause.ts';
import { checkNoCluster, checkUsable, infoFields, type RedisAddress, redisUnreachable, unusable } from '../redis-server/address.ts';
import { serverOptions } from '../redis-server/connection.ts';

/** A worker asks at least every ten seconds; silence for three times as long is a dead connection. */
const WORKER_SILENCE_MS = 30_000;

/** BullMQ's own wish: older servers work with warnings on the console. */
const VERSION_MIN = [6, 2] as const;

/** A connection for one worker; errors of it are told to whoever listens on the worker. */
export function workerConnection(address: RedisAddress): Redis {
  const connection = new Redis({
    ...serverOptions(address),
    retryStrategy: reconnectPauseMs,
    maxRetriesPerRequest: null,
    socketTimeout: WORKER_SILENCE_MS,
  });
  connection.on('error', () => undefined);
  return connection;
}

/**
 * Jobs must outlive Redis itself: refuses a server that may delete keys (`SEQ_ENGINE_UNUSABLE`), warns about one that keeps nothing on
 * disk.
 */
export async function checkJobRedis(connection: Redis, address: RedisAddress, onLog: EngineLog | undefined): Promise<void> {
  let info: ReadonlyMap<string, string>;
  try {
    info = infoFields(await connection.info());
  } catch (error) {
    throw redisUnreachable(address.shown, error);
  }
  checkUsable(address.shown, info);
  checkNoCluster(address.shown, info, 'the job queue', 'in SEQCAST_JOBS_REDIS');
  const [major = 0, minor = 0] = (info.get('redis_version') ?? '').split('.').map(Number);
  if (major < VERSION_MIN[0] || (major === VERSION_MIN[0] && minor < VERSION_MIN[1])) {
    throw unusable(address.shown, `its version is ${info.get('redis_version')}`, `use ${VERSION_MIN.join('.')} or later`);
  }
  if (info.get('aof_enabled') === '1') return;
  const saves = await connection.config('GET', 'save').then(
    (answer) => String((answer as string[])[1] ?? '') !== '',
    // Whoever may not read the settings cannot be told more.
    () => undefined,
  );
  if (saves === true) return;
  const what =
    saves === undefined
      ? 'the append-only file is off, and whether it saves cannot be read'
      : 'neither the append-only file nor saving is on';
  onLog?.(`Redis at ${address.shown} keeps no jobs when it restarts: ${what}; set appendonly to yes`, 'warn');
}

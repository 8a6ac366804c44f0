/** Looks at a Redis as its users do when they open it, and leaves nothing behind. */
import { Redis } from 'ioredis';
import { clockSkew, type EngineFacts } from '../engines/engine-facts.ts';
import type { EngineLog } from '../engines/engine-health.ts';
import { infoFields, type RedisAddress } from './address.ts';
import { openConnection } from './connection.ts';

const COMMAND_TIMEOUT_MS = 2_000;
/** What is left of its memory then is gone within one burst. */
const MEMORY_SHARE_MAX = 0.8;
const MEGABYTE = 1024 * 1024;

/** What the user of this Redis asks of it: throws `SEQ_ENGINE_UNUSABLE`, or warns. */
export type RedisNeed = (connection: Redis, onLog: EngineLog) => Promise<void>;

/** Throws `SEQ_ENGINE_UNREACHABLE`, or what `need` throws. */
export async function examineRedis(address: RedisAddress, need: RedisNeed): Promise<EngineFacts> {
  const connection = await openConnection(address, COMMAND_TIMEOUT_MS, (options) => new Redis(options));
  try {
    const warnings: string[] = [];
    await need(connection, (message) => warnings.push(message));
    // A user who may not look has been warned about by then.
    const info = await connection.info().then(infoFields, () => new Map<string, string>());
    const used = Number(info.get('used_memory') ?? 0);
    const most = Number(info.get('maxmemory') ?? 0);
    if (most > 0 && used > MEMORY_SHARE_MAX * most) {
      const share = Math.round((100 * used) / most);
      warnings.push(`${share} % of its ${Math.round(most / MEGABYTE)} MB are used; raise maxmemory, or move streams to another pool`);
    }
    const clock = await clockSkew(async () => {
      const [seconds, microseconds] = await connection.time();
      return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
    }).catch(() => undefined);
    const policy = info.get('maxmemory_policy');
    const notes =
      policy === undefined ? [] : [`maxmemory-policy ${policy}`, `append-only file ${info.get('aof_enabled') === '1' ? 'on' : 'off'}`];
    return { version: info.get('redis_version'), notes, warnings, ...(clock !== undefined && { clock }) };
  } finally {
    connection.disconnect();
  }
}

/** A Redis of one test's own, which ends with it: for what must not happen to one that others use. */
import { onTestFinished } from 'vitest';
import { freePort } from '../../../cli/stack/ports.ts';
import { type PrivateRedis, startRedis } from '../../engines/engines.ts';

/** `args` are further arguments of redis-server, such as `['--appendonly', 'yes']`. */
export async function ownRedis(args: readonly string[] = []): Promise<PrivateRedis> {
  const redis = await startRedis({ args });
  onTestFinished(() => redis.stop());
  return redis;
}

export function anyFreePort(): Promise<number> {
  return freePort(new Set());
}

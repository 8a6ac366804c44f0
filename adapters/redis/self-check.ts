/**
 * What is looked at before a Redis may hold stock: it must be a primary, keep what it holds, and know Functions (the first command
 * tells). A user who may not look is believed: that is said in the log, not held against the server.
 */
import type { EngineLog } from '../engines/engine-health.ts';
import { checkUsable, infoFields, unusable } from '../redis-server/address.ts';

interface CheckedConnection {
  info(): Promise<string>;
}

export interface RedisCheck {
  readonly shown: string;
  readonly isClusterNode: boolean | 'either';
  readonly onLog: EngineLog | undefined;
}

/** Throws `SEQ_ENGINE_UNUSABLE` with what to change. */
export async function checkRedis(connection: CheckedConnection, { shown, isClusterNode, onLog }: RedisCheck): Promise<void> {
  let info: ReadonlyMap<string, string>;
  try {
    info = infoFields(await connection.info());
  } catch (error) {
    if (!String(error).includes('NOPERM')) throw error;
    onLog?.(`Redis at ${shown} could not be checked: its user may not use INFO`, 'warn');
    return;
  }
  checkUsable(shown, info);
  if (isClusterNode === 'either') return;
  const isInCluster = info.get('cluster_enabled') === '1';
  if (isInCluster && !isClusterNode) {
    throw unusable(shown, 'it is one server of a Cluster', 'set SEQCAST_REDIS_CLUSTER=true: its primaries are pools of their own');
  }
  if (!isInCluster && isClusterNode) throw unusable(shown, 'it is no server of a Cluster', 'open it as a single server');
}

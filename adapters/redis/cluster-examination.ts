/** Looks at a Redis Cluster as a filler does when it starts, every primary of it, and leaves nothing behind. */
import { SLOTS } from '../../core/placement/slots.ts';
import type { EngineFacts } from '../engines/engine-facts.ts';
import { redisAddress } from '../redis-server/address.ts';
import { examineRedis } from '../redis-server/examination.ts';
import { openRedisCluster, type RedisClusterOptions } from './cluster.ts';
import type { ClusterView } from './cluster-view.ts';
import { checkRedis } from './self-check.ts';

/** Throws what keeps a filler from starting there. */
export async function examineRedisCluster(options: RedisClusterOptions): Promise<EngineFacts> {
  const cluster = await openRedisCluster(options);
  try {
    const view = await cluster.look();
    const facts = await Promise.all(
      view.primaries.map(async ({ host, port }) => {
        const shown = cluster.endpoint({ host, port });
        const address = { ...redisAddress(options.url, options.caFile), host, port, db: 0, shown };
        const found = await examineRedis(address, (connection, onLog) => checkRedis(connection, { shown, isClusterNode: true, onLog }));
        return { ...found, warnings: found.warnings.map((warning) => `${shown}: ${warning}`) };
      }),
    );
    const [first] = facts;
    const warnings = [...problemsOf(view), ...facts.flatMap((each) => each.warnings)];
    return { ...first, notes: [`${facts.length} primaries`, ...(first?.notes ?? [])], warnings };
  } finally {
    await cluster.close();
  }
}

function problemsOf({ primaries, uncertain }: ClusterView): string[] {
  const owned = primaries.reduce((sum, { slots }) => sum + slots.reduce((count, { from, to }) => count + to - from + 1, 0), 0);
  const problems: string[] = [];
  if (uncertain.size > 0) problems.push(`${uncertain.size} of its primaries do not answer, or do not serve`);
  if (owned < SLOTS)
    problems.push(`${SLOTS - owned} of its ${SLOTS} slots are served by nobody: callers of their streams wait; redis-cli --cluster fix`);
  return problems;
}

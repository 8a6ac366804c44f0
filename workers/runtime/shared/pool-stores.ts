/** Where the stores of pools are, and how they are opened: one Redis, one that Sentinels name, or a Redis Cluster, whose primaries are pools. */
import { openRedisCluster, type RedisCluster } from '../../../adapters/redis/cluster.ts';
import { openRedisStock } from '../../../adapters/redis/stock.ts';
import { SequenceError } from '../../../core/errors.ts';
import type { SharedStock } from '../../../pipelines/ports.ts';
import type { Config } from '../process/config.ts';
import type { Logger } from '../process/logging.ts';

/** Throws what no engine need be asked for. */
export function checkStores({ redis, redisSentinel, redisCluster, routes, routesRedis, jobsRedis, roles }: Config): void {
  const problems: string[] = [];
  if (redisCluster) {
    if (redisSentinel !== undefined) problems.push('--redis-cluster and --redis-sentinel exclude each other: a Cluster promotes by itself');
    const elsewhere = 'cannot be kept in a Redis Cluster: name a Redis that is none with';
    if (routes === 'redis' && routesRedis === undefined) problems.push(`the route table ${elsewhere} --routes-redis, or use --routes etcd`);
    if (jobsRedis === undefined) problems.push(`the job queue ${elsewhere} --jobs-redis`);
  }
  if (roles.split(',').includes('filler') && redis === undefined && redisSentinel === undefined)
    problems.push('the role filler needs --redis or --redis-sentinel');
  if (problems.length > 0) throw new SequenceError('SEQ_CONFIG_INVALID', problems.join('\n'), { problems });
}

/** Of the pool that this process fills: its address without user and password, or the name its Sentinels know; or a Cluster of pools. */
export async function storeOf({ redis = '', redisSentinel, redisCluster, redisCaFile }: Config): Promise<string | RedisCluster> {
  if (redisSentinel !== undefined) return `sentinel:${redisSentinel}`;
  if (redisCluster) return await openRedisCluster({ url: redis, ...(redisCaFile !== undefined && { caFile: redisCaFile }) });
  const url = new URL(redis);
  return `${url.protocol}//${url.host}`;
}

/** The store of any pool, as the one who fills it says where it is. */
export function openStock({ redis, redisCaFile, redisCluster }: Config, endpoint: string, logger: Logger): Promise<SharedStock> {
  const onLog = (message: string): void => logger.warn({ endpoint }, message);
  const ca = redisCaFile === undefined ? {} : { caFile: redisCaFile };
  const own = redis === undefined ? undefined : new URL(redis);
  if (endpoint.startsWith('sentinel:')) {
    const [name = '', hosts = ''] = endpoint.slice('sentinel:'.length).split('@');
    return openRedisStock({ url: redis ?? 'redis://sentinel', sentinels: { name, hosts: hosts.split(',') }, onLog, ...ca });
  }
  const url = new URL(endpoint);
  // Who was not told of a Cluster must not take one of its servers for his pool. What others fill may be of any kind.
  const isClusterNode = own?.host === url.host && !redisCluster ? false : 'either';
  // Every pool of an installation knows the same user.
  if (own !== undefined) {
    url.username = own.username;
    url.password = own.password;
  }
  return openRedisStock({ url: url.href, onLog, isClusterNode, ...ca });
}

/** What a configuration says of where stock, routes and jobs are kept, before any engine is asked. */
import { describe, expect, it } from 'vitest';
import { CONFIG_SCHEMA } from '../../../../workers/runtime/process/config-schema.ts';
import { checkStores } from '../../../../workers/runtime/shared/pool-stores.ts';

const CLUSTER = { kafka: 'kafka:9092', redis: 'redis://cluster:7000', redisCluster: true };
const ELSEWHERE = { routesRedis: 'redis://single:6379', jobsRedis: 'redis://single:6379' };

function checked(given: object): void {
  checkStores(CONFIG_SCHEMA.parse(given));
}

describe('a Redis Cluster in the configuration', () => {
  it('is accepted where routes and jobs are kept elsewhere', () => {
    expect(() => checked({ ...CLUSTER, ...ELSEWHERE })).not.toThrow();
    expect(() => checked({ ...CLUSTER, routes: 'etcd', jobsRedis: ELSEWHERE.jobsRedis })).not.toThrow();
    expect(() => checked({ kafka: 'kafka:9092', redis: 'redis://single:6379' })).not.toThrow();
  });

  it('is refused with all that is to be changed', () => {
    const refused = () => checked({ ...CLUSTER, redisSentinel: 'pool@sentinel:26379' });
    expect(refused).toThrow('--redis-cluster and --redis-sentinel exclude each other');
    expect(refused).toThrow('--routes-redis, or use --routes etcd');
    expect(refused).toThrow('--jobs-redis');
    expect(() => checked({ kafka: 'kafka:9092', ...ELSEWHERE, redisCluster: true })).toThrow('filler needs --redis');
  });
});

/** The route table in Redis against its conformance kit. */
import { Redis } from 'ioredis';
import { describe } from 'vitest';
import { openRedisRouteTable, type RedisRouteTable } from '../../adapters/redis/route-table.ts';
import { engineOrSkip } from '../engines/engines.ts';
import type { Harness } from './harness.ts';
import { type RouteTableTraits, routeTableKit } from './route-table-kit.ts';

const redis = engineOrSkip('redis');

describe.runIf(redis.available)('the route table in Redis', () => {
  const { harness, traits } = redisRoutes(redis.url);
  routeTableKit(harness, traits);
});

/** Every table has a prefix of its own, and its keys go with it. */
function redisRoutes(url: string): { readonly harness: Harness<RedisRouteTable>; readonly traits: RouteTableTraits<RedisRouteTable> } {
  const prefixes = new Map<object, string>();

  async function openWith(prefix: string): Promise<RedisRouteTable> {
    const routes = await openRedisRouteTable({ url, prefix });
    prefixes.set(routes, prefix);
    return routes;
  }

  const harness: Harness<RedisRouteTable> = {
    open: () => openWith(`{test-${process.pid}-${Math.random().toString(36).slice(2)}}:routes`),
    async reopen(current) {
      await current.close();
      return openWith(prefixes.get(current) ?? '');
    },
    async close(current) {
      await current.close();
      const client = new Redis(url);
      const keys = await client.keys(`${prefixes.get(current)}:*`);
      if (keys.length > 0) await client.del(keys);
      client.disconnect();
    },
  };
  return { harness, traits: { beside: (current) => openWith(prefixes.get(current) ?? '') } };
}

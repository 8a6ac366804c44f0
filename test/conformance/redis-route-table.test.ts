/** The route table in Redis against its conformance kit. */
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openRedisRouteTable, type RedisRouteTable } from '../../adapters/redis/route-table.ts';
import { engineOrSkip } from '../engines/engines.ts';
import { type Harness, until, using } from './harness.ts';
import { type RouteTableTraits, routeTableKit } from './route-table-kit.ts';

const redis = engineOrSkip('redis');

describe.runIf(redis.available)('the route table in Redis', () => {
  const { harness, traits, beside, prefixes } = redisRoutes(redis.url);
  routeTableKit(harness, traits);

  test('moves API keys that an older version kept among the routes to where they belong, once', () =>
    using(harness, async (routes) => {
      const prefix = prefixes.get(routes) ?? '';
      const client = new Redis(redis.url);
      onTestFinished(() => client.disconnect());
      const keys = Array.from({ length: 700 }, (_, at) => `keys/${String(at).padStart(12, '0')}`);
      await routes.put('streams/a', 'pool-0');
      const newer = await routes.put(keys[0] as string, 'newer');
      const old = keys.flatMap((key, at) => [key, `${at + 1} {"of":"${at}"}`]);
      await client.hset(`${prefix}:entries`, ...old);
      const pipeline = client.pipeline();
      for (const key of keys) pipeline.zadd(`${prefix}:keys`, 0, key);
      await pipeline.exec();
      const heard = new Map<string, string | undefined>();
      const watch = routes.watch('keys/', (key, value) => heard.set(key, value));
      await routes.list('keys/');
      // Several processes of the new version start at the same time.
      const others = await Promise.all([beside(routes), beside(routes), beside(routes)]);
      for (const each of others) {
        const listed = await each.list('keys/');
        expect(listed.map(({ key }) => key)).toEqual(keys);
        expect(listed.slice(0, 2).map(({ value }) => value)).toEqual(['newer', '{"of":"1"}']);
        expect(new Set(listed.map(({ version }) => version)).size).toBe(keys.length);
        expect((await each.list('streams/')).map(({ value }) => value)).toEqual(['pool-0']);
        await each.close();
      }
      expect(await client.hkeys(`${prefix}:entries`)).toEqual(['streams/a']);
      expect(await client.zcard(`${prefix}:keys`)).toBe(1);
      expect((await routes.get(keys[0] as string))?.version).toBe(newer?.version);
      // Who was there before knows them, and changes of theirs go on from their versions.
      await until(() => heard.size === keys.length - 1);
      const moved = await routes.get(keys[1] as string);
      expect(await routes.put(keys[1] as string, 'changed', (moved?.version ?? 0) - 1)).toBeUndefined();
      expect(await routes.put(keys[1] as string, 'changed', moved?.version)).toMatchObject({ value: 'changed' });
      await watch.close();
    }));
});

/** Every table has a prefix of its own, and its keys go with it. */
function redisRoutes(url: string): {
  readonly harness: Harness<RedisRouteTable>;
  readonly traits: RouteTableTraits<RedisRouteTable>;
  readonly beside: (current: RedisRouteTable) => Promise<RedisRouteTable>;
  readonly prefixes: ReadonlyMap<object, string>;
} {
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
  const beside = (current: RedisRouteTable): Promise<RedisRouteTable> => openWith(prefixes.get(current) ?? '');
  return { harness, traits: { beside }, beside, prefixes };
}

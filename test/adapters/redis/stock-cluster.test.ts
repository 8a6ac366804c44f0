/** A Cluster of three primaries: three pools, each with the streams whose slots it owns, as they come, go and change places. */
import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openBullJobQueue } from '../../../adapters/bullmq/job-queue.ts';
import { openRedisCluster, type RedisCluster } from '../../../adapters/redis/cluster.ts';
import { examineRedisCluster } from '../../../adapters/redis/cluster-examination.ts';
import { openRedisRouteTable } from '../../../adapters/redis/route-table.ts';
import { openRedisStock, type RedisStock } from '../../../adapters/redis/stock.ts';
import { mayServe, type SlotRange } from '../../../core/placement/slots.ts';
import { engineOrSkip, type PrivateRedis } from '../../engines/engines.ts';
import { type PrivateRedisCluster, startRedisCluster } from '../../engines/redis-cluster.ts';
import { ownRedis } from '../bullmq/own-redis.ts';

const redis = engineOrSkip('redis');
const GUIDE = readFileSync(new URL('../../../docs/guides/deploy.md', import.meta.url), 'utf8');
/** A fail-over takes a vote and a pause; a busy machine takes its time. */
const PATIENCE = { timeout: 30_000, interval: 100 };

interface OpenPrimary {
  readonly node: string;
  readonly endpoint: string;
  readonly slots: readonly SlotRange[];
  readonly stock: RedisStock;
  readonly life: string;
}

async function opened(replicas: number): Promise<{ servers: PrivateRedisCluster; cluster: RedisCluster }> {
  const servers = await startRedisCluster({ replicas });
  onTestFinished(() => servers.stop());
  const cluster = await openRedisCluster({ url: (servers.primaries[1] as PrivateRedis).url });
  onTestFinished(() => cluster.close());
  return { servers, cluster };
}

async function openPrimaries(cluster: RedisCluster): Promise<OpenPrimary[]> {
  const { primaries } = await cluster.look();
  return await Promise.all(
    primaries.map(async (primary) => {
      const endpoint = cluster.endpoint(primary);
      const stock = await openRedisStock({ url: endpoint, isClusterNode: true });
      onTestFinished(() => stock.close());
      return { ...primary, endpoint, stock, life: await stock.hello() };
    }),
  );
}

describe.skipIf(!redis.available)('a Redis Cluster (needs Redis)', { timeout: 60_000 }, () => {
  test('is as many pools as it has primaries, and each serves the streams of its slots', async () => {
    const { servers, cluster } = await opened(0);
    const primaries = await openPrimaries(cluster);
    expect(new Set(primaries.map(({ life }) => life)).size).toBe(3);

    const owners = new Set<string>();
    for (let index = 0; index < 12; index++) {
      const stream = `orders/web/shop-${index}`;
      const owner = primaries.find(({ slots }) => mayServe(slots, stream));
      if (owner === undefined) throw new Error(`nobody owns ${stream}`);
      owners.add(owner.node);
      const shard = { stream, sequence: 'orders', generation: 1, partition: 0, shard: index + 1, start: 0, end: 10, ordered: false };
      expect(await owner.stock.load(owner.life, shard)).toBe('loaded');
      expect(await owner.stock.take(stream, 3, false)).toMatchObject({ outcome: 'taken', blocks: [{ start: 0, count: 3 }] });
      // A client that knows nothing of slots is led to the owner by the Cluster itself.
      expect(await servers.primaries[0]?.cli('-c', 'FCALL', 'seqcast_next', '1', `{${stream}}:stock`, '2', 'ordinals')).toBe(
        `taken ${owner.life} 0 1 0 ${index + 1} 3 2 0`,
      );
      // Who asks another primary is refused, and nothing is loaded where nobody looks for it.
      const other = primaries.find(({ node }) => node !== owner.node);
      await expect(other?.stock.load(other.life, shard)).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY', details: { reason: 'slot' } });
    }
    expect(owners.size).toBe(3);
    const { url } = servers.primaries[0] as PrivateRedis;
    expect(await examineRedisCluster({ url })).toMatchObject({ notes: expect.arrayContaining(['3 primaries']), warnings: [] });
  });

  test('lets a user in who has the rights of the guide, and says which are missing', async () => {
    const { servers } = await opened(0);
    const url = (servers.primaries[0] as PrivateRedis).url.replace('//', '//seqcast-stock:password@');
    const lines = [...GUIDE.matchAll(/^ACL SETUSER (seqcast-stock .*)$/gm)].map(([, words = '']) => words.split(' '));
    const [user, onCluster] = [true, false].map((isNew) => lines.find((words) => words.includes('on') === isNew));
    const grant = async (words: readonly string[] = []) => {
      for (const server of servers.primaries) await server.cli('ACL', 'SETUSER', ...words);
    };
    await grant(user);
    await expect(openRedisCluster({ url })).rejects.toThrow("extend the user's ACL");
    await grant(onCluster);
    const cluster = await openRedisCluster({ url });
    onTestFinished(() => cluster.close());
    expect((await cluster.look()).primaries).toHaveLength(3);
  });

  test('tells who serves a slot that was moved, and what its former owner held can be taken out there', async () => {
    const { servers, cluster } = await opened(0);
    const primaries = await openPrimaries(cluster);
    const stream = 'orders/web/shop-1';
    const from = primaries.find(({ slots }) => mayServe(slots, stream)) as OpenPrimary;
    const to = primaries.find(({ slots }) => !mayServe(slots, stream)) as OpenPrimary;
    const shard = { stream, sequence: 'orders', generation: 1, partition: 0, shard: 1, start: 0, end: 10, ordered: false };
    await from.stock.load(from.life, shard);
    const slot = (await servers.primaries[0]?.cli('CLUSTER', 'KEYSLOT', `{${stream}}:stock`)) ?? '';
    await servers.moveSlot(slot, from.node, to.node);

    const ownerNow = async () => (await cluster.look()).primaries.filter(({ slots }) => mayServe(slots, stream)).map(({ node }) => node);
    await expect.poll(ownerNow, PATIENCE).toEqual([to.node]);
    await expect(from.stock.take(stream, 1, false)).rejects.toMatchObject({ details: { reason: 'slot' } });
    expect(await to.stock.take(stream, 1, false)).toMatchObject({ outcome: 'empty' });
    expect(await from.stock.revoke(from.life, 0, 1)).toMatchObject({ outcome: 'revoked', slices: [{ start: 0, end: 10 }] });
  });

  test('holds who took a place for the primary, not who comes back to it, and leaves open what it cannot know', async () => {
    const { servers, cluster } = await opened(1);
    const [before] = await openPrimaries(cluster);
    const [first] = servers.primaries as [PrivateRedis];
    const [copy] = servers.replicas as [PrivateRedis];
    await first.kill();
    const promoted = (await copy.cli('CLUSTER', 'MYID')) as string;
    expect((await cluster.look()).uncertain).toContain(before?.node);
    const { warnings } = await examineRedisCluster({ url: copy.url });
    expect(warnings.join()).toMatch(/1 of its primaries do not answer.*5461 of its 16384 slots are served by nobody/);
    const seen = async () => {
      const { primaries, uncertain } = await cluster.look();
      return { nodes: primaries.map(({ node }) => node), isKnown: !uncertain.has(before?.node ?? '') };
    };
    await expect.poll(seen, PATIENCE).toMatchObject({ nodes: expect.arrayContaining([promoted]), isKnown: true });
    const after = (await openPrimaries(cluster)).find(({ node }) => node === promoted);
    expect(after?.slots).toEqual(before?.slots);
    expect(after?.life).not.toBe(before?.life);
    expect(await examineRedisCluster({ url: copy.url })).toMatchObject({ warnings: [] });

    await first.restart();
    await expect.poll(() => first.cli('INFO', 'replication'), PATIENCE).toContain('role:slave');
    expect(await seen()).toMatchObject({ nodes: expect.not.arrayContaining([before?.node]), isKnown: true });
  });

  test('is not taken for a single server, nor a single server for it, and holds stock only', async () => {
    const single = await ownRedis();
    const server = await ownRedis(['--cluster-enabled', 'yes']);
    await expect(openRedisCluster({ url: single.url })).rejects.toMatchObject({ code: 'SEQ_ENGINE_UNUSABLE' });
    await expect(openRedisStock({ url: single.url, isClusterNode: true })).rejects.toMatchObject({ code: 'SEQ_ENGINE_UNUSABLE' });
    await expect(openRedisStock({ url: server.url })).rejects.toThrow('SEQCAST_REDIS_CLUSTER=true');
    await expect(openRedisRouteTable({ url: server.url })).rejects.toThrow('SEQCAST_ROUTES_REDIS');
    await expect(openBullJobQueue({ url: server.url })).rejects.toThrow('SEQCAST_JOBS_REDIS');
  });
});

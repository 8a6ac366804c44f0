/** A Cluster of three primaries: three pools, each with the streams whose slots it owns. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { openRedisCluster } from '../../../adapters/redis/cluster.ts';
import { openRedisStock } from '../../../adapters/redis/stock.ts';
import { freePort } from '../../../cli/stack/ports.ts';
import { pause } from '../../conformance/harness.ts';
import { engineOrSkip, type PrivateRedis, startRedis } from '../../engines/engines.ts';
import { ownRedis } from '../bullmq/own-redis.ts';

const redis = engineOrSkip('redis');
const SLOTS = ['0 5460', '5461 10922', '10923 16383'];

async function startCluster(): Promise<PrivateRedis[]> {
  const taken = new Set<number>();
  const newPort = async (): Promise<number> => {
    const port = await freePort(taken);
    taken.add(port);
    return port;
  };
  const servers: PrivateRedis[] = [];
  for (const slots of SLOTS) {
    const busPort = String(await newPort());
    const args = ['--cluster-enabled', 'yes', '--cluster-port', busPort, '--cluster-node-timeout', '2000'];
    const server = await startRedis({ port: await newPort(), args });
    onTestFinished(() => server.stop());
    await server.cli('CLUSTER', 'ADDSLOTSRANGE', ...slots.split(' '));
    servers.push(server);
    if (servers.length > 1) await servers[0]?.cli('CLUSTER', 'MEET', '127.0.0.1', String(server.port), busPort);
  }
  for (const server of servers) {
    while (!(await server.cli('CLUSTER', 'INFO')).includes('cluster_state:ok')) await pause(50);
  }
  return servers;
}

describe.skipIf(!redis.available)('a Redis Cluster (needs Redis)', { timeout: 60_000 }, () => {
  test('is as many pools as it has primaries, and each serves the streams of its slots', async () => {
    const servers = await startCluster();
    const cluster = await openRedisCluster({ url: (servers[1] as PrivateRedis).url });
    onTestFinished(() => cluster.close());
    expect(cluster.primaries).toHaveLength(3);
    const lives = await Promise.all(cluster.primaries.map(({ stock }) => stock.hello()));
    expect(new Set(lives).size).toBe(3);

    const owners = new Set<number>();
    for (let index = 0; index < 12; index++) {
      const stream = `orders/web/shop-${index}`;
      const owner = cluster.streamPrimary(stream);
      owners.add(owner);
      const { stock } = cluster.primaries[owner] ?? {};
      if (stock === undefined) throw new Error(`nobody owns ${stream}`);
      const shard = { stream, sequence: 'orders', generation: 1, partition: 0, shard: index + 1, start: 0, end: 10, ordered: false };
      expect(await stock.load(lives[owner] ?? '', shard)).toBe('loaded');
      expect(await stock.take(stream, 3, false)).toMatchObject({ outcome: 'taken', blocks: [{ start: 0, count: 3 }] });
      // A client that knows nothing of slots is led to the owner by the Cluster itself.
      expect(await servers[0]?.cli('-c', 'FCALL', 'seqcast_next', '1', `{${stream}}:stock`, '2', 'ordinals')).toBe(
        `taken ${lives[owner]} 0 1 0 ${index + 1} 3 2 0`,
      );
      // Who asks another primary is refused, and nothing is loaded where nobody looks for it.
      const other = (owner + 1) % 3;
      const elsewhere = cluster.primaries[other]?.stock;
      await expect(elsewhere?.load(lives[other] ?? '', shard)).rejects.toMatchObject({
        code: 'SEQ_ENGINE_AWAY',
        details: { reason: 'slot' },
      });
    }
    expect([...owners].sort()).toEqual([0, 1, 2]);

    // One primary that restarts begins a new life; the others live on.
    const [first] = servers as [PrivateRedis];
    await first.restart();
    await expect
      .poll(() => Promise.all(cluster.primaries.map(({ stock }) => Promise.resolve(stock.hello()).catch(() => 'away'))), {
        timeout: 20_000,
      })
      .not.toContain('away');
    const later = await Promise.all(cluster.primaries.map(({ stock }) => stock.hello()));
    expect(later.filter((life) => lives.includes(life))).toHaveLength(2);
  });

  test('is not taken for a single server, nor a single server for it', async () => {
    const single = await ownRedis();
    await expect(openRedisCluster({ url: single.url })).rejects.toMatchObject({ code: 'SEQ_ENGINE_UNREACHABLE' });
    await expect(openRedisStock({ url: single.url, isClusterNode: true })).rejects.toMatchObject({ code: 'SEQ_ENGINE_UNUSABLE' });
  });
});

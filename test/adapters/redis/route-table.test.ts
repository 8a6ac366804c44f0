/** What the route table in Redis makes of a Redis that is set up wrongly, out of reach, dead, frozen or empty. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { openRedisRouteTable, type RedisRouteTable, type RedisRouteTableOptions } from '../../../adapters/redis/route-table.ts';
import { until } from '../../conformance/harness.ts';
import { engineOrSkip } from '../../engines/engines.ts';
import { startLine } from '../../engines/line.ts';
import { hasOpenssl, newCertificate } from '../bullmq/certificate.ts';
import { anyFreePort, ownRedis } from '../bullmq/own-redis.ts';

const redis = engineOrSkip('redis');
async function opened(options: RedisRouteTableOptions): Promise<RedisRouteTable> {
  const routes = await openRedisRouteTable(options);
  onTestFinished(() => routes.close());
  return routes;
}

describe.skipIf(!redis.available)('opening a route table in Redis', () => {
  test('refuses a Redis that may delete keys, and a replica', async () => {
    const evicting = await ownRedis(['--maxmemory-policy', 'allkeys-random']);
    const replica = await ownRedis(['--replicaof', '127.0.0.1', '1']);
    for (const { url } of [evicting, replica]) {
      await expect(openRedisRouteTable({ url })).rejects.toMatchObject({ code: 'SEQ_ENGINE_UNUSABLE' });
    }
  });

  test('says what to change where it cannot reach or enter Redis', async () => {
    const own = await ownRedis(['--requirepass', 'right']);
    const cases: [url: string, change: string][] = [
      [`redis://127.0.0.1:${await anyFreePort()}`, 'start Redis'],
      [own.url.replace('//', '//:wrong@'), 'check user and password'],
      ['redis:nowhere', 'correct the URL'],
    ];
    for (const [url, change] of cases) {
      const refusal = await openRedisRouteTable({ url }).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'SEQ_ENGINE_UNREACHABLE', message: expect.stringContaining(change) });
      expect((refusal as Error).message).not.toContain('wrong');
    }
  });

  test.runIf(hasOpenssl)('speaks TLS as a user who may do no more than it needs', async () => {
    const { certFile, keyFile } = newCertificate();
    const port = await anyFreePort();
    const tls = ['--tls-port', `${port}`, '--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-auth-clients', 'no'];
    const may = ['+@connection', '+info', '+eval', '+get', '+set', '+hget', '+hset', '+hdel', '+zadd', '+zrem', '+zrangebylex', '+time'];
    const rights = ['~{seqcast}:routes:*', '&{seqcast}:routes:changes', '+publish', '+subscribe', ...may];
    await ownRedis([...tls, '--user', 'routes', 'on', '>secret', ...rights]);
    const routes = await opened({ url: `rediss://routes:secret@localhost:${port}`, caFile: certFile });
    const told: string[] = [];
    routes.watch('clients/', (key) => told.push(key));
    await routes.put('clients/a', 'x');
    await routes.delete('clients/a');
    await until(() => told.length === 2);
    expect(await routes.list('clients/')).toEqual([]);
  });
});

describe.skipIf(!redis.available)('a watcher that was cut off', () => {
  test('hears the net change of what it missed, once per key, and then every change again', async () => {
    const own = await ownRedis();
    const line = await startLine(own.port);
    const near = await opened({ url: own.url });
    const far = await opened({ url: `redis://127.0.0.1:${line.port}` });
    for (const key of ['kept', 'changed', 'deleted', 'recreated']) await near.put(`clients/${key}`, 'before');
    expect(await far.list('clients/')).toHaveLength(4);
    const told: string[] = [];
    far.watch('clients/', (key, value) => told.push(`${key.slice(8)}=${value}`));
    await near.put('clients/seen', '1');
    await until(() => told.length === 1);
    // Answered after the list that the watch began with.
    expect(await far.list('clients/')).toHaveLength(5);

    line.cut();
    await until(() => !far.health().up);
    for (const value of ['1', '2', '3']) await near.put('clients/changed', value);
    await near.delete('clients/deleted');
    await near.delete('clients/recreated');
    await near.put('clients/recreated', 'after');
    await near.put('clients/new', 'new');
    await near.put('clients/passing', 'x');
    await near.delete('clients/passing');
    await near.put('pools/a', 'elsewhere');
    await expect(far.get('clients/new')).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY' });
    line.mend();
    await until(() => far.health().up && told.length >= 5);
    expect(told.sort()).toEqual(['changed=3', 'deleted=undefined', 'new=new', 'recreated=after', 'seen=1']);

    await near.put('clients/changed', '4');
    await until(() => told.length >= 6);
    expect(told.at(-1)).toBe('changed=4');
  });

  test('misses no change that is made while it is catching up', async () => {
    const own = await ownRedis();
    const line = await startLine(own.port);
    const near = await opened({ url: own.url });
    const far = await opened({ url: `redis://127.0.0.1:${line.port}` });
    const heard = new Map<string, string | undefined>();
    far.watch('k/', (key, value) => heard.set(key, value));
    let isOver = false;
    async function change(hand: number): Promise<void> {
      for (let step = 0; !isOver; step++) {
        const key = `k/${(hand * 31 + step * 7) % 400}`;
        await (step % 5 === 4 ? near.delete(key) : near.put(key, `${hand}.${step}`));
      }
    }
    const hands = [1, 2, 3, 4].map(change);
    for (let times = 0; times < 5; times++) {
      await new Promise((resolve) => {
        setTimeout(resolve, 60);
      });
      line.cut();
      await until(() => !far.health().up);
      line.mend();
      await until(() => far.health().up);
    }
    isOver = true;
    await Promise.all(hands);
    await near.put('k/last', 'last');
    await until(() => heard.get('k/last') === 'last');
    const present = new Map([...heard].filter(([, value]) => value !== undefined));
    const entries = await near.list('k/');
    await until(() => entries.every(({ key, value }) => heard.get(key) === value));
    expect(new Map(entries.map(({ key, value }) => [key, value]))).toEqual(present);
  });
});

describe.skipIf(!redis.available)('a Redis that dies', () => {
  test('is told as away at once, and what it lost is told to watchers when it is back', async () => {
    const own = await ownRedis();
    const lines: string[] = [];
    const routes = await opened({ url: own.url, onLog: (message, level) => lines.push(`${level} ${message}`) });
    const before = await routes.put('clients/a', 'x');
    const told: [string, string | undefined][] = [];
    routes.watch('', (key, value) => told.push([key, value]));
    // Answered after the list that the watch began with.
    expect(await routes.list('')).toHaveLength(1);
    await own.kill();
    await until(() => !routes.health().up);
    const asked = Date.now();
    await expect(routes.put('clients/a', 'y')).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY', retriable: true });
    expect(Date.now() - asked).toBeLessThan(1_000);
    await own.restart();
    await until(() => routes.health().up && told.length === 1);
    expect(told).toEqual([['clients/a', undefined]]);
    // A version from before the loss must fit nothing that comes after it.
    const after = await routes.put('clients/a', 'z', 0);
    expect(after?.version).toBeGreaterThan(before?.version ?? Number.POSITIVE_INFINITY);
    expect(await routes.put('clients/a', 'stale', before?.version)).toBeUndefined();
    expect(lines).toEqual([expect.stringMatching(/^warn .* is away: /), expect.stringMatching(/^info .* is back after /)]);
  });

  test('frozen, it is told as away after the time-out, and its connections are replaced', async () => {
    const own = await ownRedis();
    const routes = await opened({ url: own.url });
    await own.freeze();
    await expect(routes.get('a')).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY' });
    await until(() => !routes.health().up);
    await own.thaw();
    await until(() => routes.health().up);
    expect(await routes.get('a')).toBeUndefined();
  }, 30_000);
});

test.skipIf(!redis.available)('keys and values are bounded', async () => {
  const routes = await opened({ url: (await ownRedis()).url });
  for (const [key, value] of [
    ['', ''],
    ['x'.repeat(513), ''],
    ['a\nb', ''],
    ['k', 'x'.repeat(65_537)],
  ] as const) {
    await expect(routes.put(key, value)).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
  }
});

test.skipIf(!redis.available)('after close every call is refused', async () => {
  const routes = await openRedisRouteTable({ url: (await ownRedis()).url });
  await routes.close();
  await expect(routes.get('k')).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
  await routes.close();
});

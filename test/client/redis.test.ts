/** Values straight from Redis: which pool is asked, what is waited for, what may lie in hand, and what is given back. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ClientEvent, type ConnectOptions, connect } from '../../client/src/index.ts';
import { engineOrSkip } from '../engines/engines.ts';
import { until } from './connected.ts';
import { GENERATION, RedisPool, Routes } from './redis-pool.ts';

const redis = engineOrSkip('redis');
const STREAM = 'orders/web/checkout';
const CALLER = { clientType: 'web', service: 'checkout', firstPauseMs: 5 };

async function connectedTo(url: string, options: ConnectOptions = {}) {
  const client = await connect(url, { ...CALLER, ...options });
  onTestFinished(() => client.close());
  return { client, orders: client.sequence('orders') };
}

describe.skipIf(!redis.available)('values straight from Redis (needs Redis)', () => {
  test('come from the pool that the route table names, ahead of use, and what is left goes back', async () => {
    const [home, pool] = [await RedisPool.start('pool-a'), await RedisPool.start('pool-b')];
    const routes = await Routes.open(home, [home, pool]);
    await routes.stream(STREAM, pool);
    await pool.load(STREAM, 1_000);
    const { orders } = await connectedTo(home.redis.url);
    const values: bigint[] = [];
    for await (const value of orders.values(60)) values.push(value);
    expect(new Set(values).size).toBe(60);
    expect(orders.figures().inHand).toBeGreaterThan(0);
    await orders.close();
    expect(orders.figures()).toMatchObject({ lost: 0, inHand: 0 });
    expect(await pool.unissued(STREAM)).toBe(940);
    expect(await home.unissued(STREAM)).toBe(0);
  });

  test('are waited for, ordered for all that wait, and taken in part where that is enough', async () => {
    const pool = await RedisPool.start('pool-a');
    const routes = await Routes.open(pool, [pool]);
    await routes.stream(STREAM, pool);
    const { orders } = await connectedTo(pool.redis.url);
    const first = orders.take(4);
    for (let tries = 0; (await pool.waiting(STREAM)) !== 4; tries += 1) if (tries > 200) throw new Error('nobody waits');
    await pool.load(STREAM, 7);
    expect(await first).toHaveLength(4);
    // Three are left, and a block is eight: whoever wants one gets it from what is there.
    expect(await orders.take(2)).toHaveLength(2);
    expect(await orders.next()).toBeTypeOf('bigint');
    await expect(orders.next({ signal: AbortSignal.timeout(60) })).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('do not lie in hand where the route does not say that they may', async () => {
    const pool = await RedisPool.start('pool-a');
    const routes = await Routes.open(pool, [pool]);
    await routes.stream(STREAM, pool, false);
    await pool.load(STREAM, 100);
    const { client, orders } = await connectedTo(pool.redis.url);
    await orders.take(3);
    await orders.next();
    expect([orders.tryNext(), orders.figures().fetched]).toEqual([undefined, 4]);
    // A generation that the route does not speak of yet, because the sequence was altered.
    await routes.stream('tickets/web/checkout', pool);
    await pool.load('tickets/web/checkout', 5, GENERATION + 1);
    const tickets = client.sequence('tickets');
    await tickets.take(5);
    expect(tickets.figures().inHand).toBe(0);
  });

  test('are found again when the stream moved, and when its pool began a new life', async () => {
    const [from, to] = [await RedisPool.start('pool-a'), await RedisPool.start('pool-b')];
    const routes = await Routes.open(from, [from, to]);
    await routes.stream(STREAM, from);
    await from.load(STREAM, 10);
    await to.load(STREAM, 100);
    const { orders } = await connectedTo(from.redis.url);
    const before = await orders.takeBlock(4);
    await from.move(STREAM, to);
    const values = await orders.take(20);
    expect(new Set(values).size).toBe(20);
    expect(await to.unissued(STREAM)).toBeLessThanOrEqual(80);
    // Blocks go back to the life that gave them; of one that is over they are lost, which is what it says.
    await routes.stream(STREAM, to);
    await from.beginAgain();
    await before.close();
    expect(orders.figures()).toMatchObject({ givenBack: 0, lost: 4 });
  });

  test('are what is left in a pool that nobody fills any more, and then come from another one', async () => {
    const [own, other] = [await RedisPool.start('pool-a'), await RedisPool.start('pool-b')];
    const routes = await Routes.open(own, [own, other]);
    await routes.stream(STREAM, own, false);
    await own.load(STREAM, 5);
    await routes.pool(own, 'silent');
    const { orders } = await connectedTo(own.redis.url);
    expect(await orders.take(5)).toHaveLength(5);
    expect(await own.unissued(STREAM)).toBe(0);
    const more = orders.take(3);
    await expect.poll(() => other.waiting(STREAM)).toBe(3);
    await other.load(STREAM, 3);
    expect(await more).toHaveLength(3);
  });

  test('come again after their Redis was away, which is told of', async () => {
    const events: ClientEvent[] = [];
    const [home, pool] = [await RedisPool.start('pool-a'), await RedisPool.start('pool-b')];
    const routes = await Routes.open(home, [pool]);
    await routes.stream(STREAM, pool, false);
    await pool.load(STREAM, 10);
    const { orders } = await connectedTo(home.redis.url, { timeoutMs: 5_000, onEvent: (event) => events.push(event) });
    await orders.next();
    await pool.redis.kill();
    const waiting = orders.next();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await pool.restart();
    await pool.load(STREAM, 10);
    expect(await waiting).toBeTypeOf('bigint');
    await until(() => events.some(({ kind }) => kind === 'reconnected'));
    expect(events.find(({ kind }) => kind === 'reconnected')).toMatchObject({ endpoint: pool.redis.url });
  });

  test('are taken by a user who may do nothing else, from the address itself', async () => {
    const pool = await RedisPool.start('pool-a');
    await pool.load(STREAM, 10);
    const rules = ['on', '>secret', 'resetkeys', 'resetchannels', '-@all', '+@connection', '+fcall', '+time', '~{*}:stock'];
    await pool.redis.cli('ACL', 'SETUSER', 'values', ...rules);
    const url = pool.redis.url.replace('redis://', 'redis://values:secret@');
    const { orders } = await connectedTo(url, { timeoutMs: 1_000 });
    expect(await orders.take(3)).toHaveLength(3);
    await expect(connect(url.replace('secret', 'wrong'), { timeoutMs: 500 })).rejects.toMatchObject({
      code: 'SEQ_UNREACHABLE',
      retriable: false,
    });
  });

  test('are those of the stream that a registered client belongs to, or of the one that all share', async () => {
    const pool = await RedisPool.start('pool-a');
    const routes = await Routes.open(pool, [pool]);
    await routes.client('till-7', 'pos', 'store');
    await routes.stream('orders/pos/store', pool);
    await pool.load('orders/pos/store', 10);
    const client = await connect(pool.redis.url, { clientId: 'till-7', timeoutMs: 1_000 });
    onTestFinished(() => client.close());
    expect(await client.sequence('orders').take(10)).toHaveLength(10);
    await routes.stream('tickets/*/*', pool, false);
    await pool.load('tickets/*/*', 10);
    expect(await client.sequence('tickets').take(2)).toHaveLength(2);
    const stranger = await connect(pool.redis.url, { clientId: 'nobody' });
    onTestFinished(() => stranger.close());
    await expect(stranger.sequence('orders').next()).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_CLIENT' });
  });

  test('need an address of Redis, and no API key', async () => {
    await expect(connect('redis://127.0.0.1:1', { timeoutMs: 200 })).rejects.toMatchObject({ code: 'SEQ_UNREACHABLE', retriable: true });
    await expect(connect('redis://127.0.0.1:1', { apiKey: 'sqk_1' })).rejects.toMatchObject({ code: 'SEQ_UNSUPPORTED' });
  });
});

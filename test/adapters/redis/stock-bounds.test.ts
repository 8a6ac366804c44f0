/** What callers can make a server keep is bounded, and what is over is let go of. Time is made to pass by other limits in the library. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { librarySource } from '../../../adapters/redis/library.ts';
import { pause } from '../../conformance/harness.ts';
import { engineOrSkip, type PrivateRedis, startRedis } from '../../engines/engines.ts';

const redis = engineOrSkip('redis');
const STREAM = 'orders/web/checkout';
const UNKNOWN = (index: number) => `{orders/web/nobody-${index}}:stock`;

/** The library with other bounds, each of which must be there to be changed. */
function libraryWith(bounds: Readonly<Record<string, number>>): string {
  let source = librarySource();
  for (const [name, bound] of Object.entries(bounds)) {
    const line = new RegExp(`^local ${name} = \\d+$`, 'm');
    expect(source).toMatch(line);
    source = source.replace(line, `local ${name} = ${bound}`);
  }
  return source;
}

describe.skipIf(!redis.available)('what a Redis keeps for callers (needs Redis)', () => {
  let server: PrivateRedis;
  let client: Redis;
  let nonce: string;
  let shards = 0;

  beforeAll(async () => {
    server = await startRedis();
    client = new Redis(server.url);
  });
  afterAll(async () => {
    client?.disconnect();
    await server?.stop();
  });
  beforeEach(() => start({}));

  async function start(bounds: Readonly<Record<string, number>>): Promise<void> {
    await client.function('FLUSH');
    await client.function('LOAD', libraryWith(bounds));
    nonce = ((await client.fcall('seqcast_hello', 0, 'x')) as string[])[1] ?? '';
    shards = 0;
  }

  function next(key: string, ...args: (string | number)[]): Promise<unknown> {
    return client.fcall('seqcast_next', 1, key, ...args);
  }

  function request(id: string, count = 1, key = `{${STREAM}}:stock`): Promise<unknown> {
    return next(key, count, 'ordinals', 0, 0, '', 0, id, 'hash');
  }

  async function load(size: number, stream = STREAM): Promise<void> {
    const start = 1_000_000 * ++shards;
    await client.fcall('seqcast_load', 1, `{${stream}}:stock`, nonce, 1, 0, shards, start, start + size, 0);
  }

  async function news(): Promise<string[]> {
    const [, , ...rows] = (await client.fcall('seqcast_poll', 0, 'filler', 1_000, 0, '')) as [string, string, ...[string][]];
    return rows.map(([stream]) => stream).sort();
  }

  /** Memory of the library, garbage aside. */
  async function memory(): Promise<number> {
    return Number(/used_memory_vm_functions:(\d+)/.exec(await client.info('memory'))?.[1]);
  }

  test('streams that are only asked for are ten thousand at most; known ones are not among them', async () => {
    await load(10);
    const asked = Array.from({ length: 10_000 }, (_, index) => next(UNKNOWN(index), 1));
    await Promise.all(asked);
    await expect(next(UNKNOWN(10_000), 1)).rejects.toThrow(/^SEQ_TOO_MANY_WAITING /);
    expect(await next(UNKNOWN(17), 1)).toMatchObject({ 0: 'empty' });
    expect(await next(`{${STREAM}}:stock`, 1, 'ordinals')).toMatch(/^taken /);
    // One of them gets stock: that makes room.
    await load(10, 'orders/web/nobody-17');
    expect(await next(UNKNOWN(10_000), 1)).toMatchObject({ 0: 'empty' });
    expect(await memory()).toBeLessThan(30_000_000);
  });

  test('a stream that nobody asks for any more is forgotten, and its reports count on', async () => {
    await start({ UNKNOWN_STREAMS_MAX: 3, UNKNOWN_STREAM_MS: 50, SWEEP_MS: 0, WAITER_MS: 20 });
    for (const index of [1, 2, 3]) await next(UNKNOWN(index), 1);
    await expect(next(UNKNOWN(4), 1)).rejects.toThrow(/^SEQ_TOO_MANY_WAITING /);
    expect(await client.fcall('seqcast_report', 0, 'orders/web/nobody-1')).toMatchObject({ 2: ['orders/web/nobody-1', 1, []] });
    await pause(80);
    await next(UNKNOWN(2), 1);
    await news();
    await pause(5);
    await news();
    expect(await next(UNKNOWN(4), 1)).toMatchObject({ 0: 'empty' });
    expect(await next(UNKNOWN(1), 1)).toMatchObject({ 0: 'empty' });
    await expect(next(UNKNOWN(3), 1)).rejects.toThrow(/^SEQ_TOO_MANY_WAITING /);
    expect(await client.fcall('seqcast_report', 0, 'orders/web/nobody-1')).toMatchObject({ 2: ['orders/web/nobody-1', 2, []] });
  });

  test('of a stream the newest ten thousand requests are remembered', async () => {
    await start({ REQUESTS_MAX: 100 });
    await load(1_000);
    for (let index = 0; index < 101; index++) await request(`request-${index}`);
    const oldest = String(await request('request-1')).split(' ');
    expect(oldest[2], 'it is remembered').toBe('1');
    expect(String(await request('request-0')).split(' ')[2], 'it was forgotten').toBe('0');
  });

  test('of all streams together so many are remembered that memory stays bounded', async () => {
    await start({ REQUESTS_IN_ALL_MAX: 50 });
    await load(1_000);
    await load(1_000, 'orders/web/other');
    for (let index = 0; index < 50; index++) await request(`request-${index}`);
    await request('request-a', 1, '{orders/web/other}:stock');
    await request('request-b', 1, '{orders/web/other}:stock');
    expect(String(await request('request-a', 1, '{orders/web/other}:stock')).split(' ')[2], 'made room for b').toBe('0');
    expect(String(await request('request-0')).split(' ')[2]).toBe('1');
  });

  test('a request is remembered for its time and no longer', async () => {
    await start({ REQUEST_MS: 60, SWEEP_MS: 0 });
    await load(100);
    const first = await request('payment-17', 3);
    expect(await request('payment-17', 3)).toBe(String(first).replace(`${nonce} 0`, `${nonce} 1`));
    await pause(90);
    expect(
      String(await request('payment-17', 3))
        .split(' ')
        .slice(2, 7),
    ).toEqual(['0', '1', '0', '1', '1000003']);
  });

  test('an exhausted shard with blocks out is to be closed after its time', async () => {
    await start({ EXHAUSTED_KEPT_MS: 60 });
    await load(10);
    await next(`{${STREAM}}:stock`, 10, 'ordinals', 1);
    expect(await news()).toEqual([STREAM]);
    expect(await news()).toEqual([]);
    await pause(90);
    expect(await news()).toEqual([STREAM]);
  });

  test('waiters of a stream have a thousand names at most', async () => {
    for (let index = 0; index < 1_000; index++) await next(UNKNOWN(1), 1, 'ordinals', 0, 0, `gateway-${index}`, 1);
    await expect(next(UNKNOWN(1), 1, 'ordinals', 0, 0, 'one-more', 1)).rejects.toThrow(/^SEQ_TOO_MANY_WAITING /);
    expect(await next(UNKNOWN(1), 1, 'ordinals', 0, 0, 'gateway-17', 5)).toMatchObject({ 0: 'empty' });
  });

  test('given back and taken again for ever, a stock does not grow', async () => {
    await load(1_000);
    const round = async (): Promise<void> => {
      const lines = await Promise.all(Array.from({ length: 500 }, () => next(`{${STREAM}}:stock`, 2, 'ordinals', 1)));
      for (const line of lines) {
        const [start, , block] = String(line).split(' ').slice(6).map(Number) as [number, number, number];
        void client.fcall('seqcast_give_back', 0, nonce, block, start, start + 2);
      }
      await client.ping();
    };
    for (let times = 0; times < 4; times++) await round();
    const before = await memory();
    for (let times = 0; times < 12; times++) await round();
    expect((await memory()) - before).toBeLessThan(500_000);
    expect(await client.fcall('seqcast_cursors', 0, STREAM)).toMatchObject({ 3: { 7: [1_000_000, 1_001_000] } });
  });

  test('a full server goes on serving: what the stock needs is not of its keys', async () => {
    await load(100);
    await client.config('SET', 'maxmemory', '1');
    await expect(client.set('any', 'key')).rejects.toThrow(/^OOM /);
    expect(await next(`{${STREAM}}:stock`, 1, 'ordinals')).toMatch(/^taken /);
    expect(await client.fcall('seqcast_revoke', 0, nonce, 0, 1)).toMatchObject({ 0: 'revoked' });
    await load(100);
    expect(await next(`{${STREAM}}:stock`, 1, 'ordinals')).toMatch(/^taken /);
    await client.config('SET', 'maxmemory', '0');
  });

  test('a clock that is set back ends what was promised by it', async () => {
    await client.function('FLUSH');
    const clock = "local time = redis.call('TIME')\n";
    expect(librarySource()).toContain(clock);
    await client.function(
      'LOAD',
      librarySource()
        .replace(clock, `${clock}  time[1] = tonumber(time[1]) + CLOCK_STEP\n`)
        .replace('local LIBRARY', 'local CLOCK_STEP = 0\nlocal LIBRARY') +
        "\nregister('test_clock', function(_, args) CLOCK_STEP = tonumber(args[1]) return 1 end)",
    );
    nonce = ((await client.fcall('seqcast_hello', 0, 'x')) as string[])[1] ?? '';
    await client.fcall('seqcast_load', 1, `{${STREAM}}:stock`, nonce, 1, 0, ++shards, 0, 100, 1);
    await client.fcall('seqcast_poll', 0, 'filler', 60_000, 60_000, '');
    expect(await next(`{${STREAM}}:stock`, 1, 'ordinals')).toMatch(/^taken /);
    expect(await client.fcall('seqcast_poll', 0, 'other', 60_000, 0, '')).toMatchObject({ 0: 'standby' });
    await client.fcall('test_clock', 0, -30);
    expect(await next(`{${STREAM}}:stock`, 1, 'ordinals')).toEqual(['unleased', nonce]);
    expect(await client.fcall('seqcast_poll', 0, 'other', 60_000, 0, '')).toMatchObject({ 0: 'polled' });
  });
});

/**
 * Calls for values that are made at the same time go to the server in one command. Nobody may notice by anything but the time it takes:
 * each is answered, counted and remembered as if it had come alone, in the order of arrival.
 */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CallsTogether } from '../../../adapters/redis/calls-together.ts';
import { openRedisStock, type RedisStock } from '../../../adapters/redis/stock.ts';
import type { NextCall, NextReply, StreamNews } from '../../../pipelines/ports.ts';
import { engineOrSkip, type PrivateRedis, startRedis } from '../../engines/engines.ts';

const redis = engineOrSkip('redis');
const STREAM = 'orders/web/checkout';
const OTHER_STREAM = 'orders/batch/billing';
const KEY = `{${STREAM}}:stock`;

function call(count: number, more: Partial<NextCall> = {}): NextCall {
  return { count, numbered: false, again: false, waiter: '', waiting: 0, request: '', payloadHash: '', ...more };
}

/** First ordinal and count of each block, or what happened instead. */
function told(reply: NextReply): unknown {
  return reply.outcome === 'taken' ? reply.blocks.map(({ start, count }) => [start, count]) : reply.outcome;
}

describe.skipIf(!redis.available)('calls for values made together (need Redis)', () => {
  let server: PrivateRedis;
  let client: Redis;
  let stock: RedisStock;
  let life: string;

  beforeAll(async () => {
    server = await startRedis();
    client = new Redis(server.url);
  });
  afterAll(async () => {
    client?.disconnect();
    await server?.stop();
  });
  beforeEach(async () => {
    await server.cli('FUNCTION', 'FLUSH');
    stock = await openRedisStock({ url: server.url });
    life = await stock.hello();
    return () => stock.close();
  });

  async function load(id: number, start: number, end: number, ordered = false): Promise<void> {
    await stock.load(life, { stream: STREAM, sequence: 'orders', generation: 1, partition: 0, shard: id, start, end, ordered });
  }

  function together(calls: readonly NextCall[]): Promise<NextReply[]> {
    return Promise.all(calls.map((each) => stock.next(STREAM, each)));
  }

  async function news(): Promise<StreamNews | undefined> {
    const reply = await stock.poll({ holder: 'filler', holdMs: 1, orderLeaseMs: 0, incarnation: '' });
    return reply.outcome === 'polled' ? reply.news.find(({ stream }) => stream === STREAM) : undefined;
  }

  async function commands(): Promise<number> {
    return Number(/cmdstat_fcall:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0);
  }

  test('are one command a stream, and the next one carries what was asked for meanwhile', async () => {
    await load(1, 0, 1_000);
    const before = await commands();
    const first = together(Array.from({ length: 40 }, () => call(1)));
    const other = Promise.all([stock.next(OTHER_STREAM, call(1)), stock.next(OTHER_STREAM, call(1))]);
    await new Promise((resolve) => setImmediate(resolve));
    const second = together(Array.from({ length: 60 }, () => call(1)));
    const replies = [...(await first), ...(await second)];
    await other;
    expect(replies.map(told)).toEqual(Array.from({ length: 100 }, (_, index) => [[index, 1]]));
    expect((await commands()) - before).toBe(3);
  });

  test('are answered in the order of arrival, each with blocks of its own across shards', async () => {
    await load(1, 0, 5);
    await load(2, 50, 60);
    const replies = await together([call(3), call(4), call(2)]);
    expect(replies.map(told)).toEqual([
      [[0, 3]],
      [
        [3, 2],
        [50, 2],
      ],
      [[52, 2]],
    ]);
    expect(replies[0]).toMatchObject({ incarnation: life, repeated: false, blocks: [{ generation: 1, partition: 0, shard: 1, block: 0 }] });
  });

  test('serve who came first while the stock lasts, and nobody behind whoever has to wait', async () => {
    await load(1, 0, 10);
    const replies = await together([call(4), call(5), call(3), call(1)]);
    expect(replies.map(told)).toEqual([[[0, 4]], [[4, 5]], 'empty', 'empty']);
    expect(replies[3]).toMatchObject({ incarnation: life, stock: 1 });
    expect(told(await stock.next(STREAM, call(1)))).toEqual([[9, 1]]);
  });

  test('count as so many requests, and as stalls only those that got nothing', async () => {
    await load(1, 0, 10);
    await news();
    await together([call(4), call(5), call(30), call(1)]);
    expect(await news()).toMatchObject({ requests: 4, demanded: 40, issued: 9, stalls: 2, largestRequest: 30, stock: 1 });
  });

  test('may be numbered, and each block is given back by itself', async () => {
    await load(1, 0, 100);
    const [plain, one, two] = await together([call(5), call(10, { numbered: true }), call(10, { numbered: true })]);
    if (plain?.outcome !== 'taken' || one?.outcome !== 'taken' || two?.outcome !== 'taken') throw new Error('not all were taken');
    const numbers = [plain, one, two].map(({ blocks }) => blocks[0]?.block ?? 0);
    expect(numbers[0]).toBe(0);
    expect(new Set(numbers).size).toBe(3);
    expect(await stock.giveBack(life, numbers[1] ?? 0, { start: 10, end: 15 })).toBe('taken-back');
    expect(await stock.giveBack(life, numbers[2] ?? 0, { start: 10, end: 15 })).toBe('unknown-block');
  });

  test('with request ids are remembered one by one: repeated where they are the same, a conflict where they are not', async () => {
    await load(1, 0, 100);
    const a = { request: 'a', payloadHash: 'three' };
    const b = { request: 'b', payloadHash: 'two' };
    const first = await together([call(3, a), call(2, b), call(3, a), call(4, { ...a, payloadHash: 'four' }), call(1)]);
    expect(first.map(told)).toEqual([[[0, 3]], [[3, 2]], [[0, 3]], 'conflict', [[5, 1]]]);
    expect(first.map((reply) => reply.outcome === 'taken' && reply.repeated)).toEqual([false, false, true, false, false]);
    const again = await together([call(2, b), call(3, a)]);
    expect(again).toEqual([
      { ...first[1], repeated: true },
      { ...first[0], repeated: true },
    ]);
    expect(await stock.next(STREAM, call(3, a))).toEqual({ ...first[0], repeated: true });
    expect(await news()).toMatchObject({ requests: 3, issued: 6 });
  });

  test('repeat an answer of several blocks, and in the other form, when they are asked for behind one that waits', async () => {
    const rule = { start: '1001', increment: '1', firstPass: 0, period: 0, passStart: '1' };
    const place = { stream: STREAM, sequence: 'orders', generation: 1, partition: 0, ordered: false, values: rule };
    await stock.load(life, { ...place, shard: 1, start: 0, end: 5 });
    await stock.load(life, { ...place, shard: 2, start: 50, end: 60 });
    const payment = { request: 'payment-17', payloadHash: 'eight' };
    const first = await stock.next(STREAM, call(8, payment));
    const [refused, repeated, behind] = await together([call(100), call(8, payment), call(1, { request: 'late', payloadHash: 'one' })]);
    expect(refused).toMatchObject({ outcome: 'empty' });
    expect(repeated).toEqual({ ...first, repeated: true });
    expect(behind).toMatchObject({ outcome: 'empty' });
    expect(told(await stock.next(STREAM, call(1, { request: 'late', payloadHash: 'one' })))).toEqual([[53, 1]]);
    const values = (await client.fcall('seqcast_next', 1, KEY, 8, 'values', 0, 0, '', 0, 'payment-17', 'eight')) as [
      string,
      string,
      unknown[][],
      number,
    ];
    expect(values[2].map(([value, count]) => [value, count])).toEqual([
      ['1001', 5],
      ['1051', 3],
    ]);
    expect(values[3]).toBe(1);
  });

  test('of an ordered stream wait all alike while nobody vouches for it', async () => {
    await stock.remint();
    life = await stock.hello();
    await load(1, 0, 10, true);
    expect((await together([call(1), call(2), call(11)])).map(told)).toEqual(['unleased', 'unleased', 'empty']);
    await stock.poll({ holder: 'filler', holdMs: 1, orderLeaseMs: 60_000, incarnation: await stock.hello() });
    expect((await together([call(1), call(2)])).map(told)).toEqual([[[0, 1]], [[1, 2]]]);
  });

  test('hear of a move, all of them', async () => {
    await load(1, 0, 10);
    await stock.setMoved(life, STREAM, 'pool-2');
    const moved = { outcome: 'moved', incarnation: life, pool: 'pool-2' };
    expect(await together([call(1), call(2)])).toEqual([moved, moved]);
  });

  test('stand behind those of before when one of them says who waits', async () => {
    await load(1, 0, 10);
    const replies = await together([call(1), call(2), call(3, { again: true, waiter: 'gateway-1', waiting: 3 }), call(1)]);
    expect(replies.map(told)).toEqual([[[0, 1]], [[1, 2]], [[3, 3]], [[6, 1]]]);
  });

  test('that are too many for one command are several, in order', async () => {
    await load(1, 0, 5_000);
    const replies = await together(Array.from({ length: 1_300 }, () => call(2)));
    expect(replies.map(told)).toEqual(Array.from({ length: 1_300 }, (_, index) => [[2 * index, 2]]));
  });

  test('take nothing where one argument is wrong', async () => {
    await load(1, 0, 10);
    for (const args of [[], [1, 0, ''], [1, 0, '', '', 0, 0, '', ''], [1, 0, 'x'.repeat(129), '']]) {
      await expect(client.fcall('seqcast_next_each', 1, KEY, ...args)).rejects.toThrow(/^SEQ_INVALID_(REQUEST|COUNT) /);
    }
    await expect(client.fcall('seqcast_next_each', 1, 'no-stream', 1, 0, '', '')).rejects.toThrow('SEQ_INVALID_REQUEST');
    expect(told(await stock.next(STREAM, call(10)))).toEqual([[0, 10]]);
  });
});

describe('calls for values on their way', () => {
  const server = { shown: 'redis://test' };

  test('are refused beyond what a server can be asked at a time, and taken again once it answered', async () => {
    let answer = (): void => undefined;
    const together = new CallsTogether({
      ...server,
      serve: () =>
        new Promise((resolve) => {
          answer = () => resolve('taken life 0 1 0 1 0 1 0');
        }),
    });
    const first = together.next(STREAM, call(1));
    await new Promise((resolve) => setImmediate(resolve));
    const others = Array.from({ length: 9_999 }, () => together.next(STREAM, call(1)));
    await expect(together.next(STREAM, call(1))).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY' });
    for (const other of others) other.catch(() => undefined);
    answer();
    expect(await first).toMatchObject({ outcome: 'taken' });
    expect(
      await Promise.race([together.next(STREAM, call(1)).catch(() => 'refused'), new Promise((r) => setImmediate(() => r('waits')))]),
    ).toBe('waits');
  });

  test('fail together when their command does, and a refusal of one concerns it alone', async () => {
    const replies: unknown[] = [
      new Error('timed out'),
      ['each', 'life', 'taken life 0 1 0 1 7 1 0', new Error('SEQ_TOO_MANY_WAITING 1000 wait')],
    ];
    const together = new CallsTogether({
      ...server,
      serve: async () => {
        const reply = replies.shift();
        if (reply instanceof Error) throw reply;
        return reply as never;
      },
    });
    const lost = await Promise.allSettled([together.next(STREAM, call(1)), together.next(STREAM, call(2))]);
    expect(lost.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const [taken, refused] = await Promise.allSettled([together.next(STREAM, call(1)), together.next(STREAM, call(2))]);
    expect(taken).toMatchObject({ status: 'fulfilled', value: { outcome: 'taken', blocks: [{ start: 7 }] } });
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'SEQ_TOO_MANY_WAITING' } });
  });
});

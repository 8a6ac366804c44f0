/**
 * What a stock beyond this process must do besides being a stock: answer callers by itself, remember what it answered, count what is
 * asked, know who waits, and have one filler at a time.
 */
import { describe, expect, test } from 'vitest';
import type { Interval } from '../../core/interval.ts';
import type { NextCall, NextReply, PollCall, PollReply, ShardToLoad, SharedStock, StreamNews, TakenBlock } from '../../pipelines/ports.ts';
import { type Harness, pause, until, using } from './harness.ts';

const STREAM = 'orders/web/checkout';
const OTHER_STREAM = 'orders/batch/billing';
const OTHER_LIFE = 'another-life';
/** A store forgets who waits after 2 s. */
const WAITER_GONE_MS = 2_200;

export function sharedStockKit(harness: Harness<SharedStock>): void {
  describe('answering', () => answering(harness));
  describe('request ids', () => requestIds(harness));
  describe('who waits', () => waiters(harness));
  describe('a stream that moved', () => movedStreams(harness));
  describe('an ordered stream', () => orderedStreams(harness));
  describe('holding the pool', () => holding(harness));
  describe('news', () => news(harness));
  describe('exhausted shards', () => exhaustedShards(harness));
  describe('reports', () => reports(harness));
  describe('notices of loads', () => notices(harness));
}

function answering(harness: Harness<SharedStock>): void {
  test('an answer says which life gave it', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(7, 100, 110, { generation: 3, partition: 2 }));
      expect(await stock.next(STREAM, call(4))).toEqual({
        outcome: 'taken',
        incarnation: life,
        blocks: [{ generation: 3, partition: 2, shard: 7, start: 100, count: 4, block: 0 }],
        repeated: false,
      });
      expect(await stock.next(STREAM, call(7))).toEqual({ outcome: 'empty', incarnation: life, stock: 6 });
    }));

  test('numbered blocks may be given back once', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 10));
      const [block] = await blocks(stock, { count: 10, numbered: true });
      expect(await stock.giveBack(life, block?.block ?? 0, run(4, 10))).toBe('taken-back');
      expect(await stock.giveBack(life, block?.block ?? 0, run(4, 10))).toBe('unknown-block');
      expect(runs(await blocks(stock, { count: 6 }))).toEqual([run(4, 10)]);
    }));

  test('callers at the same time get different ordinals', () =>
    using(harness, async (stock) => {
      await stock.load(await stock.hello(), shard(1, 0, 300));
      const answers = await Promise.all(Array.from({ length: 100 }, () => blocks(stock, { count: 3 })));
      const starts = answers.flat().map(({ start }) => start);
      expect(starts.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, index) => 3 * index));
    }));

  test('a count that is no count is refused and takes nothing', () =>
    using(harness, async (stock) => {
      await stock.load(await stock.hello(), shard(1, 0, 100_000));
      for (const count of [0, -1, 1.5, 10_001, Number.NaN]) {
        await expect(stock.next(STREAM, call(count))).rejects.toMatchObject({ code: 'SEQ_INVALID_COUNT' });
      }
      expect(runs(await blocks(stock, { count: 10_000 }))).toEqual([run(0, 10_000)]);
    }));
}

function requestIds(harness: Harness<SharedStock>): void {
  const request = { request: 'payment-17', payloadHash: 'three' };

  test('the same request gets the same blocks again', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 5));
      await stock.load(life, shard(2, 50, 60));
      const first = await stock.next(STREAM, call(8, request));
      expect(first).toMatchObject({ outcome: 'taken', repeated: false });
      expect(await stock.next(STREAM, call(8, request))).toEqual({ ...first, repeated: true });
      expect(runs(await blocks(stock, { count: 7 }))).toEqual([run(53, 60)]);
      expect(await stock.next(STREAM, call(8, request))).toEqual({ ...first, repeated: true });
    }));

  test('sent twice at once it is answered once', () =>
    using(harness, async (stock) => {
      await stock.load(await stock.hello(), shard(1, 0, 100));
      const answers = await Promise.all(Array.from({ length: 10 }, () => stock.next(STREAM, call(3, request))));
      expect(answers.filter((answer) => answer.outcome === 'taken' && !answer.repeated)).toHaveLength(1);
      expect(runs(await blocks(stock, { count: 1 }))).toEqual([run(3, 4)]);
    }));

  test('the same id for another request is a conflict and takes nothing', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 100));
      await stock.next(STREAM, call(3, request));
      const other = await stock.next(STREAM, call(4, { ...request, payloadHash: 'four' }));
      expect(other).toEqual({ outcome: 'conflict', incarnation: life });
      expect(runs(await blocks(stock, { count: 1 }))).toEqual([run(3, 4)]);
    }));

  test('what was refused is not remembered', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      expect(await stock.next(STREAM, call(3, request))).toMatchObject({ outcome: 'empty' });
      await stock.load(life, shard(1, 0, 100));
      expect(await stock.next(STREAM, call(3, request))).toMatchObject({ outcome: 'taken', repeated: false });
    }));

  test('the answer outlives its shard, which was issued whatever became of it', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 100));
      const first = await stock.next(STREAM, call(3, request));
      await stock.revoke(life, 0, 1);
      expect(await stock.next(STREAM, call(3, request))).toEqual({ ...first, repeated: true });
      await stock.forget(life, 0, 1);
      expect(await stock.next(STREAM, call(3, request))).toEqual({ ...first, repeated: true });
    }));

  test('an answer that is kept cannot be given back: it would be given again', () =>
    using(harness, async (stock) => {
      await stock.load(await stock.hello(), shard(1, 0, 100));
      expect((await blocks(stock, { count: 3, numbered: true, ...request })).map(({ block }) => block)).toEqual([0]);
    }));

  test('ids of different streams are different', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 10));
      await stock.load(life, shard(2, 50, 60, { stream: OTHER_STREAM }));
      await stock.next(STREAM, call(3, request));
      expect(runs(await blocks(stock, { count: 3, ...request }, OTHER_STREAM))).toEqual([run(50, 53)]);
    }));

  test('a new life knows nothing of them', () =>
    using(harness, async (stock) => {
      await stock.load(await stock.hello(), shard(1, 0, 10));
      await stock.next(STREAM, call(3, request));
      await stock.load(await stock.remint(), shard(2, 50, 60));
      expect(await stock.next(STREAM, call(3, request))).toMatchObject({ outcome: 'taken', repeated: false, blocks: [{ start: 50 }] });
    }));
}

function waiters(harness: Harness<SharedStock>): void {
  test('their values are added up, and a later word of the same one replaces the former', () =>
    using(harness, async (stock) => {
      await stock.next(STREAM, call(5, { waiter: 'gateway-1', waiting: 5 }));
      await stock.next(STREAM, call(5, { again: true, waiter: 'gateway-1', waiting: 12 }));
      await stock.next(STREAM, call(3, { waiter: 'gateway-2', waiting: 30 }));
      expect(await newsOf(stock)).toMatchObject({ waiting: 42, requests: 2, stalls: 2 });
    }));

  test('a caller without a name waits for nothing', () =>
    using(harness, async (stock) => {
      await stock.next(STREAM, call(5));
      expect(await newsOf(stock)).toMatchObject({ waiting: 0, requests: 1, stalls: 1, demanded: 5 });
      expect(await newsOf(stock)).toBeUndefined();
    }));

  test('the stream is named in every poll while somebody waits', () =>
    using(harness, async (stock) => {
      await stock.next(STREAM, call(5, { waiter: 'gateway-1', waiting: 5 }));
      for (let look = 0; look < 3; look++) expect(await newsOf(stock)).toMatchObject({ waiting: 5 });
      await stock.next(STREAM, call(1, { again: true, waiter: 'gateway-1', waiting: 0 }));
      expect(await newsOf(stock)).toMatchObject({ waiting: 0 });
      expect(await newsOf(stock)).toBeUndefined();
    }));

  test('whoever is served waits for so much less', () =>
    using(harness, async (stock) => {
      await stock.next(STREAM, call(5, { waiter: 'gateway-1', waiting: 12 }));
      await stock.load(await stock.hello(), shard(1, 0, 100));
      await stock.next(STREAM, call(5, { again: true, waiter: 'gateway-1', waiting: 12 }));
      expect(await newsOf(stock)).toMatchObject({ waiting: 7 });
      await stock.next(STREAM, call(7, { again: true, waiter: 'gateway-1', waiting: 7 }));
      expect(await newsOf(stock)).toMatchObject({ waiting: 0 });
    }));

  test('who says nothing more is forgotten, and that is told once', () =>
    using(harness, async (stock) => {
      await stock.next(STREAM, call(5, { waiter: 'gateway-1', waiting: 5 }));
      expect(await newsOf(stock)).toMatchObject({ waiting: 5 });
      await pause(WAITER_GONE_MS);
      expect(await newsOf(stock)).toMatchObject({ waiting: 0 });
      expect(await newsOf(stock)).toBeUndefined();
    }));
}

function movedStreams(harness: Harness<SharedStock>): void {
  test('callers are told where it is, whatever is in stock here', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 10));
      await stock.setMoved(life, STREAM, 'pool-b');
      expect(await stock.next(STREAM, call(1))).toEqual({ outcome: 'moved', incarnation: life, pool: 'pool-b' });
      expect(await stock.revoke(life, 0, 1)).toEqual({ outcome: 'revoked', incarnation: life, slices: [run(0, 10)] });
      await stock.setMoved(life, STREAM, 'pool-c');
      expect(await stock.next(STREAM, call(1))).toMatchObject({ outcome: 'moved', pool: 'pool-c' });
    }));

  test('it is served here again once a shard of it is loaded', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.setMoved(life, STREAM, 'pool-b');
      await stock.load(life, shard(1, 0, 10));
      expect(runs(await blocks(stock, { count: 2 }))).toEqual([run(0, 2)]);
    }));

  test('a request that was answered here is answered here again', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 10));
      const first = await stock.next(STREAM, call(3, { request: 'payment-17' }));
      await stock.setMoved(life, STREAM, 'pool-b');
      expect(await stock.next(STREAM, call(3, { request: 'payment-17' }))).toEqual({ ...first, repeated: true });
    }));

  test('another life cannot send callers away', () =>
    using(harness, async (stock) => {
      await stock.load(await stock.hello(), shard(1, 0, 10));
      await stock.setMoved(OTHER_LIFE, STREAM, 'pool-b');
      expect(runs(await blocks(stock, { count: 2 }))).toEqual([run(0, 2)]);
    }));
}

function orderedStreams(harness: Harness<SharedStock>): void {
  /** A life that nobody has vouched for yet, with a shard of an ordered stream. */
  async function unvouched(stock: SharedStock): Promise<string> {
    const life = await stock.remint();
    await stock.load(life, shard(1, 0, 10, { ordered: true }));
    return life;
  }

  test('is not served before a filler vouches for this life', () =>
    using(harness, async (stock) => {
      const life = await unvouched(stock);
      expect(await stock.next(STREAM, call(2))).toEqual({ outcome: 'unleased', incarnation: life });
      await poll(stock, { orderLeaseMs: 60_000 });
      expect(runs(await blocks(stock, { count: 2 }))).toEqual([run(0, 2)]);
    }));

  test('is not served in a life that a filler did not mean, as of a store that was failed over to', () =>
    using(harness, async (stock) => {
      const before = await stock.hello();
      const life = await unvouched(stock);
      expect(await poll(stock, { orderLeaseMs: 60_000, incarnation: before })).toMatchObject({ outcome: 'polled', incarnation: life });
      expect(await stock.next(STREAM, call(2))).toEqual({ outcome: 'unleased', incarnation: life });
    }));

  test('is served no longer than the filler vouched for', () =>
    using(harness, async (stock) => {
      await unvouched(stock);
      await poll(stock, { orderLeaseMs: 300 });
      expect(runs(await blocks(stock, { count: 2 }))).toEqual([run(0, 2)]);
      await poll(stock, { orderLeaseMs: 0 });
      await pause(350);
      expect(await stock.next(STREAM, call(2))).toMatchObject({ outcome: 'unleased' });
      await poll(stock, { orderLeaseMs: 60_000 });
      expect(runs(await blocks(stock, { count: 2 }))).toEqual([run(2, 4)]);
    }));

  test('waits for stock like any other', () =>
    using(harness, async (stock) => {
      const life = await unvouched(stock);
      expect(await stock.next(STREAM, call(11))).toEqual({ outcome: 'empty', incarnation: life, stock: 10 });
    }));

  test('streams without an order need nobody', () =>
    using(harness, async (stock) => {
      await stock.load(await stock.remint(), shard(1, 0, 10));
      expect(runs(await blocks(stock, { count: 2 }))).toEqual([run(0, 2)]);
    }));
}

function holding(harness: Harness<SharedStock>): void {
  test('another filler stands by, and hears who holds the pool', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      expect(await poll(stock, { holder: 'filler-1', holdMs: 60_000 })).toMatchObject({ outcome: 'polled', incarnation: life });
      expect(await poll(stock, { holder: 'filler-2' })).toEqual({ outcome: 'standby', incarnation: life, holder: 'filler-1' });
      expect(await poll(stock, { holder: 'filler-1', holdMs: 60_000 })).toMatchObject({ outcome: 'polled' });
    }));

  test('a hold that is not renewed runs out', () =>
    using(harness, async (stock) => {
      await poll(stock, { holder: 'filler-1', holdMs: 150 });
      expect(await poll(stock, { holder: 'filler-2' })).toMatchObject({ outcome: 'standby' });
      await pause(200);
      expect(await poll(stock, { holder: 'filler-2', holdMs: 60_000 })).toMatchObject({ outcome: 'polled' });
      expect(await poll(stock, { holder: 'filler-1' })).toMatchObject({ outcome: 'standby', holder: 'filler-2' });
    }));

  test('only the holder can let go', () =>
    using(harness, async (stock) => {
      await poll(stock, { holder: 'filler-1', holdMs: 60_000 });
      await stock.release('filler-2');
      expect(await poll(stock, { holder: 'filler-2' })).toMatchObject({ outcome: 'standby' });
      await stock.release('filler-1');
      expect(await poll(stock, { holder: 'filler-2' })).toMatchObject({ outcome: 'polled' });
    }));

  test('a poll of who stands by takes no news away and vouches for nothing', () =>
    using(harness, async (stock) => {
      await stock.load(await stock.remint(), shard(1, 0, 10, { ordered: true }));
      await poll(stock, { holder: 'filler-1', holdMs: 60_000 });
      await stock.next(STREAM, call(3));
      await poll(stock, { holder: 'filler-2', orderLeaseMs: 60_000 });
      expect(await stock.next(STREAM, call(3))).toMatchObject({ outcome: 'unleased' });
      const reply = await poll(stock, { holder: 'filler-1' });
      expect(reply).toMatchObject({ outcome: 'polled', news: [{ stream: STREAM, requests: 2 }] });
    }));

  test('the holder learns of a new life from its next poll', () =>
    using(harness, async (stock) => {
      const before = await poll(stock, {});
      const life = await stock.remint();
      expect(before.incarnation).not.toBe(life);
      expect((await poll(stock, {})).incarnation).toBe(life);
    }));
}

function news(harness: Harness<SharedStock>): void {
  test('says what was asked, issued and given back since the last poll, once', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 20));
      const [block] = await blocks(stock, { count: 8, numbered: true });
      await stock.next(STREAM, call(4));
      await stock.next(STREAM, call(30));
      await stock.next(STREAM, call(30, { again: true }));
      await stock.giveBack(life, block?.block ?? 0, run(5, 8));
      const told = { requests: 3, stalls: 1, demanded: 42, issued: 12, returned: 3, largestRequest: 30 };
      expect(await newsOf(stock)).toEqual({ stream: STREAM, stock: 11, waiting: 0, ...told, exhausted: [] });
      expect(await newsOf(stock)).toBeUndefined();
      await stock.next(STREAM, call(1));
      expect(await newsOf(stock)).toMatchObject({ requests: 1, stalls: 0, demanded: 1, issued: 1, returned: 0, largestRequest: 1 });
    }));

  test('names a stream whose stock was loaded or revoked', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 20));
      expect(await newsOf(stock)).toMatchObject({ stock: 20, requests: 0 });
      await stock.revoke(life, 0, 1);
      expect(await newsOf(stock)).toMatchObject({ stock: 0, requests: 0 });
    }));

  test('names a short stream in every poll, until it is short no more', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 10));
      await stock.setReorderPoints(life, [{ stream: STREAM, reorderPoint: 6 }]);
      await poll(stock, {});
      expect(await newsOf(stock)).toBeUndefined();
      await stock.next(STREAM, call(4));
      for (let look = 0; look < 3; look++) expect(await newsOf(stock)).toMatchObject({ stock: 6 });
      await stock.load(life, shard(2, 50, 60));
      expect(await newsOf(stock)).toMatchObject({ stock: 16 });
      expect(await newsOf(stock)).toBeUndefined();
    }));

  test('follows a reorder point that rises or falls', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 10));
      await poll(stock, {});
      await stock.setReorderPoints(life, [
        { stream: OTHER_STREAM, reorderPoint: 3 },
        { stream: STREAM, reorderPoint: 10 },
      ]);
      expect(await newsOf(stock)).toMatchObject({ stock: 10 });
      expect(await newsOf(stock, OTHER_STREAM)).toMatchObject({ stock: 0 });
      await stock.setReorderPoints(OTHER_LIFE, [{ stream: STREAM, reorderPoint: 1 }]);
      expect(await newsOf(stock)).toMatchObject({ stock: 10 });
      await stock.setReorderPoints(life, [{ stream: STREAM, reorderPoint: 9 }]);
      expect(await newsOf(stock)).toBeUndefined();
    }));

  test('tells of more streams than one reply holds, in turn', () =>
    using(harness, async (stock) => {
      const streams = Array.from({ length: 2_500 }, (_, index) => `orders/web/shop-${index}`);
      await Promise.all(streams.map((stream) => stock.next(stream, call(1))));
      const told: string[] = [];
      for (let look = 0; look < 10; look++) {
        const reply = await poll(stock, {});
        if (reply.outcome === 'polled') told.push(...reply.news.map(({ stream }) => stream));
      }
      expect(told.sort()).toEqual(streams.sort());
    }));
}

function exhaustedShards(harness: Harness<SharedStock>): void {
  test('are named until they are revoked', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 5, { partition: 3 }));
      await stock.load(life, shard(2, 50, 60, { partition: 3 }));
      await stock.next(STREAM, call(5));
      const named = { exhausted: [{ partition: 3, shard: 1 }] };
      expect(await newsOf(stock)).toMatchObject(named);
      expect(await newsOf(stock)).toMatchObject(named);
      await stock.revoke(life, 3, 1);
      expect(await newsOf(stock)).toMatchObject({ exhausted: [], stock: 10 });
    }));

  test('are kept while blocks of them are out', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 5));
      const [block] = await blocks(stock, { count: 5, numbered: true });
      expect(await newsOf(stock)).toMatchObject({ exhausted: [] });
      await stock.giveBack(life, block?.block ?? 0, run(3, 5));
      expect(await newsOf(stock)).toMatchObject({ exhausted: [], stock: 2 });
      await stock.next(STREAM, call(2));
      expect(await newsOf(stock)).toMatchObject({ exhausted: [{ partition: 0, shard: 1 }] });
    }));
}

function reports(harness: Harness<SharedStock>): void {
  test('are numbered, and say how far each cursor moved since the last one', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 10, { generation: 4 }));
      await stock.load(life, shard(2, 50, 60, { generation: 4 }));
      const [block] = await blocks(stock, { count: 8, numbered: true });
      const first = { generation: 4, partition: 0, shard: 1, from: 0, to: 8, returned: 0 };
      expect(await stock.report([STREAM])).toEqual([{ stream: STREAM, sequenceNumber: 1, cursors: [first] }]);
      expect(await stock.report([STREAM])).toEqual([{ stream: STREAM, sequenceNumber: 2, cursors: [] }]);
      await stock.giveBack(life, block?.block ?? 0, run(5, 8));
      expect(await stock.report([STREAM])).toMatchObject([{ sequenceNumber: 3, cursors: [{ from: 8, to: 8, returned: 3 }] }]);
      await stock.next(STREAM, call(6));
      expect(await stock.report([STREAM])).toMatchObject([
        {
          sequenceNumber: 4,
          cursors: [
            { shard: 1, from: 8, to: 10, returned: -3 },
            { shard: 2, from: 50, to: 51, returned: 0 },
          ],
        },
      ]);
    }));

  test('of several streams are numbered one by one', () =>
    using(harness, async (stock) => {
      await stock.load(await stock.hello(), shard(1, 0, 10));
      await stock.next(OTHER_STREAM, call(1));
      await stock.report([STREAM]);
      expect(await stock.report([OTHER_STREAM, STREAM])).toMatchObject([
        { stream: OTHER_STREAM, sequenceNumber: 1 },
        { stream: STREAM, sequenceNumber: 2 },
      ]);
    }));

  test('of a stream that is not known are left out', () =>
    using(harness, async (stock) => expect(await stock.report(['orders/web/nobody'])).toEqual([])));

  test('stay exact at the end of a generation', () =>
    using(harness, async (stock) => {
      const end = Number.MAX_SAFE_INTEGER;
      await stock.load(await stock.hello(), shard(end - 1, end - 10, end, { generation: end - 2 }));
      expect(await blocks(stock, { count: 3, request: 'last' })).toMatchObject([{ generation: end - 2, shard: end - 1, start: end - 10 }]);
      const [block] = await blocks(stock, { count: 6, numbered: true });
      expect(block).toMatchObject({ start: end - 7, count: 6 });
      expect(await stock.report([STREAM])).toMatchObject([{ cursors: [{ from: end - 10, to: end - 1 }] }]);
      expect(await stock.cursors(STREAM)).toMatchObject([{ start: end - 10, end, cursor: end - 1 }]);
      expect(await stock.giveBack(await stock.hello(), block?.block ?? 0, run(end - 2, end - 1))).toBe('taken-back');
      expect(await stock.revoke(await stock.hello(), 0, end - 1)).toMatchObject({ slices: [run(end - 2, end)] });
    }));
}

function notices(harness: Harness<SharedStock>): void {
  test('are heard soon after, until nobody listens', () =>
    using(harness, async (stock) => {
      const heard: string[] = [];
      const subscription = stock.onLoaded((stream) => heard.push(stream));
      const life = await stock.hello();
      let id = 0;
      // It may take a moment until notices reach this process.
      while (heard.length === 0) {
        await stock.load(life, shard(++id, id, id + 1));
        await pause(20);
      }
      expect(heard[0]).toBe(STREAM);
      await stock.load(life, shard(++id, id, id + 1, { stream: OTHER_STREAM }));
      await until(() => heard.includes(OTHER_STREAM));
      await subscription.close();
      const before = heard.length;
      await stock.load(life, shard(++id, id, id + 1));
      await pause(50);
      expect(heard).toHaveLength(before);
    }));
}

function shard(id: number, start: number, end: number, more: Partial<ShardToLoad> = {}): ShardToLoad {
  return { stream: STREAM, sequence: 'orders', generation: 1, partition: 0, shard: id, start, end, ordered: false, ...more };
}

function call(count: number, more: Partial<NextCall> = {}): NextCall {
  return { count, numbered: false, again: false, waiter: '', waiting: 0, request: '', payloadHash: '', ...more };
}

function run(start: number, end: number): Interval {
  return { start, end };
}

function runs(taken: readonly TakenBlock[]): Interval[] {
  return taken.map(({ start, count }) => run(start, start + count));
}

async function blocks(stock: SharedStock, more: Partial<NextCall> & { count: number }, stream = STREAM): Promise<readonly TakenBlock[]> {
  const reply: NextReply = await stock.next(stream, call(more.count, more));
  if (reply.outcome !== 'taken') throw new Error(`next answered ${reply.outcome}`);
  return reply.blocks;
}

/** Of the life that the store lives, where no other is named. */
async function poll(stock: SharedStock, call: Partial<PollCall>): Promise<PollReply> {
  return stock.poll({ holder: 'filler', holdMs: 1, orderLeaseMs: 0, incarnation: await stock.hello(), ...call });
}

/** What a poll now says of the stream. */
async function newsOf(stock: SharedStock, stream = STREAM): Promise<StreamNews | undefined> {
  const reply = await poll(stock, {});
  if (reply.outcome !== 'polled') throw new Error(`held by ${reply.holder}`);
  return reply.news.find((each) => each.stream === stream);
}

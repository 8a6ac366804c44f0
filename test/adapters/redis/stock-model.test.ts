/** Random histories, step by step on a real Redis and on the model of `core/stock`: every reply and every cursor must be the same. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEmbeddedStock } from '../../../adapters/embedded/stock.ts';
import { openRedisStock, type RedisStock } from '../../../adapters/redis/stock.ts';
import type { Interval } from '../../../core/interval.ts';
import { BLOCKS_OUT_MAX } from '../../../core/limits.ts';
import type { StockCursor, TakenBlock, TakeReply } from '../../../pipelines/ports.ts';
import { chance } from '../../conformance/harness.ts';
import { engineOrSkip, type PrivateRedis, startRedis } from '../../engines/engines.ts';

const redis = engineOrSkip('redis');
const STEPS = 500;
/** Shards of one stream are ordered, those of the others not; two of them share a partition. */
const STREAMS = [
  { stream: 'orders/web/checkout', partition: 0, ordered: false },
  { stream: 'orders/batch/billing', partition: 0, ordered: false },
  { stream: 'tickets/web/box-office', partition: 5, ordered: true },
] as const;

describe.skipIf(!redis.available)('the Redis stock beside its model (needs Redis)', { timeout: 30_000 }, () => {
  let server: PrivateRedis;
  let stock: RedisStock;

  beforeAll(async () => {
    server = await startRedis();
    stock = await openRedisStock({ url: server.url });
  });
  afterAll(async () => {
    await stock?.close();
    await server?.stop();
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('does the same in any history (seed %i)', async (seed) => {
    await server.cli('FUNCTION', 'FLUSH');
    const pick = chance(seed);
    // The model lives the lives that the store minted.
    let life = await stock.hello();
    const model = createEmbeddedStock({ mintIncarnation: () => life, nowMs: () => Date.now() });
    await vouch();
    const out: TakenBlock[] = [];
    const ids: { partition: number; shard: number }[] = [];
    const shards = [0, 0, 0, 0, 0, 0];
    let ordinal = Number.MAX_SAFE_INTEGER - 40 * STEPS;

    async function vouch(): Promise<unknown> {
      return stock.poll({ holder: 'test', holdMs: 60_000, orderLeaseMs: 600_000, incarnation: await stock.hello() });
    }

    function believed(): string {
      return pick(12) === 0 ? 'another-life' : life;
    }

    async function load(): Promise<void> {
      const { stream, partition, ordered } = STREAMS[pick(STREAMS.length)] as (typeof STREAMS)[number];
      const shard = pick(8) === 0 ? pick(shards[partition] ?? 1) : ++(shards[partition] as number);
      const size = 1 + pick(30);
      const whole = { stream, sequence: 'any', generation: 3, partition, shard, ordered, start: ordinal, end: ordinal + size };
      ordinal += size;
      ids.push({ partition, shard });
      const incarnation = believed();
      expect(await stock.load(incarnation, whole)).toBe(model.load(incarnation, whole));
    }

    async function take(): Promise<void> {
      const { stream } = STREAMS[pick(STREAMS.length)] as (typeof STREAMS)[number];
      const count = 1 + pick(25);
      const numbered = pick(2) === 0;
      const expected = model.take(stream, count, numbered);
      expect(essence(await stock.take(stream, count, numbered))).toEqual(expected);
      if (expected.outcome === 'taken' && numbered) out.push(...expected.blocks);
    }

    async function giveBack(): Promise<void> {
      const block = out[pick(out.length)];
      if (block === undefined) return;
      const start = block.start + pick(block.count);
      const slice: Interval = { start, end: start + 1 + pick(block.start + block.count - start + (pick(10) === 0 ? 2 : 0)) };
      const incarnation = believed();
      expect(await stock.giveBack(incarnation, block.block, slice)).toBe(model.giveBack(incarnation, block.block, slice));
    }

    async function revoke(): Promise<void> {
      const { partition, shard } =
        pick(10) === 0 ? { partition: 0, shard: pick(100) } : (ids[pick(ids.length)] ?? { partition: 0, shard: 1 });
      shards[partition] = Math.max(shards[partition] ?? 0, shard);
      const incarnation = believed();
      expect(await stock.revoke(incarnation, partition, shard)).toEqual(model.revoke(incarnation, partition, shard));
    }

    async function forget(): Promise<void> {
      const { partition, shard } = ids[pick(ids.length)] ?? { partition: 0, shard: 1 };
      const incarnation = believed();
      await stock.forget(incarnation, partition, shard);
      model.forget(incarnation, partition, shard);
    }

    async function remint(): Promise<void> {
      if (pick(8) > 0) return;
      life = await stock.remint();
      model.remint();
      await vouch();
    }

    const steps = [load, load, load, take, take, take, take, giveBack, giveBack, revoke, forget, remint];
    for (let step = 0; step < STEPS; step++) {
      await steps[pick(steps.length)]?.();
      if (step % 20 === 0) expect(sorted(await stock.cursors())).toEqual(sorted(model.cursors()));
    }
    for (const { stream } of STREAMS) expect(sorted(await stock.cursors(stream))).toEqual(sorted(model.cursors(stream)));
  });

  test(`remembers as many blocks as the model, the newest ${BLOCKS_OUT_MAX}`, async () => {
    await server.cli('FUNCTION', 'FLUSH');
    const life = await stock.hello();
    const model = createEmbeddedStock({ mintIncarnation: () => life, nowMs: () => Date.now() });
    const whole = { ...STREAMS[0], sequence: 'any', generation: 3, shard: 1, start: 0, end: 100_000 };
    await stock.load(life, whole);
    model.load(life, whole);
    const takes: Promise<TakeReply>[] = [];
    for (let block = 0; block < BLOCKS_OUT_MAX + 100; block++) {
      takes.push(stock.take(whole.stream, 2, true));
      model.take(whole.stream, 2, true);
      // Some come back in between, which makes room for others.
      if (block % 300 === 299) {
        await Promise.all(takes.splice(0));
        const slice = { start: 2 * block + 1, end: 2 * block + 2 };
        expect(await stock.giveBack(life, block + 1, slice)).toBe(model.giveBack(life, block + 1, slice));
      }
    }
    await Promise.all(takes);
    for (const block of [1, 2, 33, 66, 67, 68, 99, 100, 101, 300, 301, 5_000, BLOCKS_OUT_MAX, BLOCKS_OUT_MAX + 100]) {
      const slice = { start: 2 * (block - 1), end: 2 * block };
      expect(await stock.giveBack(life, block, slice), `block ${block}`).toBe(model.giveBack(life, block, slice));
    }
    expect(await stock.cursors()).toEqual(model.cursors());
  });
});

/** Without what only a shared stock says. */
function essence(reply: TakeReply): TakeReply {
  return reply.outcome === 'taken' ? { outcome: 'taken', blocks: reply.blocks } : { outcome: 'empty', stock: reply.stock };
}

function sorted(cursors: readonly StockCursor[]): StockCursor[] {
  return [...cursors].sort((a, b) => a.partition - b.partition || a.shard - b.shard);
}

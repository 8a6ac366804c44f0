/**
 * What every pool's store must do: hand each ordinal out once, take back only what it can prove it gave, and refuse whoever believes
 * in another life of it. The random walks at the end compare whole histories with a model that counts every ordinal.
 */
import { describe, expect, test } from 'vitest';
import { type Interval, sizeOf, totalSize } from '../../core/interval.ts';
import { SLICES_PER_RETURN_MAX } from '../../core/limits.ts';
import type { ShardToLoad, Stock, StockCursor, TakenBlock } from '../../pipelines/ports.ts';
import { chance, type Harness, using } from './harness.ts';

const STREAM = 'orders/web/checkout';
const OTHER_STREAM = 'orders/batch/billing';
const OTHER_LIFE = 'another-life';

export function stockKit(harness: Harness<Stock>): void {
  describe('loading', () => loading(harness));
  describe('taking', () => taking(harness));
  describe('giving back', () => givingBack(harness));
  describe('revoking', () => revoking(harness));
  describe('periods', () => periods(harness));
  describe('cursors', () => cursors(harness));
  describe('a new life', () => newLife(harness));
  describe('any history', () => anyHistory(harness));
}

function loading(harness: Harness<Stock>): void {
  test('a store keeps the incarnation it minted', () =>
    using(harness, async (stock) => {
      const incarnation = await stock.hello();
      expect(incarnation).not.toBe('');
      expect(await stock.hello()).toBe(incarnation);
    }));

  test('a shard is loaded once, however often it is delivered', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      expect(await stock.load(life, shard(7, 0, 10))).toBe('loaded');
      expect(await stock.load(life, shard(7, 0, 10))).toBe('held');
      expect(await stock.take(STREAM, 11, false)).toMatchObject({ outcome: 'empty', stock: 10 });
    }));

  test('a shard is held while it is here, issued whole or not, and only seen once it was revoked', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(7, 0, 10));
      await stock.load(life, shard(8, 10, 20));
      await taken(stock, 10);
      expect(await stock.load(life, shard(7, 0, 10))).toBe('held');
      await stock.revoke(life, 0, 7);
      expect(await stock.load(life, shard(7, 0, 10))).toBe('seen');
      expect(await stock.load(life, shard(8, 10, 20))).toBe('held');
      expect(runs(await taken(stock, 10))).toEqual([run(10, 20)]);
    }));

  test('an id below the highest of its partition counts as seen, in another partition it does not', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(7, 0, 10));
      expect(await stock.load(life, shard(5, 10, 20))).toBe('seen');
      expect(await stock.load(life, shard(5, 10, 20, { partition: 1 }))).toBe('loaded');
      expect(await stock.load(life, shard(8, 20, 30))).toBe('loaded');
    }));

  test('a shard meant for another life is refused and stays unseen', () =>
    using(harness, async (stock) => {
      expect(await stock.load(OTHER_LIFE, shard(7, 0, 10))).toBe('fenced');
      expect(await stock.take(STREAM, 1, false)).toMatchObject({ outcome: 'empty', stock: 0 });
      expect(await stock.load(await stock.hello(), shard(7, 0, 10))).toBe('loaded');
    }));
}

function taking(harness: Harness<Stock>): void {
  test('a stream without stock is empty', () =>
    using(harness, async (stock) => expect(await stock.take(STREAM, 1, false)).toMatchObject({ outcome: 'empty', stock: 0 })));

  test('ordinals are handed out in order, each with its shard', () =>
    using(harness, async (stock) => {
      await stock.load(await stock.hello(), shard(7, 100, 110, { generation: 3, partition: 2 }));
      expect(await taken(stock, 4)).toEqual([{ generation: 3, partition: 2, shard: 7, start: 100, count: 4, block: 0 }]);
      expect(await taken(stock, 6)).toEqual([{ generation: 3, partition: 2, shard: 7, start: 104, count: 6, block: 0 }]);
      expect(await stock.take(STREAM, 1, false)).toMatchObject({ outcome: 'empty', stock: 0 });
    }));

  test('a take larger than the oldest shard goes on in the next one', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 50, 55));
      await stock.load(life, shard(2, 0, 10));
      await stock.load(life, shard(3, 20, 30));
      expect(runs(await taken(stock, 18))).toEqual([run(50, 55), run(0, 10), run(20, 23)]);
      expect(runs(await taken(stock, 7))).toEqual([run(23, 30)]);
    }));

  test('a take that cannot be filled takes nothing', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 5));
      await stock.load(life, shard(2, 10, 15));
      expect(await stock.take(STREAM, 11, true)).toMatchObject({ outcome: 'empty', stock: 10 });
      expect(runs(await taken(stock, 10))).toEqual([run(0, 5), run(10, 15)]);
    }));

  test('streams do not see each other’s stock', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 5));
      await stock.load(life, shard(2, 5, 10, { stream: OTHER_STREAM }));
      expect(runs(await taken(stock, 3, { stream: OTHER_STREAM }))).toEqual([run(5, 8)]);
      expect(await stock.take(STREAM, 6, false)).toMatchObject({ outcome: 'empty', stock: 5 });
    }));

  test('ordinals stay exact at the end of a generation', () =>
    using(harness, async (stock) => {
      const end = Number.MAX_SAFE_INTEGER;
      await stock.load(await stock.hello(), shard(1, end - 3, end));
      expect(runs(await taken(stock, 2))).toEqual([run(end - 3, end - 1)]);
      expect(runs(await taken(stock, 1))).toEqual([run(end - 1, end)]);
    }));
}

function givingBack(harness: Harness<Stock>): void {
  test('the rest of a numbered block comes back once and is handed out before fresh ordinals', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 100));
      const [block] = await taken(stock, 10, { numbered: true });
      expect(block?.block).toBeGreaterThan(0);
      expect(await stock.giveBack(life, numberOf(block), run(6, 10))).toBe('taken-back');
      expect(await stock.giveBack(life, numberOf(block), run(6, 10))).toBe('unknown-block');
      expect(runs(await taken(stock, 6))).toEqual([run(6, 10), run(10, 12)]);
    }));

  test('a part from the middle of a block may come back, and nothing outside of it', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 100));
      const [first] = await taken(stock, 10, { numbered: true });
      const [second] = await taken(stock, 10, { numbered: true });
      for (const outside of [run(0, 11), run(9, 11), run(10, 12), run(50, 60), run(4, 4), run(6, 4)]) {
        expect(await stock.giveBack(life, numberOf(first), outside)).toBe('unknown-block');
      }
      expect(await stock.giveBack(life, numberOf(first), run(3, 5))).toBe('taken-back');
      expect(await stock.giveBack(life, numberOf(second), run(10, 20))).toBe('taken-back');
      expect(runs(await taken(stock, 12))).toEqual([run(3, 5), run(10, 20)]);
    }));

  test('each block of a take across shards comes back to its own shard', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 5));
      await stock.load(life, shard(2, 20, 30));
      const [head, tail] = await taken(stock, 8, { numbered: true });
      expect(numberOf(head)).not.toBe(numberOf(tail));
      expect(await stock.giveBack(life, numberOf(head), run(20, 23))).toBe('unknown-block');
      expect(await stock.giveBack(life, numberOf(head), run(2, 5))).toBe('taken-back');
      expect(await stock.giveBack(life, numberOf(tail), run(21, 23))).toBe('taken-back');
      expect(asSet(await taken(stock, 12))).toEqual(asSet([run(2, 5), run(21, 23), run(23, 30)]));
    }));

  test('a block nobody numbered, an invented one and another life are refused', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 100));
      await taken(stock, 10);
      const [block] = await taken(stock, 10, { numbered: true });
      expect(await stock.giveBack(life, 0, run(0, 10))).toBe('unknown-block');
      expect(await stock.giveBack(life, numberOf(block) + 1_000, run(10, 20))).toBe('unknown-block');
      expect(await stock.giveBack(OTHER_LIFE, numberOf(block), run(10, 20))).toBe('unknown-block');
      expect(await stock.giveBack(life, numberOf(block), run(10, 20))).toBe('taken-back');
    }));

  test('a shard issued to its end serves again what comes back', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 10));
      const [block] = await taken(stock, 10, { numbered: true });
      expect(await stock.giveBack(life, numberOf(block), run(8, 10))).toBe('taken-back');
      expect(runs(await taken(stock, 2))).toEqual([run(8, 10)]);
      expect(await stock.take(STREAM, 1, false)).toMatchObject({ outcome: 'empty', stock: 0 });
    }));

  test('where the sequence keeps an order nothing is issued again, but the revoke returns it', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 20, { ordered: true }));
      const [block] = await taken(stock, 10, { numbered: true });
      expect(await stock.giveBack(life, numberOf(block), run(6, 10))).toBe('taken-back');
      expect(await stock.take(STREAM, 11, false)).toMatchObject({ outcome: 'empty', stock: 10 });
      expect(runs(await taken(stock, 3))).toEqual([run(10, 13)]);
      expect(await stock.revoke(life, 0, 1)).toEqual({ outcome: 'revoked', incarnation: life, slices: [run(6, 10), run(13, 20)] });
    }));

  test('what reaches to the end of an ordered shard stays issued, because returned it would pass for never issued', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 20, { ordered: true }));
      const [block] = await taken(stock, 20, { numbered: true });
      expect(await stock.giveBack(life, numberOf(block), run(15, 20))).toBe('full');
      expect(await stock.revoke(life, 0, 1)).toEqual({ outcome: 'revoked', incarnation: life, slices: [] });
    }));

  test('a shard never holds more slices than one return can name', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 10_000));
      const blocks: TakenBlock[] = [];
      for (let count = 0; count < SLICES_PER_RETURN_MAX + 5; count++) blocks.push(...(await taken(stock, 2, { numbered: true })));
      const outcomes = new Set<string>();
      let back = 0;
      for (const block of blocks) {
        const outcome = await stock.giveBack(life, block.block, run(block.start + 1, block.start + 2));
        outcomes.add(outcome);
        if (outcome === 'taken-back') back++;
      }
      expect([...outcomes].sort()).toEqual(['full', 'taken-back']);
      const slices = slicesOf(await stock.revoke(life, 0, 1));
      expect(slices.length).toBeLessThanOrEqual(SLICES_PER_RETURN_MAX);
      expect(totalSize(slices)).toBe(10_000 - 2 * blocks.length + back);
    }));
}

function revoking(harness: Harness<Stock>): void {
  test('everything unissued comes out, sorted and disjoint, and is issued no more', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 100));
      const blocks = [];
      for (let index = 0; index < 4; index++) blocks.push(...(await taken(stock, 10, { numbered: true })));
      await stock.giveBack(life, numberOf(blocks[2]), run(25, 30));
      await stock.giveBack(life, numberOf(blocks[0]), run(5, 10));
      const slices = slicesOf(await stock.revoke(life, 0, 1));
      expect(slices).toEqual([run(5, 10), run(25, 30), run(40, 100)]);
      expect(await stock.take(STREAM, 1, false)).toMatchObject({ outcome: 'empty', stock: 0 });
    }));

  test('the reply is repeated until the return was read back, then the shard is absent', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 10));
      await taken(stock, 3);
      const reply = await stock.revoke(life, 0, 1);
      expect(reply).toEqual({ outcome: 'revoked', incarnation: life, slices: [run(3, 10)] });
      await stock.load(life, shard(2, 50, 60));
      expect(await stock.revoke(life, 0, 1)).toEqual(reply);
      expect(await stock.take(STREAM, 11, false), 'what was revoked is counted out once').toMatchObject({ outcome: 'empty', stock: 10 });
      await stock.forget(life, 0, 1);
      expect(await stock.revoke(life, 0, 1)).toEqual({ outcome: 'absent', incarnation: life });
      expect(await stock.load(life, shard(1, 0, 10))).toBe('seen');
    }));

  test('a shard issued whole comes out with no slices', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 10));
      await taken(stock, 10);
      expect(await stock.revoke(life, 0, 1)).toEqual({ outcome: 'revoked', incarnation: life, slices: [] });
    }));

  test('a revoke that comes before its load makes the load fail', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      expect(await stock.revoke(life, 0, 5)).toEqual({ outcome: 'absent', incarnation: life });
      expect(await stock.load(life, shard(5, 0, 10))).toBe('seen');
      expect(await stock.load(life, shard(6, 10, 20))).toBe('loaded');
    }));

  test('a revoke of an older shard does not make later ones unseen', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(9, 0, 10));
      await stock.revoke(life, 0, 3);
      expect(await stock.load(life, shard(8, 10, 20))).toBe('seen');
    }));

  test('blocks of a revoked shard cannot come back', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 20));
      const [block] = await taken(stock, 10, { numbered: true });
      const reply = await stock.revoke(life, 0, 1);
      expect(await stock.giveBack(life, numberOf(block), run(5, 10))).toBe('unknown-block');
      expect(await stock.revoke(life, 0, 1)).toEqual(reply);
    }));

  test('other shards of the stream go on serving', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 10));
      await stock.load(life, shard(2, 50, 60));
      await stock.revoke(life, 0, 1);
      expect(runs(await taken(stock, 10))).toEqual([run(50, 60)]);
    }));

  test('another life cannot revoke or forget', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 10));
      expect(await stock.revoke(OTHER_LIFE, 0, 1)).toEqual({ outcome: 'fenced', incarnation: life });
      expect(runs(await taken(stock, 2))).toEqual([run(0, 2)]);
      const reply = await stock.revoke(life, 0, 1);
      await stock.forget(OTHER_LIFE, 0, 1);
      expect(await stock.revoke(life, 0, 1)).toEqual(reply);
    }));

  test('forgetting a shard that was not revoked changes nothing', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 10));
      await stock.forget(life, 0, 1);
      await stock.forget(life, 0, 99);
      expect(runs(await taken(stock, 10))).toEqual([run(0, 10)]);
    }));
}

/** Well in the past, and well in the future, by any store's clock. */
const OVER_MS = 1_000;
/** Time for a few takes before a period ends. */
const SHORT_MS = 400;
const AHEAD_MS = 4_000_000_000_000;

function periods(harness: Harness<Stock>): void {
  test('what belongs to a period that is over is not handed out, and what comes behind it is', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(7, 0, 10, { untilMs: OVER_MS }));
      expect(await stock.take(STREAM, 1, false)).toMatchObject({ outcome: 'empty', stock: 0 });
      await stock.load(life, shard(8, 0, 5, { generation: 2, untilMs: AHEAD_MS }));
      await stock.load(life, shard(9, 10, 20, { untilMs: OVER_MS }));
      expect(runs(await taken(stock, 5))).toEqual([run(0, 5)]);
      expect(await stock.take(STREAM, 1, false)).toMatchObject({ outcome: 'empty', stock: 0 });
    }));

  test('it all comes out when it is asked for, once', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(7, 0, 10, { untilMs: OVER_MS }));
      await stock.load(life, shard(8, 10, 20, { untilMs: AHEAD_MS }));
      await taken(stock, 1);
      expect(await stock.revoke(life, 0, 7)).toMatchObject({ outcome: 'revoked', slices: [{ start: 0, end: 10 }] });
      await stock.forget(life, 0, 7);
      expect(await stock.revoke(life, 0, 7)).toMatchObject({ outcome: 'absent' });
      expect(await stock.take(STREAM, 10, false)).toMatchObject({ outcome: 'empty', stock: 9 });
    }));

  test('a block of a period that ends while it is out comes back, and is handed out no more', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      const endMs = Date.now() + SHORT_MS;
      await stock.load(life, shard(7, 0, 4, { untilMs: endMs }));
      await stock.load(life, shard(8, 4, 10, { untilMs: endMs }));
      const [whole] = await taken(stock, 4, { numbered: true });
      const [part] = await taken(stock, 3, { numbered: true });
      await new Promise((resolve) => setTimeout(resolve, endMs - Date.now() + 20));
      expect(await stock.take(STREAM, 1, false)).toMatchObject({ outcome: 'empty', stock: 0 });
      expect(await stock.giveBack(life, part?.block ?? 0, { start: 5, end: 7 })).toBe('taken-back');
      expect(await stock.giveBack(life, whole?.block ?? 0, { start: 2, end: 4 })).toBe('taken-back');
      expect(await stock.take(STREAM, 1, false)).toMatchObject({ outcome: 'empty', stock: 0 });
      expect(await stock.revoke(life, 0, 7)).toMatchObject({ slices: [{ start: 2, end: 4 }] });
      expect(await stock.revoke(life, 0, 8)).toMatchObject({ slices: [{ start: 5, end: 10 }] });
    }));
}

function cursors(harness: Harness<Stock>): void {
  test('each shard tells how far it was issued, what came back and what was revoked', () =>
    using(harness, async (stock) => {
      const life = await stock.hello();
      await stock.load(life, shard(1, 0, 20, { generation: 4 }));
      await stock.load(life, shard(2, 50, 60, { stream: OTHER_STREAM, partition: 1 }));
      const [block] = await taken(stock, 10, { numbered: true });
      await stock.giveBack(life, numberOf(block), run(7, 10));
      const first: StockCursor = {
        stream: STREAM,
        generation: 4,
        partition: 0,
        shard: 1,
        start: 0,
        end: 20,
        cursor: 10,
        recycled: [run(7, 10)],
        revoked: undefined,
      };
      expect(await stock.cursors(STREAM)).toEqual([first]);
      expect((await stock.cursors()).map(({ shard: id, cursor }) => [id, cursor]).sort()).toEqual([
        [1, 10],
        [2, 50],
      ]);
      await stock.revoke(life, 1, 2);
      expect(await stock.cursors(OTHER_STREAM)).toMatchObject([{ shard: 2, revoked: [run(50, 60)] }]);
      await stock.forget(life, 1, 2);
      expect(await stock.cursors(OTHER_STREAM)).toEqual([]);
    }));
}

function newLife(harness: Harness<Stock>): void {
  test('a new life has an empty stock and refuses whatever the old one was told', () =>
    using(harness, async (stock) => {
      const old = await stock.hello();
      await stock.load(old, shard(1, 0, 20));
      const [block] = await taken(stock, 10, { numbered: true });
      const life = await stock.remint();
      expect(life).not.toBe(old);
      expect(await stock.hello()).toBe(life);
      expect(await stock.take(STREAM, 1, false)).toMatchObject({ outcome: 'empty', stock: 0 });
      expect(await stock.cursors()).toEqual([]);
      expect(await stock.load(old, shard(2, 20, 30))).toBe('fenced');
      expect(await stock.revoke(old, 0, 1)).toEqual({ outcome: 'fenced', incarnation: life });
      expect(await stock.giveBack(old, numberOf(block), run(5, 10))).toBe('unknown-block');
      expect(await stock.giveBack(life, numberOf(block), run(5, 10))).toBe('unknown-block');
      expect(await stock.revoke(life, 0, 1)).toEqual({ outcome: 'absent', incarnation: life });
    }));

  test('a new life serves what is addressed to it', () =>
    using(harness, async (stock) => {
      await stock.load(await stock.hello(), shard(1, 0, 20));
      const life = await stock.remint();
      expect(await stock.load(life, shard(2, 20, 30))).toBe('loaded');
      expect(runs(await taken(stock, 10))).toEqual([run(20, 30)]);
    }));
}

function anyHistory(harness: Harness<Stock>): void {
  test.each([1, 2, 3, 4, 5, 6])('hands no ordinal out twice and accounts for each (seed %i)', (seed) =>
    using(harness, async (stock) => {
      const pick = chance(seed);
      const ordered = seed % 3 === 0;
      const life = await stock.hello();
      /** Ordinals at clients, and those at home: the model of what the stock must hold. */
      const out = new Set<number>();
      const home = new Map<number, Set<number>>();
      const ends = new Map<number, number>();
      const blocks = new Map<number, TakenBlock>();
      let nextShard = 0;
      let loaded = 0;

      async function load(): Promise<void> {
        const whole = run(loaded, loaded + 1 + pick(30));
        expect(await stock.load(life, shard(++nextShard, whole.start, whole.end, { ordered }))).toBe('loaded');
        home.set(nextShard, new Set(ordinals(whole)));
        ends.set(nextShard, whole.end);
        loaded = whole.end;
      }

      async function take(): Promise<void> {
        const reply = await stock.take(STREAM, 1 + pick(20), pick(2) === 0);
        if (reply.outcome === 'empty') return;
        for (const block of reply.blocks) {
          for (const ordinal of ordinals(run(block.start, block.start + block.count))) {
            expect(out.has(ordinal), `ordinal ${ordinal} is out twice`).toBe(false);
            expect(home.get(block.shard)?.delete(ordinal), `ordinal ${ordinal} was not in shard ${block.shard}`).toBe(true);
            out.add(ordinal);
          }
          if (block.block > 0) blocks.set(block.block, block);
        }
      }

      async function giveBack(): Promise<void> {
        const block = [...blocks.values()][pick(blocks.size)];
        if (block === undefined) return;
        const start = block.start + pick(block.count);
        const slice = run(start, start + 1 + pick(block.start + block.count - start));
        const outcome = await stock.giveBack(life, block.block, slice);
        const stays = ordered && slice.end === ends.get(block.shard);
        expect(outcome).toBe(!home.has(block.shard) ? 'unknown-block' : stays ? 'full' : 'taken-back');
        blocks.delete(block.block);
        if (outcome !== 'taken-back') return;
        for (const ordinal of ordinals(slice)) {
          out.delete(ordinal);
          home.get(block.shard)?.add(ordinal);
        }
      }

      async function revoke(): Promise<void> {
        const id = [...home.keys()][pick(home.size)];
        if (id === undefined) return;
        const slices = slicesOf(await stock.revoke(life, 0, id));
        expect(slices.flatMap(ordinals)).toEqual([...(home.get(id) ?? [])].sort((a, b) => a - b));
        home.delete(id);
        await stock.forget(life, 0, id);
      }

      const steps = [load, load, take, take, take, take, giveBack, giveBack, revoke];
      for (let step = 0; step < 300; step++) await steps[pick(steps.length)]?.();
      const held = (await stock.cursors()).reduce((total, each) => total + each.end - each.cursor + totalSize(each.recycled), 0);
      expect(held).toBe([...home.values()].reduce((total, each) => total + each.size, 0));
    }),
  );
}

function shard(id: number, start: number, end: number, more: Partial<ShardToLoad> = {}): ShardToLoad {
  return { stream: STREAM, sequence: 'orders', generation: 1, partition: 0, shard: id, start, end, ordered: false, ...more };
}

function run(start: number, end: number): Interval {
  return { start, end };
}

function ordinals(interval: Interval): number[] {
  return Array.from({ length: sizeOf(interval) }, (_, index) => interval.start + index);
}

async function taken(stock: Stock, count: number, { numbered = false, stream = STREAM } = {}): Promise<readonly TakenBlock[]> {
  const reply = await stock.take(stream, count, numbered);
  if (reply.outcome === 'empty') throw new Error(`only ${reply.stock} of ${count} in stock`);
  return reply.blocks;
}

function runs(blocks: readonly TakenBlock[]): Interval[] {
  return blocks.map((block) => run(block.start, block.start + block.count));
}

/** The ordinals of blocks or intervals, whatever their order. */
function asSet(parts: readonly (TakenBlock | Interval)[]): Set<number> {
  const intervals = parts.map((part) => ('count' in part ? run(part.start, part.start + part.count) : part));
  return new Set(intervals.flatMap(ordinals).sort((a, b) => a - b));
}

function numberOf(block: TakenBlock | undefined): number {
  if (block === undefined || block.block === 0) throw new Error('a numbered block was expected');
  return block.block;
}

function slicesOf(reply: Awaited<ReturnType<Stock['revoke']>>): readonly Interval[] {
  if (reply.outcome !== 'revoked') throw new Error(`revoke answered ${reply.outcome}`);
  return reply.slices;
}

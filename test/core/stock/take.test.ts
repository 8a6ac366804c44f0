import { describe, expect, test } from 'vitest';
import { BLOCKS_OUT_MAX } from '../../../core/limits.ts';
import { giveBack, load, streamStock } from '../../../core/stock/stock.ts';
import { emptyStock } from '../../../core/stock/stock-state.ts';
import { take } from '../../../core/stock/take.ts';
import { block, blocks, held, LIFE, STREAM, shardOf, slice, stockOf, streamOf, taken } from './stock-fixture.ts';

describe('a take', () => {
  test('goes on where the last one ended', () => {
    const state = stockOf(shardOf(1, 0, 10));
    expect(taken(state, 3)).toEqual([[0, 3]]);
    expect(taken(state, 4)).toEqual([[3, 7]]);
    expect(streamOf(state).available).toBe(3);
    expect(held(state, 1)).toMatchObject({ cursor: 7, state: 'serving' });
  });

  test('names the shard each block came from, and its generation', () => {
    const state = stockOf(shardOf(1, 0, 3), shardOf(2, 50, 60, { generation: 7 }));
    expect(blocks(state, 5, false)).toEqual([
      { generation: 0, partition: 0, shard: 1, start: 0, count: 3, block: 0 },
      { generation: 7, partition: 0, shard: 2, start: 50, count: 2, block: 0 },
    ]);
  });

  test('empties the oldest shard first', () => {
    const state = stockOf(shardOf(1, 50, 52), shardOf(2, 0, 5));
    expect(taken(state, 1)).toEqual([[50, 51]]);
    expect(taken(state, 3)).toEqual([
      [51, 52],
      [0, 2],
    ]);
    expect([...streamOf(state).exhausted].map((shard) => shard.shard)).toEqual([1]);
  });

  test('is all or nothing', () => {
    const state = stockOf(shardOf(1, 0, 5));
    expect(taken(state, 6)).toBeUndefined();
    expect(held(state, 1).cursor).toBe(0);
    expect(taken(state, 5)).toEqual([[0, 5]]);
    expect(taken(state, 1)).toBeUndefined();
  });

  test('finds nothing in a stream that is not here', () => {
    expect(take(stockOf(), undefined, 1, false, 0)).toBeUndefined();
  });

  test('serves each stream from its own shards', () => {
    const state = stockOf(shardOf(1, 0, 5), shardOf(2, 5, 9, { stream: 's/mobile/api' }));
    expect(streamOf(state).available).toBe(5);
    expect(streamOf(state, 's/mobile/api').available).toBe(4);
    expect(taken(state, 6)).toBeUndefined();
  });

  test('uses what came back before it uses fresh ordinals', () => {
    const state = stockOf(shardOf(1, 0, 20));
    const first = block(state, 10);
    expect(giveBack(state, LIFE, first.block, slice(4, 8))).toBe('taken-back');
    expect(taken(state, 3)).toEqual([[4, 7]]);
    expect(taken(state, 4)).toEqual([
      [7, 8],
      [10, 13],
    ]);
  });

  test('never issues again what came back where an order is kept', () => {
    const state = stockOf(shardOf(1, 0, 20, { ordered: true }));
    const first = block(state, 10);
    expect(giveBack(state, LIFE, first.block, slice(4, 8))).toBe('taken-back');
    expect(streamOf(state).available).toBe(10);
    expect(taken(state, 10)).toEqual([[10, 20]]);
    expect(held(state, 1)).toMatchObject({ state: 'exhausted', recycled: [{ start: 4, end: 8 }] });
  });

  test('skips what another life of this data had loaded', () => {
    const state = stockOf(shardOf(1, 0, 10), shardOf(2, 10, 20, { ordered: true }));
    state.incarnation = 'life-2';
    expect(load(state, 'life-2', shardOf(3, 20, 30))).toBe('loaded');
    expect(taken(state, 4)).toEqual([[20, 24]]);
    expect(streamOf(state).available).toBe(6);
    expect(taken(state, 7)).toBeUndefined();
  });

  test('serves it where the fence is off, as the simulator runs it', () => {
    const state = { ...stockOf(shardOf(1, 0, 10)), incarnation: 'life-2' };
    expect(taken({ ...state, rules: { ...state.rules, fence: false } }, 4)).toEqual([[0, 4]]);
  });

  test('stops the process rather than count stock that is not there', () => {
    const state = stockOf(shardOf(1, 0, 10));
    streamOf(state).available = 11;
    expect(() => taken(state, 11)).toThrow(/broken invariant: stream s\/web\/api counts more stock than its shards hold/);
  });
});

describe('numbered blocks', () => {
  test('have numbers of their own, one for each shard they came from', () => {
    const state = stockOf(shardOf(1, 0, 3), shardOf(2, 3, 9));
    expect(blocks(state, 5)?.map((each) => each.block)).toEqual([1, 2]);
    expect(blocks(state, 1)?.map((each) => each.block)).toEqual([3]);
    expect(streamOf(state).blocksOut.size).toBe(3);
    expect(blocks(state, 1, false)?.map((each) => each.block)).toEqual([0]);
  });

  test('are remembered up to a limit for each stream, beyond which its oldest cannot come back', () => {
    const state = stockOf(shardOf(1, 0, 3, { stream: 's/mobile/api' }), shardOf(2, 10, 10 + BLOCKS_OUT_MAX + 5));
    const [others] = take(state, state.streams.get('s/mobile/api'), 1, true, 0) ?? [];
    const oldest = block(state, 1);
    for (let i = 1; i < BLOCKS_OUT_MAX; i++) block(state, 1);
    expect(streamOf(state).blocksOut.size).toBe(BLOCKS_OUT_MAX);
    const next = block(state, 1);
    expect(streamOf(state).blocksOut.size).toBe(BLOCKS_OUT_MAX);
    expect(giveBack(state, LIFE, oldest.block, slice(oldest.start, oldest.start + 1))).toBe('unknown-block');
    expect(giveBack(state, LIFE, next.block, slice(next.start, next.start + 1))).toBe('taken-back');
    expect(giveBack(state, LIFE, others?.block ?? 0, slice(0, 1))).toBe('taken-back');
  });

  test('come from nothing in an empty stock', () => {
    expect(take(emptyStock(LIFE), streamStock(emptyStock(LIFE), STREAM), 1, true, 0)).toBeUndefined();
  });
});

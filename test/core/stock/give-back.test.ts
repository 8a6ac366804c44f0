import { describe, expect, test } from 'vitest';
import { SLICES_PER_RETURN_MAX } from '../../../core/limits.ts';
import { giveBack, revoke } from '../../../core/stock/stock.ts';
import { block, held, LIFE, shardOf, slice, stockOf, streamOf, taken } from './stock-fixture.ts';

describe('a block that is given back', () => {
  test('can be issued again, as far as it was not used', () => {
    const state = stockOf(shardOf(1, 0, 20));
    const out = block(state, 10);
    expect(giveBack(state, LIFE, out.block, slice(6, 10))).toBe('taken-back');
    expect(streamOf(state)).toMatchObject({ available: 14, blocksOut: new Set() });
    expect(taken(state, 14)).toEqual([
      [6, 10],
      [10, 20],
    ]);
  });

  test('is taken back once', () => {
    const state = stockOf(shardOf(1, 0, 20));
    const out = block(state, 10);
    giveBack(state, LIFE, out.block, slice(6, 8));
    expect(giveBack(state, LIFE, out.block, slice(8, 10))).toBe('unknown-block');
    expect(streamOf(state).available).toBe(12);
  });

  test('lies inside the block that was issued, and is something', () => {
    const state = stockOf(shardOf(1, 0, 30));
    block(state, 10);
    const out = block(state, 10);
    for (const wrong of [slice(9, 12), slice(18, 21), slice(15, 15), slice(16, 14)]) {
      expect(giveBack(state, LIFE, out.block, wrong)).toBe('unknown-block');
    }
    expect(giveBack(state, LIFE, out.block, slice(10, 20))).toBe('taken-back');
  });

  test('is refused when it was never numbered', () => {
    const state = stockOf(shardOf(1, 0, 30));
    taken(state, 10);
    expect(giveBack(state, LIFE, 0, slice(0, 10))).toBe('unknown-block');
    expect(giveBack(state, LIFE, 99, slice(0, 10))).toBe('unknown-block');
  });

  test('goes to the life that issued it', () => {
    const state = stockOf(shardOf(1, 0, 30));
    const out = block(state, 10);
    expect(giveBack(state, 'life-0', out.block, slice(0, 10))).toBe('unknown-block');
  });

  test('is not taken into data that outlived its life, where it could not be issued', () => {
    const state = stockOf(shardOf(1, 0, 30));
    const out = block(state, 10);
    state.incarnation = 'life-2';
    expect(giveBack(state, 'life-2', out.block, slice(0, 10))).toBe('unknown-block');
    expect(streamOf(state).available).toBe(20);
  });

  test('brings an exhausted shard back to serving', () => {
    const state = stockOf(shardOf(1, 0, 10), shardOf(2, 10, 20));
    const out = block(state, 10);
    taken(state, 2);
    expect(held(state, 1).state).toBe('exhausted');
    expect(giveBack(state, LIFE, out.block, slice(7, 10))).toBe('taken-back');
    expect(held(state, 1).state).toBe('serving');
    expect(streamOf(state).exhausted.size).toBe(0);
    expect(taken(state, 1)).toEqual([[7, 8]]);
    expect(held(state, 1).state).toBe('serving');
    expect(taken(state, 3)).toEqual([
      [8, 10],
      [12, 13],
    ]);
    expect(held(state, 1).state).toBe('exhausted');
  });

  test('comes too late once its shard was revoked: its values stay issued', () => {
    const state = stockOf(shardOf(1, 0, 10));
    const out = block(state, 6);
    expect(revoke(state, LIFE, 0, 1)).toEqual([slice(6, 10)]);
    expect(giveBack(state, LIFE, out.block, slice(2, 6))).toBe('unknown-block');
    expect(streamOf(state)).toMatchObject({ available: 0, blocksOut: new Set() });
  });

  test('stays issued where a return could not name any more slices', () => {
    const state = stockOf(shardOf(1, 0, 2_000));
    const outs = Array.from({ length: SLICES_PER_RETURN_MAX + 1 }, () => block(state, 2));
    const outcomes = outs.map(({ block: number, start }) => giveBack(state, LIFE, number, slice(start, start + 1)));
    expect(outcomes.filter((outcome) => outcome === 'taken-back')).toHaveLength(SLICES_PER_RETURN_MAX - 1);
    expect(outcomes.at(-1)).toBe('full');
    expect(revoke(state, LIFE, 0, 1)).toHaveLength(SLICES_PER_RETURN_MAX);
  });
});

describe('a block of an ordered stream that is given back', () => {
  test('is kept for the return and not issued again', () => {
    const state = stockOf(shardOf(1, 0, 10, { ordered: true }));
    const out = block(state, 6);
    expect(giveBack(state, LIFE, out.block, slice(4, 6))).toBe('taken-back');
    expect(streamOf(state).available).toBe(4);
    expect(taken(state, 4)).toEqual([[6, 10]]);
    expect(taken(state, 1)).toBeUndefined();
    expect(revoke(state, LIFE, 0, 1)).toEqual([slice(4, 6)]);
  });

  test('stays apart from the fresh rest, which alone the stream may have again', () => {
    const state = stockOf(shardOf(1, 0, 10, { ordered: true }));
    const out = block(state, 6);
    giveBack(state, LIFE, out.block, slice(4, 6));
    expect(revoke(state, LIFE, 0, 1)).toEqual([slice(4, 6), slice(6, 10)]);
  });

  test('stays issued at the end of its shard, where it would pass for never issued', () => {
    const state = stockOf(shardOf(1, 0, 10, { ordered: true }));
    const out = block(state, 10);
    expect(giveBack(state, LIFE, out.block, slice(4, 10))).toBe('full');
    expect(giveBack(state, LIFE, out.block, slice(4, 9))).toBe('taken-back');
    expect(revoke(state, LIFE, 0, 1)).toEqual([slice(4, 9)]);
  });
});

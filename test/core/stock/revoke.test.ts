import { describe, expect, test } from 'vitest';
import { forget, giveBack, load, revoke } from '../../../core/stock/stock.ts';
import { findShard } from '../../../core/stock/stock-state.ts';
import { block, held, LIFE, shardOf, slice, stockOf, streamOf, taken } from './stock-fixture.ts';

describe('a revoke', () => {
  test('takes out everything that was not issued, and nothing of it is issued after that', () => {
    const state = stockOf(shardOf(1, 0, 10), shardOf(2, 10, 20));
    taken(state, 4);
    expect(revoke(state, LIFE, 0, 1)).toEqual([slice(4, 10)]);
    expect(streamOf(state).available).toBe(10);
    expect(taken(state, 1)).toEqual([[10, 11]]);
  });

  test('answers the same again until it is forgotten, whatever was given back since', () => {
    const state = stockOf(shardOf(1, 0, 10));
    taken(state, 4);
    const first = revoke(state, LIFE, 0, 1);
    expect(revoke(state, LIFE, 0, 1)).toBe(first);
    expect(streamOf(state).available).toBe(0);
  });

  test('names what came back in as few slices as possible', () => {
    const state = stockOf(shardOf(1, 0, 20));
    const outs = [block(state, 4), block(state, 4), block(state, 4)] as const;
    giveBack(state, LIFE, outs[2].block, slice(10, 12));
    giveBack(state, LIFE, outs[0].block, slice(1, 3));
    giveBack(state, LIFE, outs[1].block, slice(4, 6));
    expect(revoke(state, LIFE, 0, 1)).toEqual([slice(1, 3), slice(4, 6), slice(10, 20)]);
  });

  test('is empty for a shard that was issued to the end', () => {
    const state = stockOf(shardOf(1, 0, 10));
    taken(state, 10);
    expect(revoke(state, LIFE, 0, 1)).toEqual([]);
    expect(streamOf(state).exhausted.size).toBe(0);
  });

  test('leaves the other shards of the stream where they are, and counts them alone', () => {
    for (const ordered of [false, true]) {
      const state = stockOf(shardOf(1, 0, 10, { ordered }), shardOf(2, 10, 20, { ordered }), shardOf(3, 20, 30, { ordered }));
      taken(state, 13);
      expect(revoke(state, LIFE, 0, 1)).toEqual([]);
      expect(streamOf(state).available).toBe(17);
      expect(revoke(state, LIFE, 0, 2)).toEqual([slice(13, 20)]);
      expect(streamOf(state).available).toBe(10);
      expect(taken(state, 10)).toEqual([[20, 30]]);
    }
  });

  test('of a shard that is not here says so: nothing is known of what was issued', () => {
    expect(revoke(stockOf(), LIFE, 0, 1)).toBe('absent');
    expect(revoke(stockOf(shardOf(1, 0, 10)), LIFE, 1, 1)).toBe('absent');
  });

  test('never lowers what counts as seen', () => {
    const state = stockOf(shardOf(5, 0, 10));
    expect(revoke(state, LIFE, 0, 3)).toBe('absent');
    expect(load(state, LIFE, shardOf(4, 10, 20))).toBe('seen');
  });

  test('is refused when it believes in another life', () => {
    const state = stockOf(shardOf(1, 0, 10));
    expect(revoke(state, 'life-0', 0, 1)).toBe('fenced');
    expect(streamOf(state).available).toBe(10);
    expect(revoke({ ...state, rules: { ...state.rules, fence: false } }, 'life-0', 0, 1)).toEqual([slice(0, 10)]);
  });

  test('of a shard that takes skip already does not count its rest twice', () => {
    const state = stockOf(shardOf(1, 0, 10));
    state.incarnation = 'life-2';
    load(state, 'life-2', shardOf(2, 10, 20));
    taken(state, 1);
    expect(revoke(state, 'life-2', 0, 1)).toEqual([slice(0, 10)]);
    expect(streamOf(state).available).toBe(9);
  });
});

describe('a shard is forgotten', () => {
  test('once its return was read back, and its load stays too late', () => {
    const state = stockOf(shardOf(1, 0, 10));
    revoke(state, LIFE, 0, 1);
    forget(state, 0, 1);
    expect(findShard(state, 0, 1)).toBeUndefined();
    expect(revoke(state, LIFE, 0, 1)).toBe('absent');
    expect(load(state, LIFE, shardOf(1, 0, 10))).toBe('seen');
  });

  test('not before it was revoked', () => {
    const state = stockOf(shardOf(1, 0, 10));
    forget(state, 0, 1);
    forget(state, 0, 99);
    expect(held(state, 1).state).toBe('loaded');
  });
});

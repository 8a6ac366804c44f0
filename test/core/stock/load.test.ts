import { describe, expect, test } from 'vitest';
import { load, revoke } from '../../../core/stock/stock.ts';
import { held, LIFE, shardOf, stockOf, streamOf, taken } from './stock-fixture.ts';

describe('a load', () => {
  test('adds a shard behind the ones that are there', () => {
    const state = stockOf(shardOf(1, 50, 52), shardOf(2, 0, 5));
    expect(streamOf(state).available).toBe(7);
    expect(held(state, 2)).toMatchObject({ state: 'loaded', life: LIFE, cursor: 0, revoked: undefined });
  });

  test('happens once, however often it is delivered', () => {
    const state = stockOf(shardOf(1, 0, 10));
    expect(taken(state, 4)).toEqual([[0, 4]]);
    expect(load(state, LIFE, shardOf(1, 0, 10))).toBe('held');
    expect(streamOf(state).available).toBe(6);
  });

  test('of an older shard than the last one of its partition is too late', () => {
    expect(load(stockOf(shardOf(5, 0, 10)), LIFE, shardOf(4, 10, 20))).toBe('seen');
  });

  test('counts per partition: a low position elsewhere is a shard of its own', () => {
    const state = stockOf(shardOf(5, 0, 10), shardOf(4, 10, 20, { partition: 1 }));
    expect(streamOf(state).available).toBe(20);
  });

  test('fails once the revoke of its shard came first', () => {
    const state = stockOf();
    expect(revoke(state, LIFE, 0, 7)).toBe('absent');
    expect(load(state, LIFE, shardOf(7, 0, 10))).toBe('seen');
    expect(revoke(state, LIFE, 1, 0)).toBe('absent');
    expect(load(state, LIFE, shardOf(1, 10, 20, { partition: 1 }))).toBe('loaded');
  });

  test('is not held any more once its shard was revoked, although its reply is still kept', () => {
    const state = stockOf(shardOf(1, 0, 10));
    revoke(state, LIFE, 0, 1);
    expect(load(state, LIFE, shardOf(1, 0, 10))).toBe('seen');
  });

  test('is refused when it believes in another life', () => {
    const state = stockOf();
    expect(load(state, 'life-0', shardOf(1, 0, 10))).toBe('fenced');
    expect(load(state, LIFE, shardOf(1, 0, 10))).toBe('loaded');
    expect(load({ ...stockOf(), rules: { ...state.rules, fence: false } }, 'life-0', shardOf(1, 0, 10))).toBe('loaded');
  });
});

import { describe, expect, test } from 'vitest';
import { giveBack, load, remint, revoke } from '../../../core/stock/stock.ts';
import { block, LIFE, shardOf, slice, stockOf, streamOf, taken } from './stock-fixture.ts';

describe('a new life of a stock', () => {
  test('holds nothing of the old one, and knows none of its blocks', () => {
    const state = stockOf(shardOf(1, 0, 10));
    const out = block(state, 4);
    remint(state, 'life-2');
    expect(streamOf(state)).toMatchObject({ available: 0, blocksOut: new Set(), queue: [] });
    expect(taken(state, 1)).toBeUndefined();
    expect(giveBack(state, 'life-2', out.block, slice(0, 4))).toBe('unknown-block');
    expect(revoke(state, 'life-2', 0, 1)).toBe('absent');
  });

  test('refuses whoever believes in the old one', () => {
    const state = stockOf();
    remint(state, 'life-2');
    expect(load(state, LIFE, shardOf(1, 0, 10))).toBe('fenced');
    expect(revoke(state, LIFE, 0, 1)).toBe('fenced');
    expect(load(state, 'life-2', shardOf(1, 0, 10))).toBe('loaded');
  });

  test('does not load what the old one had loaded: it may have been issued', () => {
    const state = stockOf(shardOf(5, 0, 10));
    remint(state, 'life-2');
    expect(load(state, 'life-2', shardOf(5, 0, 10))).toBe('seen');
    expect(load(state, 'life-2', shardOf(6, 10, 20))).toBe('loaded');
  });

  test('numbers its blocks on, so that no number means two of them', () => {
    const state = stockOf(shardOf(1, 0, 10));
    const before = block(state, 1);
    remint(state, 'life-2');
    load(state, 'life-2', shardOf(2, 10, 20));
    expect(block(state, 1).block).toBeGreaterThan(before.block);
  });
});

/** Values that belong to a period: issued until its end, and kept for their return from then on. */
import { describe, expect, test } from 'vitest';
import { giveBack, load, revoke } from '../../../core/stock/stock.ts';
import type { StockState } from '../../../core/stock/stock-state.ts';
import { take } from '../../../core/stock/take.ts';
import { block, held, LIFE, STREAM, shardOf, slice, stockOf, streamOf, taken } from './stock-fixture.ts';

const END_MS = 1_000;

function takenAt(state: StockState, count: number, nowMs: number): number[][] | undefined {
  return take(state, state.streams.get(STREAM), count, false, nowMs)?.map(({ start, count: size }) => [start, start + size]);
}

describe('values of a period', () => {
  test('are issued up to its end, and not a millisecond longer', () => {
    const state = stockOf(shardOf(1, 0, 10, { untilMs: END_MS }));
    expect(takenAt(state, 4, END_MS - 1)).toEqual([[0, 4]]);
    expect(takenAt(state, 1, END_MS)).toBeUndefined();
    expect(streamOf(state)).toMatchObject({ available: 0, queue: [], untilMs: Number.POSITIVE_INFINITY });
    expect(held(state, 1)).toMatchObject({ isOver: true, cursor: 4, state: 'serving' });
  });

  test('are not issued again by a clock that is set back', () => {
    const state = stockOf(shardOf(1, 0, 10, { untilMs: END_MS }));
    expect(takenAt(state, 1, END_MS)).toBeUndefined();
    expect(takenAt(state, 1, 0)).toBeUndefined();
    expect(revoke(state, LIFE, 0, 1)).toEqual([slice(0, 10)]);
    expect(streamOf(state).available).toBe(0);
  });

  test('make way for those of the next one, and of none', () => {
    const ends = [END_MS, 3 * END_MS, undefined, 2 * END_MS];
    const state = stockOf(...ends.map((untilMs, i) => shardOf(i + 1, 10 * i, 10 * i + 10, untilMs === undefined ? {} : { untilMs })));
    expect(streamOf(state)).toMatchObject({ available: 40, untilMs: END_MS });
    expect(takenAt(state, 12, END_MS)).toEqual([
      [10, 20],
      [20, 22],
    ]);
    expect(streamOf(state)).toMatchObject({ available: 18, untilMs: 2 * END_MS });
    expect(takenAt(state, 18, 2 * END_MS)).toBeUndefined();
    expect(takenAt(state, 8, 9 * END_MS)).toEqual([[22, 30]]);
  });

  test('count no more once it is over, with what came back of them', () => {
    for (const ordered of [false, true]) {
      const state = stockOf(shardOf(1, 0, 10, { untilMs: END_MS, ordered }), shardOf(2, 10, 20));
      const out = block(state, 6);
      expect(giveBack(state, LIFE, out.block, slice(2, 4))).toBe('taken-back');
      expect(streamOf(state).available).toBe(ordered ? 14 : 16);
      expect(takenAt(state, 11, END_MS)).toBeUndefined();
      expect(streamOf(state).available).toBe(10);
      expect(revoke(state, LIFE, 0, 1)).toEqual([slice(2, 4), slice(6, 10)]);
      expect(streamOf(state).available).toBe(10);
    }
  });

  test('that come back after its end only return', () => {
    const state = stockOf(shardOf(1, 0, 10, { untilMs: END_MS }));
    const out = block(state, 6);
    expect(takenAt(state, 1, END_MS)).toBeUndefined();
    expect(giveBack(state, LIFE, out.block, slice(2, 6))).toBe('taken-back');
    expect(streamOf(state)).toMatchObject({ available: 0, queue: [], blocksOut: new Set() });
    expect(revoke(state, LIFE, 0, 1)).toEqual([slice(2, 10)]);
  });

  test('that come back of a shard issued to the end end with it', () => {
    const state = stockOf(shardOf(1, 0, 10, { untilMs: END_MS }), shardOf(2, 10, 20));
    const out = block(state, 10);
    expect(takenAt(state, 1, 0)).toEqual([[10, 11]]);
    expect(giveBack(state, LIFE, out.block, slice(5, 10))).toBe('taken-back');
    expect(streamOf(state)).toMatchObject({ available: 14, untilMs: END_MS });
    expect(takenAt(state, 1, END_MS)).toEqual([[11, 12]]);
    expect(streamOf(state).available).toBe(8);
    expect(load(state, LIFE, shardOf(3, 20, 30, { untilMs: 5 * END_MS }))).toBe('loaded');
    expect(streamOf(state)).toMatchObject({ available: 18, untilMs: 5 * END_MS });
  });

  test('that come back of such a shard after its end are not issued either', () => {
    const state = stockOf(shardOf(1, 0, 10, { untilMs: END_MS }), shardOf(2, 10, 20));
    const out = block(state, 10);
    expect(takenAt(state, 1, END_MS)).toEqual([[10, 11]]);
    expect(giveBack(state, LIFE, out.block, slice(5, 10))).toBe('taken-back');
    expect(takenAt(state, 1, END_MS)).toEqual([[11, 12]]);
    expect(revoke(state, LIFE, 0, 1)).toEqual([slice(5, 10)]);
    expect(streamOf(state).available).toBe(8);
  });

  test('are issued for ever where nobody minds periods, as the simulator can run it', () => {
    const state = stockOf(shardOf(1, 0, 10, { untilMs: END_MS }));
    const careless = { ...state, rules: { ...state.rules, period: false } };
    expect(takenAt(careless, 4, END_MS)).toEqual([[0, 4]]);
  });
});

describe('a stock whose data outlived its life', () => {
  test('forgets of each shard what it counted, whether an order is kept or not', () => {
    for (const ordered of [false, true]) {
      const state = stockOf(shardOf(1, 0, 10, { ordered }), shardOf(2, 10, 20, { ordered }));
      const out = block(state, 6);
      giveBack(state, LIFE, out.block, slice(2, 4));
      state.incarnation = 'life-2';
      expect(taken(state, 1)).toBeUndefined();
      expect(streamOf(state)).toMatchObject({ available: 0, queue: [] });
      expect(load(state, 'life-2', shardOf(1, 0, 10))).toBe('seen');
    }
  });
});

/** A stock of the life `life-1` with shards of one stream, and the few words that tests of it use. */
import { expect } from 'vitest';
import type { Interval } from '../../../core/interval.ts';
import { load, type ShardToLoad, streamStock } from '../../../core/stock/stock.ts';
import { emptyStock, findShard, type StockShard, type StockState, type StreamStock } from '../../../core/stock/stock-state.ts';
import { type Taken, take } from '../../../core/stock/take.ts';

export const LIFE = 'life-1';
export const STREAM = 's/web/api';

export function shardOf(shard: number, start: number, end: number, more: Partial<ShardToLoad> = {}): ShardToLoad {
  return { shard, start, end, stream: STREAM, sequence: 's', generation: 0, partition: 0, ordered: false, ...more };
}

/** A stock that holds these shards, loaded in this order. */
export function stockOf(...shards: readonly ShardToLoad[]): StockState {
  const state = emptyStock(LIFE);
  for (const shard of shards) expect(load(state, LIFE, shard)).toBe('loaded');
  return state;
}

export function streamOf(state: StockState, stream: string = STREAM): StreamStock {
  return streamStock(state, stream);
}

/** Takes from the stream and says what came as `[start, end)`, one for each block. */
export function taken(state: StockState, count: number, numbered = false): number[][] | undefined {
  return blocks(state, count, numbered)?.map(({ start, count: size }) => [start, start + size]);
}

export function blocks(state: StockState, count: number, numbered = true): Taken[] | undefined {
  return take(state, state.streams.get(STREAM), count, numbered, 0);
}

/** Takes one numbered block out of one shard. */
export function block(state: StockState, count: number): Taken {
  const [only, ...others] = blocks(state, count) ?? [];
  expect(others).toEqual([]);
  expect(only).toBeDefined();
  return only as Taken;
}

export function held(state: StockState, shard: number): StockShard {
  const found = findShard(state, 0, shard);
  expect(found).toBeDefined();
  return found as StockShard;
}

export function slice(start: number, end: number): Interval {
  return { start, end };
}

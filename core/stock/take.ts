/**
 * Taking values out of a stock: the hot path. All or nothing, oldest shard first, recycled ordinals before fresh ones unless the
 * sequence keeps an order. The cursor moves in the same step that answers, and never goes back.
 */
import { assert } from '../assertion.ts';
import { totalSize } from '../interval.ts';
import { BLOCKS_OUT_MAX } from '../limits.ts';
import { moveTo } from './shard-states.ts';
import { isServable, type StockShard, type StockState, type StreamStock, unissuedOf } from './stock-state.ts';

/** Consecutive ordinals of one shard. */
export interface Taken {
  readonly generation: number;
  readonly partition: number;
  readonly shard: number;
  readonly start: number;
  readonly count: number;
  /** 0, or the number under which the block may be given back once. */
  readonly block: number;
}

/** Takes `count` ordinals, or undefined when the stream's stock does not hold as many that may be served now. */
export function take(
  state: StockState,
  stream: StreamStock | undefined,
  count: number,
  numbered: boolean,
  nowMs: number,
): Taken[] | undefined {
  if (stream === undefined) return undefined;
  poisonFormerLives(state, stream);
  if (stream.untilMs <= nowMs && state.rules.period) endPeriods(stream, nowMs);
  if (stream.available < count) return undefined;
  const taken: Taken[] = [];
  let left = count;
  while (left > 0) {
    const shard = stream.queue[0];
    assert(shard !== undefined, `stream ${stream.stream} counts more stock than its shards hold`);
    left -= takeFrom(state, stream, shard, left, numbered, taken);
  }
  stream.available -= count;
  return taken;
}

/** Shards loaded by another life of this store's data are never served again: what was issued from them is not known here. */
function poisonFormerLives(state: StockState, stream: StreamStock): void {
  let head = stream.queue[0];
  while (head !== undefined && !isServable(state, head)) {
    stream.available -= servableOf(head);
    stream.queue.shift();
    head = stream.queue[0];
  }
}

/** What belongs to a period that is over stays here until its return is asked for, and is issued no more. */
function endPeriods(stream: StreamStock, nowMs: number): void {
  const ended = stream.queue.filter((shard) => shard.untilMs <= nowMs);
  const rest = stream.queue.filter((shard) => shard.untilMs > nowMs);
  for (const shard of ended) {
    shard.isOver = true;
    stream.available -= servableOf(shard);
  }
  stream.queue.splice(0, stream.queue.length, ...rest);
  stream.untilMs = Math.min(Number.POSITIVE_INFINITY, ...rest.map((shard) => shard.untilMs));
}

/** What a shard of the queue counts for in the stream's stock. */
function servableOf(shard: StockShard): number {
  return shard.ordered ? shard.end - shard.cursor : totalSize(unissuedOf(shard));
}

function takeFrom(state: StockState, stream: StreamStock, shard: StockShard, wanted: number, numbered: boolean, taken: Taken[]): number {
  moveTo(shard, 'serving');
  let start = shard.cursor;
  let size = Math.min(wanted, shard.end - shard.cursor);
  if (shard.recycled.length > 0 && !shard.ordered) {
    const slice = shard.recycled[0] as { start: number; end: number };
    start = slice.start;
    size = Math.min(wanted, slice.end - slice.start);
    if (start + size === slice.end) shard.recycled.shift();
    else shard.recycled[0] = { start: start + size, end: slice.end };
  } else {
    shard.cursor += size;
  }
  taken.push({
    generation: shard.generation,
    partition: shard.partition,
    shard: shard.shard,
    start,
    count: size,
    block: numbered ? numberBlock(state, stream, shard, start, size) : 0,
  });
  if (shard.cursor === shard.end && (shard.ordered || shard.recycled.length === 0)) exhaust(stream, shard);
  return size;
}

function exhaust(stream: StreamStock, shard: StockShard): void {
  moveTo(shard, 'exhausted');
  stream.queue.shift();
  stream.exhausted.add(shard);
}

function numberBlock(state: StockState, stream: StreamStock, shard: StockShard, start: number, size: number): number {
  const block = state.nextBlock++;
  shard.blocks.set(block, { start, end: start + size });
  state.blocks.set(block, shard);
  stream.blocksOut.add(block);
  if (stream.blocksOut.size > BLOCKS_OUT_MAX) forgetOldestBlock(state, stream);
  return block;
}

function forgetOldestBlock(state: StockState, stream: StreamStock): void {
  for (const block of stream.blocksOut) {
    stream.blocksOut.delete(block);
    state.blocks.get(block)?.blocks.delete(block);
    state.blocks.delete(block);
    return;
  }
}

/**
 * The commands of a stock beside `take`: load, give back, revoke, forget, remint. Every one names the incarnation it believes in,
 * and a store that lives another life refuses it. The in-process pool and the simulator's stores run exactly this code.
 */
import { coalesced, type Interval, sizeOf, totalSize } from '../interval.ts';
import { SLICES_PER_RETURN_MAX } from '../limits.ts';
import { moveTo } from './shard-states.ts';
import { findShard, isServable, type StockShard, type StockState, type StreamStock, unissuedOf } from './stock-state.ts';

export interface ShardToLoad extends Interval {
  readonly stream: string;
  readonly sequence: string;
  readonly generation: number;
  readonly partition: number;
  readonly shard: number;
  readonly ordered: boolean;
  /** When the period is over that its values belong to; left out where there are none. */
  readonly untilMs?: number;
}

/** Loads a shard at most once per life: a redelivery answers `held` while it is still here, else, as after a revoke that came first, `seen`. */
export function load(state: StockState, incarnation: string, shard: ShardToLoad): 'loaded' | 'held' | 'seen' | 'fenced' {
  if (state.rules.fence && incarnation !== state.incarnation) return 'fenced';
  if (shard.shard <= (state.seen.get(shard.partition) ?? -1)) return isHeld(state, shard) ? 'held' : 'seen';
  state.seen.set(shard.partition, shard.shard);
  const { start, end, stream, sequence, generation, partition, ordered, untilMs = Number.POSITIVE_INFINITY } = shard;
  const held: StockShard = {
    start,
    end,
    stream,
    sequence,
    generation,
    partition,
    shard: shard.shard,
    ordered,
    untilMs,
    isOver: false,
    life: state.incarnation,
    state: 'loaded',
    cursor: start,
    recycled: [],
    blocks: new Map(),
    revoked: undefined,
  };
  let ofPartition = state.shards.get(partition);
  if (ofPartition === undefined) {
    ofPartition = new Map();
    state.shards.set(partition, ofPartition);
  }
  ofPartition.set(shard.shard, held);
  const holder = streamStock(state, stream);
  holder.queue.push(held);
  holder.untilMs = Math.min(holder.untilMs, untilMs);
  holder.available += end - start;
  return 'loaded';
}

function isHeld(state: StockState, { partition, shard }: ShardToLoad): boolean {
  const held = findShard(state, partition, shard);
  return held !== undefined && held.revoked === undefined && isServable(state, held);
}

/** Takes the unused rest of a numbered block back, once. The slice must lie inside the block. */
export function giveBack(state: StockState, incarnation: string, block: number, slice: Interval): 'taken-back' | 'unknown-block' | 'full' {
  const shard = state.blocks.get(block);
  const out = shard?.blocks.get(block);
  const known = shard !== undefined && out !== undefined && incarnation === state.incarnation && isServable(state, shard);
  if (!known || slice.start < out.start || slice.end > out.end || slice.end <= slice.start) return 'unknown-block';
  // What returns from the end of an ordered shard counts as never issued there: this was, so it stays issued.
  if (shard.ordered && slice.end === shard.end) return 'full';
  const recycled = coalesced([...shard.recycled, slice]);
  // A return names a bounded number of slices, one of them the fresh rest: what does not fit stays issued.
  if (recycled.length >= SLICES_PER_RETURN_MAX) return 'full';
  dropBlock(state, shard, block);
  shard.recycled = recycled;
  const stream = streamStock(state, shard.stream);
  // Neither is issued from again: it only goes back to the ledger.
  if (shard.ordered || shard.isOver) return 'taken-back';
  stream.available += sizeOf(slice);
  if (shard.state === 'exhausted') {
    moveTo(shard, 'serving');
    stream.exhausted.delete(shard);
    stream.queue.unshift(shard);
    stream.untilMs = Math.min(stream.untilMs, shard.untilMs);
  }
  return 'taken-back';
}

/**
 * Takes everything unissued out of a shard, atomically with reading its cursor, and marks its id seen so that a delayed load
 * fails. The reply is kept and repeated until `forget`. A shard that is not here is `absent`: never loaded, or its data was lost.
 */
export function revoke(
  state: StockState,
  incarnation: string,
  partition: number,
  shardId: number,
): readonly Interval[] | 'absent' | 'fenced' {
  if (state.rules.fence && incarnation !== state.incarnation) return 'fenced';
  state.seen.set(partition, Math.max(state.seen.get(partition) ?? -1, shardId));
  const shard = findShard(state, partition, shardId);
  if (shard === undefined) return 'absent';
  if (shard.revoked !== undefined) return shard.revoked;
  const stream = streamStock(state, shard.stream);
  const rest = unissuedOf(shard);
  // What is not in the queue (issued to the end, or skipped as another life's) is not counted as available.
  if (remove(stream, shard)) stream.available -= shard.ordered ? shard.end - shard.cursor : totalSize(rest);
  for (const block of [...shard.blocks.keys()]) dropBlock(state, shard, block);
  moveTo(shard, 'revoked');
  // Where an order is kept, the fresh rest is a slice of its own: only that may be issued by the same stream again.
  shard.revoked = shard.ordered ? rest : coalesced(rest);
  return shard.revoked;
}

/** The return was read back from the log: nothing will ask for this shard again. */
export function forget(state: StockState, partition: number, shardId: number): void {
  const shard = findShard(state, partition, shardId);
  if (shard === undefined || shard.state !== 'revoked') return;
  moveTo(shard, 'forgotten');
  state.shards.get(partition)?.delete(shardId);
}

/** Drops everything and begins a new life. */
export function remint(state: StockState, incarnation: string): void {
  state.incarnation = incarnation;
  state.streams.clear();
  state.shards.clear();
  state.blocks.clear();
}

/** The stream's stock, created empty where it is new. */
export function streamStock(state: StockState, stream: string): StreamStock {
  let found = state.streams.get(stream);
  if (found === undefined) {
    found = { stream, available: 0, queue: [], untilMs: Number.POSITIVE_INFINITY, exhausted: new Set(), blocksOut: new Set() };
    state.streams.set(stream, found);
  }
  return found;
}

/** True when takes could still reach the shard. */
function remove(stream: StreamStock, shard: StockShard): boolean {
  stream.exhausted.delete(shard);
  const index = stream.queue.indexOf(shard);
  if (index >= 0) stream.queue.splice(index, 1);
  return index >= 0;
}

function dropBlock(state: StockState, shard: StockShard, block: number): void {
  state.blocks.delete(block);
  if (shard.blocks.delete(block)) streamStock(state, shard.stream).blocksOut.delete(block);
}

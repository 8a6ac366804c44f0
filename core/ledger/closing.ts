/**
 * How shards end: returned, burnt, or lost with their pool; each once, by whichever record comes first in the log. Only a return
 * frees anything, and only what the store that issued from the shard took out of its stock first.
 */
import { areSortedSlicesOf, type Interval } from '../interval.ts';
import { SLICES_PER_RETURN_MAX } from '../limits.ts';
import type { PoolLost, ShardBurned, ShardRecalled, ShardReturned } from './records.ts';
import { addSource, contiguousFrom, holderOf, isFenced, type Shard, type ShardsState, sourceId } from './shards-state.ts';
import type { Verdict } from './verdict.ts';

export function replayReturned(state: ShardsState, offset: number, record: ShardReturned): Verdict {
  const shard = state.openShards.get(record.shard);
  // First close wins: a second return of the same shard would free what has already been cut again.
  if (shard === undefined) return state.rules.returns ? 'shard-not-open' : replayClosedReturn(state, offset, record);
  // Another life of the pool may believe it holds what this one has issued.
  if (state.rules.incarnation && holderOf(state, shard) !== record.incarnation) return 'other-incarnation';
  if (record.slices.length > SLICES_PER_RETURN_MAX) return 'too-many-slices';
  if (!areSortedSlicesOf(record.slices, shard)) return 'slices-outside-shard';
  if (shard.gapless === true && !isOwnTail(state, shard, record.slices)) return 'not-contiguous';
  close(state, shard);
  lowerHigh(shard, record.slices);
  if (!isFenced(state, shard.name, shard.generation)) addSlices(state, offset, record, shard);
  if (!state.rules.returns) closedForSimulator(state).set(shard.id, shard);
  return 'accepted';
}

export function replayBurned(state: ShardsState, record: ShardBurned): Verdict {
  const shard = state.openShards.get(record.shard);
  if (shard === undefined) return 'shard-not-open';
  if (holderOf(state, shard) !== record.incarnation) return 'other-incarnation';
  // What is burnt is a gap, and the database of a gapless pool knows what it did not give out.
  if (shard.gapless === true) return 'gapless-shard-open';
  if (record.from < shard.start || record.from > shard.end) return 'burn-outside-shard';
  close(state, shard);
  return 'accepted';
}

export function replayRecalled(state: ShardsState, record: ShardRecalled): Verdict {
  const shard = state.openShards.get(record.shard);
  if (shard === undefined) return 'shard-not-open';
  if (shard.recalled) return 'recalled-before';
  shard.recalled = true;
  return 'accepted';
}

export function replayLost(state: ShardsState, record: PoolLost): Verdict {
  if (state.lost.has(record.incarnation)) return 'already-lost';
  for (const shard of state.openShards.values()) {
    const isHeld = shard.incarnation === record.incarnation || holderOf(state, shard) === record.incarnation;
    if (shard.gapless === true && isHeld) return 'gapless-shard-open';
  }
  state.lost.add(record.incarnation);
  // What the lost life issued since its last known cursor is in doubt for ever, so nothing of it is freed.
  for (const shard of state.openShards.values()) {
    if (shard.incarnation === record.incarnation) close(state, shard);
  }
  return 'accepted';
}

/**
 * What comes back of a gapless shard must be what the next one can begin with: nothing, or its rest, and that of the stream's last shard.
 * Of a generation that was ended nothing is cut any more.
 */
function isOwnTail(state: ShardsState, shard: Shard, slices: readonly Interval[]): boolean {
  const [rest] = slices;
  if (rest === undefined || isFenced(state, shard.name, shard.generation)) return true;
  return slices.length === 1 && rest.end === shard.end && shard.end === contiguousFrom(shard.stream, shard.generation);
}

function close(state: ShardsState, shard: Shard): void {
  state.openShards.delete(shard.id);
  const { open } = shard.stream;
  const index = open.indexOf(shard);
  if (index >= 0) open.splice(index, 1);
}

/**
 * All else the stream was given lies below its highest shard, and the slice at the end of that one was never issued. An ordered
 * stream may have it again; else every return would put the rest of its sequence out of reach.
 */
function lowerHigh(shard: Shard, slices: readonly Interval[]): void {
  const { stream } = shard;
  const rest = slices.at(-1);
  if (stream.highGeneration !== shard.generation || stream.high !== shard.end || rest?.end !== shard.end) return;
  stream.high = rest.start;
}

function addSlices(state: ShardsState, offset: number, record: ShardReturned, shard: Shard): void {
  const { name, generation, ordered, wholeOrder, gapless } = shard;
  for (const [index, slice] of record.slices.entries()) {
    addSource(state, {
      id: sourceId(offset, index),
      name,
      generation,
      ordered,
      wholeOrder,
      returned: true,
      ...(gapless && { gapless }),
      cursor: slice.start,
      end: slice.end,
    });
  }
}

/** Shards closed so far, remembered only where the simulator runs without the rule that a shard is closed once. */
const closedByState = new WeakMap<ShardsState, Map<number, Shard>>();

function closedForSimulator(state: ShardsState): Map<number, Shard> {
  let closed = closedByState.get(state);
  if (closed === undefined) {
    closed = new Map();
    closedByState.set(state, closed);
  }
  return closed;
}

function replayClosedReturn(state: ShardsState, offset: number, record: ShardReturned): Verdict {
  const shard = closedForSimulator(state).get(record.shard);
  if (shard === undefined || !areSortedSlicesOf(record.slices, shard)) return 'shard-not-open';
  addSlices(state, offset, record, shard);
  return 'accepted';
}

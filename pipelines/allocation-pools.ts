/**
 * What an allocator knows of pools: which lives are alive, which are lost, and which pool a stream stays with.
 */
import { owedLosses } from '../core/ledger/housekeeping.ts';
import type { Forecast, RefillOrder } from '../schemas/messages.ts';
import { type AllocationState, type Proposal, shardsProposal } from './allocation-state.ts';

/**
 * A life nobody told of its end is declared lost this many times later: it may be the next one, whose members event is still on
 * its way here while a faster allocator serves it already.
 */
const UNKNOWN_LIFE_FACTOR = 4;

/**
 * A stream stays with the pool it is assigned to while that one lives: two pools that both order must not pull it to and fro. It
 * moves when callers go on asking elsewhere, because some of them cannot reach its pool.
 */
export function staysElsewhere(state: AllocationState, { kind, stream, pool }: RefillOrder | Forecast, nowMs: number): boolean {
  // It speaks of what it cannot give any more: the owner of the slot is asked, and asks.
  if (!state.serves(pool, stream)) return true;
  const assigned = state.shards.streams.get(stream)?.pool;
  if (assigned === undefined || assigned === pool || !state.pools.has(assigned) || !state.serves(assigned, stream)) {
    state.askedElsewhere.delete(stream);
    return false;
  }
  if (kind === 'Forecast') return state.moveAfterMs > 0;
  // Nothing moves to a pool that is to be empty.
  if (state.draining.has(pool)) return true;
  const sinceMs = state.askedElsewhere.get(stream) ?? nowMs;
  state.askedElsewhere.set(stream, sinceMs);
  return nowMs - sinceMs < state.moveAfterMs;
}

/** The pool lives this life now: shards of its former lives are closed as lost. */
export function onPoolJoined(state: AllocationState, pool: string, incarnation: string, nowMs: number): Proposal[] {
  // A late copy of its event, or a replay of them all, must not end the living one.
  if (state.former.has(incarnation) && !isSpared(state, pool, incarnation)) return lossOfReturned(state, pool, incarnation, nowMs);
  const before = state.pools.get(pool);
  if (before !== incarnation) {
    if (before !== undefined) state.former.add(before);
    state.pools.set(pool, incarnation);
    state.joinedAtMs.set(pool, nowMs);
    state.gone.delete(pool);
    state.unknownSinceMs.delete(incarnation);
  }
  return lossesOf(state, pool, incarnation, nowMs);
}

/**
 * A pool that lives no other life may go on with one it had, as a primary that is in charge again after its copy was, or a pool that was silent
 * for a while: its stock is what it was unless the ledger has declared that life lost, or is about to because the pool was gone.
 */
function isSpared(state: AllocationState, pool: string, incarnation: string): boolean {
  if (state.pools.has(pool) || state.shards.lost.has(incarnation)) return false;
  if (state.gone.has(pool)) for (const shard of state.shards.openShards.values()) if (shard.incarnation === incarnation) return false;
  return state.former.delete(incarnation);
}

/**
 * A former life speaks although another one lives, and would never be given anything. Where there are no leases it is declared lost at once, with
 * or without stock, so that its filler has a new life begun. Where there are, it may have renewed them: losses of the pool wait for as long again,
 * and whichever of the two falls silent leaves the pool to the other.
 */
function lossOfReturned(state: AllocationState, pool: string, incarnation: string, nowMs: number): Proposal[] {
  if (!state.pools.has(pool) || state.shards.lost.has(incarnation)) return [];
  state.joinedAtMs.set(pool, nowMs);
  return state.orderLeaseMs > 0 ? [] : [shardsProposal(state, { kind: 'PoolLost', pool, incarnation, atMs: nowMs })];
}

/**
 * Losses of the former lives of a living pool. A life that nobody told of may be the next one, served by an allocator that has read further in
 * the members log: its time counts from when this reader first saw a shard of it, not from when the life before it joined.
 */
export function lossesOf(state: AllocationState, pool: string, incarnation: string, nowMs: number): Proposal[] {
  const aliveMs = nowMs - (state.joinedAtMs.get(pool) ?? nowMs);
  if (aliveMs < state.orderLeaseMs) return [];
  return lossesOfEnded(state, pool, incarnation, nowMs);
}

function lossesOfEnded(state: AllocationState, pool: string, living: string, nowMs: number): Proposal[] {
  const settlesAfterMs = Math.max(state.orderLeaseMs, UNKNOWN_LIFE_FACTOR * state.redecideMs);
  const isOver = (life: string): boolean => state.former.has(life) || nowMs - unknownSinceMs(state, life, nowMs) >= settlesAfterMs;
  const owed = owedLosses(state.shards, pool, living, nowMs);
  return owed.filter((loss) => isOver(loss.incarnation)).map((record) => shardsProposal(state, record));
}

function unknownSinceMs(state: AllocationState, life: string, nowMs: number): number {
  for (const known of state.unknownSinceMs.keys()) if (state.shards.lost.has(known)) state.unknownSinceMs.delete(known);
  const sinceMs = state.unknownSinceMs.get(life) ?? nowMs;
  state.unknownSinceMs.set(life, sinceMs);
  return sinceMs;
}

/** The pool stops taking stock in: nothing more is allocated to it until it joins again. */
export function onPoolLeft(state: AllocationState, pool: string, incarnation: string): void {
  if (state.pools.get(pool) === incarnation) state.pools.delete(pool);
}

/** The pool said nothing for longer than any lease it may have: what lies with it is lost, and it needs a new life to come back. */
export function onPoolGone(state: AllocationState, pool: string): void {
  const living = state.pools.get(pool);
  if (living !== undefined) state.former.add(living);
  state.pools.delete(pool);
  state.gone.add(pool);
}

/** Losses of a pool that is gone: all of its lives, but one that the ledger knows and the members log has not told of yet. */
export function lossesOfGone(state: AllocationState, pool: string, nowMs: number): Proposal[] {
  return lossesOfEnded(state, pool, '', nowMs);
}

/**
 * What an allocator proposes to the ledger: claims of ranges and cuts of shards, computed from the state it has folded. A proposal
 * that loses at the log changes nothing and is computed again from the state that won.
 */
import { RANGE_SIZE_MAX, RANGE_SIZE_MIN, SHARD_SIZE_MAX, SHARDS_PER_ORDER_MAX } from '../limits.ts';
import type { Claim, Generation, RangesState } from './ranges.ts';
import type { Decision, RangeClaimed, RangeOpened, ShardAllocated } from './records.ts';
import type { ShardsState, Source, StreamLedger } from './shards-state.ts';

/** A claim is this many times what is needed now: claims are two appends away, so they are made rarely and ahead. */
const CLAIM_FACTOR = 16;
/** Near the end of a shared generation a claim takes at most this part of what is left, so that every partition finds some. */
const CLAIM_SHARE_MIN = 4;

export interface CutOptions {
  readonly stream: StreamLedger;
  readonly name: string;
  readonly generation: number;
  readonly pool: string;
  readonly incarnation: string;
  readonly count: number;
  readonly decision: Decision;
}

export interface Cut {
  readonly records: readonly ShardAllocated[];
  /** Ordinals asked for that no open source has. */
  readonly missing: number;
}

/**
 * Cuts `count` ordinals for a stream into as few shards as its sources allow: returned slices before fresh ranges, so that the
 * sequence is used up before it is used on; ascending where the stream keeps an order.
 */
export function proposeShards(state: ShardsState, options: CutOptions): Cut {
  const records: ShardAllocated[] = [];
  let left = options.count;
  for (const source of chosenSources(state, options)) {
    if (left <= 0 || records.length === SHARDS_PER_ORDER_MAX) break;
    const size = Math.min(left, source.end - source.cursor, SHARD_SIZE_MAX);
    left -= size;
    records.push({
      kind: 'ShardAllocated',
      source: source.id,
      start: source.cursor,
      end: source.cursor + size,
      stream: options.stream.id,
      pool: options.pool,
      incarnation: options.incarnation,
      order: options.stream.lastOrder + records.length + 1,
      decision: options.decision,
    });
  }
  return { records, missing: left };
}

function chosenSources(state: ShardsState, options: CutOptions): Source[] {
  const usable = usableSources(state, options.stream, options.name, options.generation);
  if (usable[0]?.ordered === true) return usable.sort((a, b) => a.cursor - b.cursor);
  const slices = usable.filter((each) => each.returned);
  const ranges = usable.filter((each) => !each.returned);
  // The smallest slice that holds the whole order leaves the larger ones whole; without one, the largest first means few shards.
  slices.sort((a, b) => a.end - a.cursor - (b.end - b.cursor));
  const whole = slices.find((each) => each.end - each.cursor >= options.count);
  if (whole !== undefined) return [whole];
  return [...slices.reverse().slice(0, SHARDS_PER_ORDER_MAX - 1), ...ranges];
}

/** Sources this stream may be given shards from: of the generation, and for an ordered stream at or above its high ordinal. */
function usableSources(state: ShardsState, stream: StreamLedger | undefined, name: string, generation: number): Source[] {
  const usable: Source[] = [];
  const high = stream?.highGeneration === generation ? stream.high : 0;
  for (const source of state.sources.get(name)?.values() ?? []) {
    if (source.generation !== generation || (source.ordered && source.cursor < high)) continue;
    usable.push(source);
  }
  return usable;
}

/** Ordinals that could be cut for this stream (or any, without one) right now. */
export function usableOrdinals(state: ShardsState, stream: StreamLedger | undefined, name: string, generation: number): number {
  let total = 0;
  for (const source of usableSources(state, stream, name, generation)) total += source.end - source.cursor;
  return total;
}

/**
 * The next range of a generation for a partition, or undefined when every ordinal is claimed. `alone`: no other partition serves
 * this sequence, so nothing need be left for them.
 */
export function proposeClaim(generation: Generation, partition: number, needed: number, alone: boolean): RangeClaimed | undefined {
  const left = generation.capacity - generation.next;
  if (left <= 0) return undefined;
  const wanted = Math.min(Math.max(needed * CLAIM_FACTOR, RANGE_SIZE_MIN), RANGE_SIZE_MAX);
  const share = alone ? left : Math.max(needed, Math.ceil(left / CLAIM_SHARE_MIN));
  const size = Math.min(left, Math.max(wanted, needed), share);
  const { name, id, next } = generation;
  return { kind: 'RangeClaimed', name, generation: id, partition, start: next, end: next + size };
}

/** Accepted claims of a live generation that this partition may open and has not opened yet, oldest first. */
export function unopenedClaims(ranges: RangesState, state: ShardsState, name: string): Claim[] {
  const found: Claim[] = [];
  const live = ranges.live.get(name);
  for (const claim of ranges.claims.values()) {
    if (claim.name !== name || claim.partition !== state.partition || claim.generation !== live?.id) continue;
    if (!state.openedClaims.has(`${ranges.partition}:${claim.offset}`)) found.push(claim);
  }
  return found;
}

export function openOf(ranges: RangesState, claim: Claim): RangeOpened {
  return { kind: 'RangeOpened', claimPartition: ranges.partition, claimOffset: claim.offset };
}

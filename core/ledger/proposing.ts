/**
 * What an allocator proposes to the ledger: claims of ranges and cuts of shards, computed from the state it has folded. A proposal
 * that loses at the log changes nothing and is computed again from the state that won.
 */
import { RANGE_SIZE_MAX, RANGE_SIZE_MIN, SHARD_SIZE_MAX, SHARDS_PER_ORDER_MAX } from '../limits.ts';
import { sharedStreamId } from '../stream.ts';
import type { Claim, Generation, RangesState } from './ranges.ts';
import type { Decision, RangeClaimed, RangeOpened, ShardAllocated } from './records.ts';
import type { ShardsState, Source, StreamLedger } from './shards-state.ts';

/** A claim is this many times what is needed now: claims are two appends away, so they are made rarely and ahead. */
const CLAIM_FACTOR = 16;
/** Near the end of a shared generation a claim takes at most this part of what is left, so that every partition finds some. */
const CLAIM_SHARE_MIN = 4;

/**
 * Where this allocator's own proposals, not read back yet, will have moved the cursors of sources to: further cuts begin there, so
 * that decisions need not wait for each other. Whatever loses at the log is thrown away with everything built on it.
 */
export type CursorsAhead = Map<number, number>;

export interface CutOptions {
  readonly stream: StreamLedger;
  readonly name: string;
  readonly generation: number;
  readonly pool: string;
  readonly incarnation: string;
  readonly count: number;
  readonly decision: Decision;
  readonly ahead?: CursorsAhead;
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
  let last: number | undefined;
  for (const source of chosenSources(state, options)) {
    if (left <= 0 || records.length === SHARDS_PER_ORDER_MAX) break;
    // Sources come in ascending order: behind a hole nothing may be cut yet.
    if (source.gapless === true && source.cursor !== (last ?? source.cursor)) break;
    const size = Math.min(left, source.end - source.cursor, SHARD_SIZE_MAX);
    left -= size;
    const end = source.cursor + size;
    last = end;
    options.ahead?.set(source.id, end);
    records.push({
      kind: 'ShardAllocated',
      source: source.id,
      start: source.cursor,
      end,
      stream: options.stream.id,
      pool: options.pool,
      incarnation: options.incarnation,
      order: options.stream.lastOrder + records.length + 1,
      decision: options.decision,
    });
  }
  return { records, missing: left };
}

function chosenSources(state: ShardsState, options: CutOptions): UsableSource[] {
  const usable = usableSources(state, options);
  if (usable[0]?.ordered === true) return usable.sort((a, b) => a.cursor - b.cursor);
  const slices = usable.filter((each) => each.returned);
  const ranges = usable.filter((each) => !each.returned);
  // The smallest slice that holds the whole order leaves the larger ones whole; without one, the largest first means few shards.
  slices.sort((a, b) => a.end - a.cursor - (b.end - b.cursor));
  const whole = slices.find((each) => each.end - each.cursor >= options.count);
  if (whole !== undefined) return [whole];
  return [...slices.reverse().slice(0, SHARDS_PER_ORDER_MAX - 1), ...ranges];
}

/** A source with the cursor a cut would begin at. */
type UsableSource = Pick<Source, 'id' | 'ordered' | 'returned' | 'gapless' | 'cursor' | 'end'>;

export interface UsableOptions {
  /** Undefined for a stream that never had a shard. */
  readonly stream: StreamLedger | undefined;
  readonly name: string;
  readonly generation: number;
  readonly ahead?: CursorsAhead;
}

/** Sources this stream may be given shards from: of the generation, and for an ordered stream at or above its high ordinal. */
function usableSources(state: ShardsState, { stream, name, generation, ahead }: UsableOptions): UsableSource[] {
  const usable: UsableSource[] = [];
  const high = stream?.highGeneration === generation ? stream.high : 0;
  // Before its first shard a stream is not known here; whoever asks then asks for the right one.
  const isShared = stream === undefined || stream.id === sharedStreamId(name);
  for (const { id, generation: of, ordered, wholeOrder, returned, gapless, cursor: folded, end } of state.sources.get(name)?.values() ??
    []) {
    const cursor = Math.max(folded, ahead?.get(id) ?? 0);
    if (of !== generation || cursor >= end || (ordered && cursor < high) || (wholeOrder && !isShared)) continue;
    usable.push({ id, ordered, returned, ...(gapless && { gapless }), cursor, end });
  }
  return usable;
}

/** Ordinals that could be cut for this stream right now. */
export function usableOrdinals(state: ShardsState, options: UsableOptions): number {
  let total = 0;
  for (const source of usableSources(state, options)) total += source.end - source.cursor;
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
  const size = Math.min(left, wanted, share);
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

/**
 * How ordinals come into a partition and are cut: opening a claimed range, cutting a shard at a source's cursor, fencing off an
 * older generation.
 */
import { SHARD_SIZE_MAX } from '../limits.ts';
import { isRegistered } from '../pool-kind.ts';
import { sharedStreamId } from '../stream.ts';
import { GAPLESS_LEVEL } from './ranges.ts';
import type { GenerationFenced, RangeOpened, ShardAllocated } from './records.ts';
import {
  addSource,
  contiguousFrom,
  isHeldByOtherLife,
  type RangesLookup,
  type ShardsState,
  type Source,
  sourceId,
} from './shards-state.ts';
import type { Verdict } from './verdict.ts';

export function replayOpened(state: ShardsState, offset: number, record: RangeOpened, ranges: RangesLookup): Verdict {
  const log = ranges(record.claimPartition);
  // The claim stands in the ranges log before it could be named here, so waiting for it cannot deadlock.
  if (log.nextOffset <= record.claimOffset) return 'wait';
  const claim = log.claims.get(record.claimOffset);
  if (claim === undefined) return 'claim-not-accepted';
  if (claim.partition !== state.partition) return 'claim-of-other-partition';
  const key = `${record.claimPartition}:${record.claimOffset}`;
  // A second copy would be a fresh cursor at the range's start: everything cut so far would be cut again.
  if (state.rules.logArbitration && state.openedClaims.has(key)) return 'claim-opened-before';
  const { name, generation, start, end } = claim;
  const min = state.minGeneration.get(name) ?? -1;
  if (generation < min) return 'generation-fenced';
  const definition = log.generations.get(generation)?.definition;
  // What a database gives out follows each other without a gap, whatever is promised of the values.
  const gapless = definition !== undefined && isRegistered(definition);
  if (gapless && state.level < GAPLESS_LEVEL) return 'level-too-low';
  state.openedClaims.add(key);
  if (generation > min) fence(state, name, generation);
  // Without a gap is the strictest order: of one stream, and from where the last shard ends.
  const ordered = gapless || definition?.order !== 'none';
  const wholeOrder = gapless || definition?.order === 'sequence';
  const id = sourceId(offset, 0);
  addSource(state, { id, name, generation, ordered, wholeOrder, returned: false, ...(gapless && { gapless }), cursor: start, end });
  return 'accepted';
}

export function replayFenced(state: ShardsState, record: GenerationFenced): Verdict {
  if (record.generation <= (state.minGeneration.get(record.name) ?? -1)) return 'not-newer-than-fence';
  fence(state, record.name, record.generation);
  return 'accepted';
}

function fence(state: ShardsState, name: string, generation: number): void {
  state.minGeneration.set(name, generation);
  const sources = state.sources.get(name);
  if (sources === undefined) return;
  for (const source of sources.values()) {
    if (source.generation < generation) sources.delete(source.id);
  }
}

export function replayAllocated(state: ShardsState, offset: number, record: ShardAllocated): Verdict {
  const stream = state.streams.get(record.stream);
  if (stream === undefined || stream.pool !== record.pool) return 'other-pool';
  // One order is answered once: a second answer to it names a number that is not next any more.
  if (record.order !== stream.lastOrder + 1) return 'order-not-next';
  if (state.lost.has(record.incarnation)) return 'incarnation-lost';
  const name = record.stream.slice(0, record.stream.indexOf('/'));
  const source = state.sources.get(name)?.get(record.source);
  if (source === undefined) return 'no-such-source';
  if (state.rules.logArbitration && record.start !== source.cursor) return 'not-at-cursor';
  if (record.end <= record.start) return 'shard-empty';
  if (record.end > source.end) return 'beyond-source';
  if (record.end - record.start > SHARD_SIZE_MAX) return 'shard-too-large';
  // Two streams of one sequence would rise each for itself, and not together.
  if (source.wholeOrder && record.stream !== sharedStreamId(name)) return 'not-the-shared-stream';
  const sameGeneration = stream.highGeneration === source.generation;
  if (source.gapless === true) {
    if (record.start !== contiguousFrom(stream, source.generation)) return 'not-contiguous';
    if (state.lives.get(record.pool)?.life !== record.incarnation) return 'not-the-current-life';
  }
  if (source.ordered && sameGeneration && record.start < stream.high) return 'out-of-order';
  // The pool the stream left, or the life before this one, may still issue lower ordinals than these.
  if (source.ordered && isHeldByOtherLife(stream, record.incarnation)) return 'held-by-other-life';
  stream.lastOrder = record.order;
  stream.high = sameGeneration ? Math.max(stream.high, record.end) : record.end;
  stream.highGeneration = source.generation;
  const shard = {
    id: offset,
    name,
    generation: source.generation,
    ordered: source.ordered,
    wholeOrder: source.wholeOrder,
    ...(source.gapless && { gapless: source.gapless }),
    stream,
    pool: record.pool,
    incarnation: record.incarnation,
    order: record.order,
    decision: record.decision,
    recalled: false,
    start: record.start,
    end: record.end,
  };
  stream.open.push(shard);
  state.openShards.set(offset, shard);
  advance(state, source, record.end);
  return 'accepted';
}

function advance(state: ShardsState, source: Source, cursor: number): void {
  source.cursor = cursor;
  if (cursor >= source.end) state.sources.get(source.name)?.delete(source.id);
}

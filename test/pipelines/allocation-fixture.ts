/**
 * An allocator of one partition beside the logs it writes to: what it proposes is shown in a few words, and lands in the logs when a
 * test says so. The sequence is `s`, its pool `pool` in the life `life-1`.
 */

import { emptyRanges, type RangesState, replayRanges } from '../../core/ledger/ranges.ts';
import type { LedgerRecord, RangesRecord } from '../../core/ledger/records.ts';
import { replayShards } from '../../core/ledger/shards.ts';
import { emptyShards, type ShardsState } from '../../core/ledger/shards-state.ts';
import type { Verdict } from '../../core/ledger/verdict.ts';
import { defineSequence, type SequenceAttributes } from '../../core/sequence.ts';
import { type AllocationState, emptyAllocation, onJudged, onLedgerMoved, onPoolJoined, type Proposal } from '../../pipelines/allocation.ts';
import type { Forecast, HorizonForecast, RefillOrder } from '../../schemas/messages.ts';

export const STREAM = 's/web/api';
export const OTHER = 's/mobile/api';
export const POOL = 'pool';
export const LIFE = 'life-1';
export const NOW = 1_000_000;
export const REDECIDE_MS = 250;

export interface Bench {
  readonly state: AllocationState;
  readonly ranges: RangesState;
  readonly shards: ShardsState;
}

/** An allocator that knows the living pool, of a sequence with these attributes. */
export function bench(attributes: SequenceAttributes = {}, options: { readonly orderLeaseMs?: number } = {}): Bench {
  const ranges = emptyRanges(0);
  const shards = emptyShards(0);
  const state = emptyAllocation({ shards, ranges: () => ranges, partitionCount: 1, ...options });
  const made = { state, ranges, shards };
  append(made, { kind: 'SequenceDefined', name: 's', previous: -1, definition: defineSequence(attributes) });
  onPoolJoined(state, POOL, LIFE, NOW - 10 * REDECIDE_MS);
  return made;
}

/** Folds one record at the end of its log, as the reader of this allocator would. */
export function append({ state, ranges, shards }: Bench, record: LedgerRecord): Verdict {
  if (isOfRanges(record)) return replayRanges(ranges, ranges.nextOffset, record);
  const verdict = replayShards(shards, shards.nextOffset, record, () => ranges);
  onJudged(state, record, verdict);
  return verdict;
}

/** Reads proposals back, in order, and says how each was judged. */
export function land(made: Bench, proposals: readonly Proposal[]): Verdict[] {
  return proposals.map(({ record }) => append(made, record));
}

/** Reads proposals back and those that follow from them, until nothing follows; shows all of them. */
export function settle(made: Bench, proposals: readonly Proposal[], nowMs: number = NOW): string[] {
  const all: string[] = [];
  for (let round = 0, next = proposals; next.length > 0; round++) {
    if (round === 50) throw new Error(`no end to it: ${all.join(', ')}`);
    all.push(...shown(next));
    land(made, next);
    next = onLedgerMoved(made.state, nowMs);
  }
  return all;
}

/** What is proposed, in a few words each. */
export function shown(proposals: readonly Proposal[]): string[] {
  return proposals.map(({ record }) => {
    switch (record.kind) {
      case 'RangeClaimed':
        return `claim [${record.start}, ${record.end})`;
      case 'RangeOpened':
        return `open ${record.claimOffset}`;
      case 'StreamAssigned':
        return `assign ${record.stream} ${record.pool} ${record.assignment}`;
      case 'ShardAllocated':
        return `shard ${record.order} [${record.start}, ${record.end})`;
      case 'ShardRecalled':
        return `recall ${record.shard} ${record.because}`;
      case 'GenerationFenced':
        return `fence ${record.generation}`;
      case 'PoolLost':
        return `lost ${record.incarnation}`;
      default:
        return record.kind;
    }
  });
}

/** A sequence whose stream holds shards of these sizes, the last one at `[…, end)`; says the offsets of the shards. */
export function holding(made: Bench, stream: string, ...sizes: readonly number[]): number[] {
  const { ranges, shards } = made;
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const { next } = ranges.live.get('s') as { next: number };
  append(made, { kind: 'RangeClaimed', name: 's', generation: 0, partition: 0, start: next, end: next + total });
  const source = shards.nextOffset * 256;
  append(made, { kind: 'RangeOpened', claimPartition: 0, claimOffset: ranges.nextOffset - 1 });
  const assigned = shards.streams.get(stream);
  if (assigned === undefined) append(made, { kind: 'StreamAssigned', stream, pool: POOL, assignment: 1 });
  const offsets: number[] = [];
  let start = next;
  for (const size of sizes) {
    const order = (shards.streams.get(stream)?.lastOrder ?? 0) + 1;
    const decision = {
      trigger: 'order',
      position: 0,
      reorderPoint: 32,
      orderUpTo: 100,
      rate: 1,
      reserve: 'floor',
      forecastAtMs: 0,
      decidedAtMs: 0,
    } as const;
    const sourceOf = [...(shards.sources.get('s')?.values() ?? [])].find((each) => each.cursor === start)?.id ?? source;
    offsets.push(shards.nextOffset);
    append(made, {
      kind: 'ShardAllocated',
      source: sourceOf,
      start,
      end: start + size,
      stream,
      pool: POOL,
      incarnation: LIFE,
      order,
      decision,
    });
    start += size;
  }
  return offsets;
}

export function orderOf(report: Partial<RefillOrder> = {}): RefillOrder {
  return {
    kind: 'RefillOrder',
    stream: STREAM,
    pool: POOL,
    incarnation: LIFE,
    atMs: NOW,
    seenOffset: -1,
    stock: 0,
    waiting: 0,
    fastRate: 0,
    exact: false,
    ...report,
  };
}

export function forecastOf(report: Partial<Forecast> = {}): Forecast {
  return {
    kind: 'Forecast',
    stream: STREAM,
    pool: POOL,
    incarnation: LIFE,
    model: 'test@1',
    cutoffMs: NOW,
    rate: 0,
    meanSqrtRate: 0,
    requestSize: 1,
    leadTimeMs: 1_000,
    stock: 0,
    waiting: 0,
    seenOffset: -1,
    horizons: [],
    shardSize: 1,
    experts: [],
    ...report,
  };
}

/** A horizon whose demand is certain. */
export function demandOf(demand: number, horizonMs = 1_000): HorizonForecast {
  return { horizonMs, median: demand, upper: demand, cap: demand, insured: demand };
}

function isOfRanges(record: LedgerRecord): record is RangesRecord {
  const ofRanges: readonly LedgerRecord['kind'][] = ['SequenceDefined', 'SequenceRebased', 'SequenceDropped', 'RangeClaimed'];
  return ofRanges.includes(record.kind);
}

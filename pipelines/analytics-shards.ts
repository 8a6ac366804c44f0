/**
 * What a record of the shards log did to shards, as rows of the archive. A record is judged by the ledger's own rules first: one that is
 * rejected did nothing, however often it was appended, and has no row.
 */
import { totalSize } from '../core/interval.ts';
import type { RangesState } from '../core/ledger/ranges.ts';
import type { Decision, ShardsRecord } from '../core/ledger/records.ts';
import { replayShards } from '../core/ledger/shards.ts';
import type { Shard, ShardsState } from '../core/ledger/shards-state.ts';
import type { Verdict } from '../core/ledger/verdict.ts';
import { valueAt } from '../core/sequence.ts';
import { partitionOf } from '../core/stream.ts';
import type { ArchiveRow } from './ports.ts';

/** A row of some table; the archive keeps rows by the sequence they belong to. */
export interface SequenceRow {
  readonly sequence: string;
  readonly row: ArchiveRow;
}

export interface ShardRecordAt {
  readonly offset: number;
  /** The log's time. */
  readonly atMs: number;
  readonly record: ShardsRecord;
}

/** What one record says of one shard: `size` ordinals were allocated, recalled, given back, burnt or lost. */
interface Happening {
  readonly event: 'allocated' | 'recalled' | 'returned' | 'burnt' | 'lost';
  readonly shard: Shard;
  readonly size: number;
  readonly because?: string;
}

/** Folds the record into `state`; `ranges` are those of all partitions, at least as far as the record may name claims. */
export function foldShardRecord(
  state: ShardsState,
  ranges: readonly RangesState[],
  at: ShardRecordAt,
): { readonly verdict: Verdict; readonly rows: SequenceRow[] } {
  const before = endedBy(state, at.record);
  const verdict = replayShards(state, at.offset, at.record, (partition) => ranges[partition] as RangesState);
  if (verdict !== 'accepted') return { verdict, rows: [] };
  const allocated = at.record.kind === 'ShardAllocated' ? state.openShards.get(at.offset) : undefined;
  const happenings = allocated === undefined ? before : [happened('allocated', allocated)];
  return { verdict, rows: happenings.map((happening) => rowOf(state.partition, ranges, at, happening)) };
}

/** What the record will have done to the shards that are open now, if it is accepted. */
function endedBy(state: ShardsState, record: ShardsRecord): Happening[] {
  if (record.kind === 'PoolLost') {
    const lost = [...state.openShards.values()].filter((shard) => shard.incarnation === record.incarnation);
    return lost.map((shard) => happened('lost', shard));
  }
  if (record.kind !== 'ShardRecalled' && record.kind !== 'ShardReturned' && record.kind !== 'ShardBurned') return [];
  const shard = state.openShards.get(record.shard);
  if (shard === undefined) return [];
  if (record.kind === 'ShardRecalled') return [{ ...happened('recalled', shard), because: record.because }];
  if (record.kind === 'ShardReturned') return [{ event: 'returned', shard, size: totalSize(record.slices) }];
  return [{ event: 'burnt', shard, size: shard.end - record.from }];
}

function happened(event: Happening['event'], shard: Shard): Happening {
  return { event, shard, size: shard.end - shard.start };
}

function rowOf(
  partition: number,
  ranges: readonly RangesState[],
  at: ShardRecordAt,
  { event, shard, size, because }: Happening,
): SequenceRow {
  const { name, generation, start, end } = shard;
  const definition = ranges[partitionOf(name, ranges.length)]?.generations.get(generation)?.definition;
  const row: ArchiveRow = {
    at_ms: at.atMs,
    event,
    stream: shard.stream.id,
    pool: shard.pool,
    incarnation: shard.incarnation,
    log_partition: partition,
    record_offset: at.offset,
    shard: shard.id,
    generation,
    start_ordinal: start,
    end_ordinal: end,
    size,
    first_value: definition === undefined ? null : valueAt(definition, start),
    last_value: definition === undefined ? null : valueAt(definition, end - 1),
    because: because ?? null,
    ...(event === 'allocated' ? { order_number: shard.order, ...decisionColumns(shard.decision) } : {}),
  };
  return { sequence: name, row };
}

function decisionColumns(decision: Decision): ArchiveRow {
  return {
    trigger: decision.trigger,
    stock_position: decision.position,
    reorder_point: decision.reorderPoint,
    order_up_to: decision.orderUpTo,
    rate: decision.rate,
    reserve: decision.reserve,
    forecast_at_ms: decision.forecastAtMs,
    decided_at_ms: decision.decidedAtMs,
  };
}

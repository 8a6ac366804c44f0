/**
 * A stream as the pool serves it: its stock, its meter, its waiting callers, and when it orders.
 */

import { type ChosenKind, firstKind, type Guarantees } from '../../../core/pool-kind.ts';
import type { StreamStock } from '../../../core/stock/stock-state.ts';
import { partitionOf, sequenceOfStream } from '../../../core/stream.ts';
import { newUsage, type UsageMemory } from '../../../core/usage.ts';
import type { Meter } from '../../../pipelines/consumption.ts';
import type { StockCursor } from '../../../pipelines/ports.ts';
import { Waiters } from './waiters.ts';

export interface ServedStream {
  readonly id: string;
  readonly sequence: string;
  /** Shards partition the stream's allocations come from. */
  readonly partition: number;
  readonly stock: StreamStock;
  readonly meter: Meter;
  readonly waiters: Waiters;
  readonly usage: UsageMemory;
  /** Kind of pool, and why. */
  chosen: ChosenKind;
  /** False where nothing is ordered that nobody waits for: each call is cut its own range, or nobody has called for long. */
  keepsStock: boolean;
  /** When it gave its stock back because nobody called; `Infinity` where it did not. */
  restingSinceMs: number;
  /** Clock time of the last call. */
  askedAtMs: number;
  /** Told by the allocator with every shard; the pool orders when its position reaches it. */
  reorderPoint: number;
  orderUpTo: number;
  leadTimeMs: number;
  allocations: number;
  /** Monotonic time of the order on its way, or -Infinity. */
  orderedAtMs: number;
  orderedWaiting: number;
  /** Values that a job will take after those it waits for: ordered with them, counted as waited for. */
  later: number;
  /** Exhausted shards that are kept because blocks of them are out. */
  exhaustedKept: number;
  /** Clock time of the last order: the lead time counts from here. */
  orderClockMs: number;
  rangesPartition(partitionCount: number): number;
  totalCalls(): number;
  cursors(): StockCursor[];
}

/** What is promised of a stream before its sequence was looked up. */
const UNKNOWN: Guarantees = { guarantee: 'unique', durability: 'stock', pool: 'auto' };

export function servedStream(id: string, partition: number, stock: StreamStock, meter: Meter, reorderPoint: number): ServedStream {
  const sequence = sequenceOfStream(id);
  const nowMs = meter.lastReportMs;
  return {
    id,
    sequence,
    partition,
    stock,
    meter,
    waiters: new Waiters(),
    usage: newUsage(nowMs),
    chosen: firstKind(UNKNOWN, nowMs),
    keepsStock: true,
    restingSinceMs: Number.POSITIVE_INFINITY,
    askedAtMs: nowMs,
    reorderPoint,
    orderUpTo: 0,
    leadTimeMs: 0,
    allocations: 0,
    orderedAtMs: Number.NEGATIVE_INFINITY,
    orderedWaiting: 0,
    later: 0,
    exhaustedKept: 0,
    orderClockMs: 0,
    rangesPartition: (partitionCount) => partitionOf(sequence, partitionCount),
    totalCalls: () => meter.totals.requests,
    cursors: () => cursorsOfStream(stock),
  };
}

/** Only what the stream holds now: queue and exhausted shards, not the whole pool. */
function cursorsOfStream(stock: StreamStock): StockCursor[] {
  const cursors: StockCursor[] = [];
  for (const shards of [stock.queue, stock.exhausted]) {
    for (const shard of shards) {
      const { generation, partition, start, end, cursor, recycled, revoked } = shard;
      cursors.push({ stream: shard.stream, generation, partition, shard: shard.shard, start, end, cursor, recycled, revoked });
    }
  }
  return cursors;
}

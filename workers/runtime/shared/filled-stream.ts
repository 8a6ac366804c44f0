/** A stream as the filler of a shared stock sees it: what the store said of it last, and when it orders. */
import { RESERVE_FLOOR } from '../../../core/sizing/reserve.ts';
import { sequenceOfStream } from '../../../core/stream.ts';
import { type Meter, newMeter } from '../../../pipelines/consumption.ts';
import type { OrderingStream } from '../pool/refill-orders.ts';

export interface FilledStream extends OrderingStream {
  readonly sequence: string;
  readonly meter: Meter;
  readonly stock: { available: number };
  readonly waiters: { values: number };
  seenOffset: number;
  allocations: number;
  /** Reorder point that the store was told last. */
  toldReorderPoint: number;
}

export function filledStream(id: string, partition: number, nowMs: number): FilledStream {
  return {
    id,
    sequence: sequenceOfStream(id),
    partition,
    meter: newMeter(id, nowMs),
    stock: { available: 0 },
    waiters: { values: 0 },
    seenOffset: -1,
    reorderPoint: RESERVE_FLOOR,
    toldReorderPoint: -1,
    orderUpTo: 0,
    leadTimeMs: 0,
    allocations: 0,
    orderedAtMs: Number.NEGATIVE_INFINITY,
    orderedWaiting: 0,
    orderClockMs: 0,
  };
}

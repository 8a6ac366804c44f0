/**
 * What happens here, for whoever wants to listen within the process: channels of node:diagnostics_channel. A message is made only when
 * somebody subscribes, so a channel that nobody hears costs one comparison. docs/reference/channels.md says what the messages have.
 */
import { type Channel, channel } from 'node:diagnostics_channel';
import type { ShardToLoad } from '../../../pipelines/ports.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import { entered } from './span-in-hand.ts';

/** An answered call for values. */
export const NEXT = channel('seqcast.next');
/** A call that has to wait for an allocation. */
const STALL = channel('seqcast.stall');
/** A shard that the ledger gave to a stream. */
const ALLOCATION = channel('seqcast.allocation');
/** A shard that came into a stock. */
const FILL = channel('seqcast.fill');
/** A shard that the ledger took back, or closed as issued whole. */
const RETURN = channel('seqcast.return');
/** A life of a pool that may write no more. */
const FENCE = channel('seqcast.fence');

/** Every channel, for the page and its test. */
export const CHANNELS: readonly Channel[] = [NEXT, STALL, ALLOCATION, FILL, RETURN, FENCE];

/** To be called where `NEXT.hasSubscribers`. */
export function publishNext(stream: { readonly id: string; readonly sequence: string }, count: number, stalled: boolean): void {
  NEXT.publish({ sequence: stream.sequence, stream: stream.id, count, stalled });
}

export function publishStall(stream: { readonly id: string; readonly sequence: string }, count: number): void {
  if (STALL.hasSubscribers) entered(() => STALL.publish({ sequence: stream.sequence, stream: stream.id, count }));
}

export function publishFill({ sequence, stream, partition, shard, start, end }: ShardToLoad): void {
  if (FILL.hasSubscribers) FILL.publish({ sequence, stream, partition, shard, count: end - start });
}

export function publishFence(pool: string, life: string): void {
  if (FENCE.hasSubscribers) FENCE.publish({ pool, life });
}

/** Publishes what the ledger accepts from now on, as this process reads it back. */
export function publishLedger(reader: LedgerReader): void {
  reader.listen({
    onShards: ({ partition }, offset, record, verdict, live) => {
      if (!live || verdict !== 'accepted') return;
      if (record.kind === 'ShardAllocated' && ALLOCATION.hasSubscribers) {
        const { stream, pool, order, start, end } = record;
        ALLOCATION.publish({ stream, pool, order, partition, shard: offset, count: end - start });
      } else if (record.kind === 'ShardReturned' && RETURN.hasSubscribers) {
        const count = record.slices.reduce((sum, { start, end }) => sum + end - start, 0);
        RETURN.publish({ partition, shard: record.shard, count });
      } else if (record.kind === 'PoolLost') publishFence(record.pool, record.incarnation);
    },
  });
}

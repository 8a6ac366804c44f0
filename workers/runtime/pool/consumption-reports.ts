/** What the pool reports of its streams, encoded, by partition of the consumption topic. */
import { type MeterOptions, report } from '../../../pipelines/consumption.ts';
import type { Clock } from '../../../pipelines/ports.ts';
import { encode } from '../../../schemas/codec.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import type { ServedStream } from './served-stream.ts';

export interface ReportOptions {
  readonly name: string;
  readonly incarnation: string;
  readonly reader: LedgerReader;
  readonly clock: Clock;
  readonly meter: MeterOptions;
  readonly reportIntervalMs: number;
}

export function consumptionRecords(streams: Iterable<ServedStream>, options: ReportOptions): Map<number, Uint8Array[]> {
  const { name: pool, incarnation, reader, clock, meter, reportIntervalMs } = options;
  const nowMs = clock.nowMs();
  const byPartition = new Map<number, Uint8Array[]>();
  for (const served of streams) {
    const { partition, stock, waiters, later } = served;
    const waiting = waiters.values + later;
    const seenOffset = (reader.shards[partition]?.nextOffset ?? 0) - 1;
    const state = { pool, incarnation, nowMs, stock: stock.available, waiting, seenOffset, cursors: served.cursors() };
    const event = report(served.meter, state, reportIntervalMs, meter);
    if (event === undefined) continue;
    const records = byPartition.get(partition);
    if (records === undefined) byPartition.set(partition, [encode(event)]);
    else records.push(encode(event));
  }
  return byPartition;
}

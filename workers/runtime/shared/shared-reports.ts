/** Consumption events of a shared stock: the store numbers them and says which cursors moved, the filler adds what it counted. */
import { eventOf, isReportDue, LIVE_METER } from '../../../pipelines/consumption.ts';
import type { Clock, EventLog, SharedStock } from '../../../pipelines/ports.ts';
import { encode } from '../../../schemas/codec.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import type { PendingAppends } from '../process/pending-appends.ts';
import type { FilledStream } from './filled-stream.ts';

const REPORT_INTERVAL_MS = 1_000;
/** Streams whose cursors are asked for at a time: the store answers nobody else meanwhile. */
const STREAMS_PER_REPORT_MAX = 200;

export interface SharedReports {
  readonly streams: Iterable<FilledStream>;
  readonly pool: string;
  readonly incarnation: string;
  readonly clock: Clock;
  readonly stock: SharedStock;
  readonly log: EventLog;
  readonly sending: PendingAppends;
}

/** Rejects when the store does not answer: then the spans go on, and the next report covers them. */
export async function sendReports({ streams, pool, incarnation, clock, stock, log, sending }: SharedReports): Promise<void> {
  const due = [...streams].filter(({ meter }) => isReportDue(meter, clock.nowMs(), REPORT_INTERVAL_MS));
  for (let from = 0; from < due.length; from += STREAMS_PER_REPORT_MAX) {
    const some = new Map(due.slice(from, from + STREAMS_PER_REPORT_MAX).map((served) => [served.id, served]));
    const byPartition = new Map<number, Uint8Array[]>();
    for (const { stream, sequenceNumber, cursors } of await stock.report([...some.keys()])) {
      const served = some.get(stream);
      if (served === undefined) continue;
      const { meter, partition, seenOffset } = served;
      const state = { pool, incarnation, nowMs: clock.nowMs(), stock: served.stock.available, waiting: served.waiters.values, seenOffset };
      const record = encode(eventOf(meter, state, { sequenceNumber, cursors }, LIVE_METER));
      const records = byPartition.get(partition);
      if (records === undefined) byPartition.set(partition, [record]);
      else records.push(record);
    }
    for (const [partition, records] of byPartition) sending.add(log.append({ topic: TOPICS.consumption.name, partition, records }));
  }
}

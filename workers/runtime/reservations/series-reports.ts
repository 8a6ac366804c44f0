/** What the transaction pool reports of its series, as any pool does of its streams: what was asked for, and what was given out for good. */
import { type MeterOptions, report } from '../../../pipelines/consumption.ts';
import type { Clock, EventLog } from '../../../pipelines/ports.ts';
import { encode } from '../../../schemas/codec.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import type { PendingAppends } from '../process/pending-appends.ts';
import type { ServedSeries } from './served-series.ts';

/** Demand is reported in spans of at least a second. */
const REPORT_INTERVAL_MS = 1_000;

export interface SeriesReports {
  readonly pool: string;
  readonly incarnation: string;
  readonly clock: Clock;
  readonly meter: MeterOptions;
  readonly log: EventLog;
  readonly sending: PendingAppends;
}

/** Appends the events that are due. The store of the pool knows the cursors, and the audit asks it. */
export function reportSeries(all: Iterable<ServedSeries>, { pool, incarnation, clock, meter, log, sending }: SeriesReports): void {
  const intervalMs = Math.max(REPORT_INTERVAL_MS, meter.resolutionMs);
  const nowMs = clock.nowMs();
  for (const { isEnded, partition, stock, waiters, seenOffset, meter: counted } of all) {
    if (isEnded) continue;
    const state = { pool, incarnation, nowMs, stock: stock.available, waiting: waiters.values, seenOffset, cursors: [] };
    const event = report(counted, state, intervalMs, meter);
    if (event === undefined) continue;
    sending.add(log.append({ topic: TOPICS.consumption.name, partition, records: [encode(event)] }));
  }
}

/** A barrier: what the shards ledger held at the moment of the question has been folded by this process. */
import type { EventLog } from '../../../pipelines/ports.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { until } from '../process/until.ts';
import type { LedgerReader } from './ledger-reader.ts';

/** As long as a lease lasts: whoever waits longer has nothing left to wait for. */
const WAIT_MS_MAX = 5_000;

export interface CaughtUpOptions {
  readonly log: Pick<EventLog, 'endOffset'>;
  readonly reader: Pick<LedgerReader, 'shards'>;
  readonly monotonicMs: () => number;
}

/** Rejects with `SEQ_WAIT_TIMEOUT` where the reader is behind for too long, or with what the log says. */
export async function shardsCaughtUp({ log, reader, monotonicMs }: CaughtUpOptions): Promise<void> {
  const ends = await Promise.all(reader.shards.map(({ partition }) => log.endOffset(TOPICS.shards.name, partition)));
  await until({
    holds: () => reader.shards.every(({ nextOffset }, at) => nextOffset >= (ends[at] ?? 0)),
    ...{ monotonicMs, waitMsMax: WAIT_MS_MAX, otherwise: 'this process is behind the ledger' },
  });
}

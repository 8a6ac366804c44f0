/**
 * What was reported of one shard about one ordinal, read out of the consumption log when somebody asks: from the moment the shard was
 * allocated to the event that says that the ordinal was issued. A process that is asked seldom need not fold, and remember, what thirty days
 * of reports said of every shard.
 */
import type { EventLog } from '../../../pipelines/ports.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { batchesFrom, offsetAt } from '../analytics/log-span.ts';
import { readable } from '../ledger/dead-letters.ts';
import { inTurns } from '../ledger/ledger-entries.ts';
import type { IndexedShard } from './partition-index.ts';
import type { Report } from './shard-run.ts';

/** The clocks of whoever decides and of whoever stamps the log may be so far apart. */
const CLOCKS_APART_MS = 60_000;

/** The shard with the report that covers the ordinal, or with its last one where none does. */
export async function withAskedReport(log: EventLog, shard: IndexedShard, ordinal: number): Promise<IndexedShard> {
  const { partition, shard: id, stream, decidedAtMs } = shard;
  const place = { log, topic: TOPICS.consumption.name, partition };
  const end = await log.endOffset(place.topic, partition);
  const from = await offsetAt(place, decidedAtMs - CLOCKS_APART_MS);
  const name = Buffer.from(stream, 'utf8');
  let report: Report | undefined;
  for await (const entries of batchesFrom(place, from, end)) {
    for await (const some of inTurns(entries)) {
      // Most events are of other streams: their bytes are looked through much faster than they are decoded.
      const own = some.filter(({ bytes }) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(name));
      for (const event of readable(TOPICS.consumption, own, () => undefined)) {
        if (event.kind !== 'ConsumptionEvent') continue;
        const cursor = event.cursors.find((each) => each.partition === partition && each.shard === id);
        if (cursor === undefined || cursor.to < (report?.to ?? 0)) continue;
        report = { from: cursor.from, to: cursor.to, fromMs: event.fromMs, toMs: event.toMs };
        if (ordinal < cursor.to) return { ...shard, report };
      }
    }
  }
  return { ...shard, report };
}

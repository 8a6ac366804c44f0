/** What pools reported of their shards, noted in the index of the partition that each shard belongs to. */
import type { LogEntry } from '../../../pipelines/ports.ts';
import type { ShardCursor } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { readable } from '../ledger/dead-letters.ts';
import type { PartitionIndex } from './partition-index.ts';

export function noteReports(entries: readonly LogEntry[], indexOf: (cursor: ShardCursor) => PartitionIndex): void {
  // A poison record says nothing of any cursor; the stages have put it aside.
  for (const event of readable(TOPICS.consumption, entries, () => undefined)) {
    if (event.kind !== 'ConsumptionEvent') continue;
    for (const cursor of event.cursors) indexOf(cursor).note(event, cursor);
  }
}

/** How far the archive reaches: the job of the rollups commits where it stopped, and the log says which hour comes next. */
import { HOUR_MS } from '../../../pipelines/analytics.ts';
import type { EventLog } from '../../../pipelines/ports.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { GRACE_MS, ROLLUP_GROUP } from './usage-rollup.ts';

/** Everything the topic holds from before this time is in the archive; undefined where no run has come to an end yet. */
export async function rolledUpToMs(
  log: EventLog,
  partitionCount: number,
  table: 'consumption' | 'forecasts' | 'shards',
  nowMs: number,
): Promise<number | undefined> {
  const topic = TOPICS[table].name;
  // Hours without a record need no rollup, so that what is over and has none is there as well.
  let reached = hourOf(nowMs - GRACE_MS);
  let isBegun = false;
  for (let partition = 0; partition < partitionCount; partition++) {
    const committed = await log.committed(ROLLUP_GROUP, topic, partition);
    isBegun ||= committed !== undefined;
    const [next] = await log.read(topic, partition, committed ?? (await log.startOffset(topic, partition)), 1);
    if (next !== undefined) reached = Math.min(reached, hourOf(next.atMs));
  }
  return isBegun ? reached : undefined;
}

function hourOf(ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS;
}

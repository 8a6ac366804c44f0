/** The last time that a data directory has seen, by the clock it was written under: a clock that is made anew must not go back behind it. */
import type { EventLog } from '../../../pipelines/ports.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { readable } from '../ledger/dead-letters.ts';

/** Records read at a time on the way back to the newest event. */
const LAST_READ = 256;

/** End of the newest consumption span in the directory, by the clock it was written under. */
export async function lastSeenMs(log: EventLog, partitionCount: number): Promise<number> {
  let last = 0;
  for (let partition = 0; partition < partitionCount; partition++) last = Math.max(last, await lastSpanMs(log, partition));
  return last;
}

/** What is said of streams beside their consumption says nothing of the time: behind it, the events are looked for. */
async function lastSpanMs(log: EventLog, partition: number): Promise<number> {
  const topic = TOPICS.consumption.name;
  const start = await log.startOffset(topic, partition);
  for (let end = await log.endOffset(topic, partition); end > start; ) {
    const from = Math.max(start, end - LAST_READ);
    for (const entry of (await log.read(topic, partition, from, end - from)).reverse()) {
      const [message] = readable(TOPICS.consumption, [entry], () => undefined);
      if (message?.kind === 'ConsumptionEvent') return message.toMs;
    }
    end = from;
  }
  return 0;
}

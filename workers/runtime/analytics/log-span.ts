/**
 * Where a span of time lies in a log: found by halving on the log's own stamps, so that no reader has to remember where an hour began, and
 * an hour that is looked for again is found in the same place.
 */
import type { EventLog, LogEntry } from '../../../pipelines/ports.ts';

/** A log stamps records itself, in order; only a broker that takes over a partition may have a clock that is this much behind. */
const DISORDER_MS = 30_000;
const READ_LIMIT = 4_096;

export interface LogPlace {
  readonly log: EventLog;
  readonly topic: string;
  readonly partition: number;
}

/** Offset of the first record that the log took at `atMs` or later; the end of the log where there is none. */
export async function offsetAt(place: LogPlace, atMs: number): Promise<number> {
  const { log, topic, partition } = place;
  let low = await log.startOffset(topic, partition);
  let high = await log.endOffset(topic, partition);
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    const [entry] = await log.read(topic, partition, middle, 1);
    if (entry === undefined || entry.atMs >= atMs - DISORDER_MS) high = middle;
    else low = entry.offset + 1;
  }
  // From here on one by one: among records out of order, halving finds one or another, and this always the first.
  let next = low;
  for await (const entries of batchesFrom(place, low)) {
    const found = entries.find((entry) => entry.atMs >= atMs);
    if (found !== undefined) return found.offset;
    next = (entries.at(-1)?.offset ?? next) + 1;
  }
  return next;
}

/** The records `[from, end)`, a batch at a time. */
export async function* batchesFrom(
  { log, topic, partition }: LogPlace,
  from: number,
  end = Number.MAX_SAFE_INTEGER,
): AsyncGenerator<LogEntry[]> {
  for (let next = from; next < end; ) {
    const entries = await log.read(topic, partition, next, Math.min(READ_LIMIT, end - next));
    const wanted = entries.filter((entry) => entry.offset < end);
    if (wanted.length === 0) return;
    yield wanted;
    next = (wanted.at(-1)?.offset ?? next) + 1;
  }
}

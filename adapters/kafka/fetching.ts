/** One fetch of one or more partitions from the broker that leads them, as entries of the log. */
import type { Broker } from 'kafkajs';
import type { LogEntry, RecordHeaders } from '../../pipelines/ports.ts';

export interface Place {
  readonly topic: string;
  readonly partition: number;
}

export interface FetchFrom extends Place {
  readonly from: number;
}

export interface Fetched extends Place {
  readonly entries: readonly LogEntry[];
  /** The offset to go on from. */
  readonly next: number;
  /** One past the newest record that readers may see. */
  readonly end: number;
}

export interface FetchOptions {
  /** How long the broker may wait for the first record. */
  readonly waitMs: number;
  /** What one partition adds to the answer; of more, and of a batch that is larger, as much as there is to a whole batch. */
  readonly partitionBytesMax?: number | undefined;
}

/** What one partition adds to an answer at most (a batch is never cut), and all of them together. */
export const PARTITION_BYTES_MAX = 1024 * 1024;
const ANSWER_BYTES_MAX = 8 * 1024 * 1024;

/** No transactions are used here, and kafkajs leaks aborted records where it tries to hide them: everything is read. */
const READ_UNCOMMITTED = 0;

interface FetchAnswer {
  readonly responses: readonly { readonly topicName: string; readonly partitions: readonly PartitionAnswer[] }[];
}

interface PartitionAnswer {
  readonly partition: number;
  readonly highWatermark: string;
  readonly messages: readonly KafkaRecord[];
}

interface KafkaRecord {
  readonly offset: string;
  readonly timestamp: string;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, Buffer | string | readonly (Buffer | string)[] | undefined>>;
  readonly isControlRecord?: boolean;
}

/** Rejects as a whole when one partition has an error; `outOfRange` tells the one that can be told. */
export async function fetchEntries(broker: Broker, from: readonly FetchFrom[], options: FetchOptions): Promise<Fetched[]> {
  const { waitMs, partitionBytesMax = PARTITION_BYTES_MAX } = options;
  const byTopic = new Map<string, FetchFrom[]>();
  for (const place of from) {
    const same = byTopic.get(place.topic);
    if (same === undefined) byTopic.set(place.topic, [place]);
    else same.push(place);
  }
  const answer = (await broker.fetch({
    isolationLevel: READ_UNCOMMITTED,
    maxWaitTime: waitMs,
    minBytes: 1,
    maxBytes: ANSWER_BYTES_MAX,
    topics: [...byTopic].map(([topic, places]) => ({
      topic,
      partitions: places.map((place) => ({ partition: place.partition, fetchOffset: String(place.from), maxBytes: partitionBytesMax })),
    })),
  })) as FetchAnswer;
  const fetched: Fetched[] = [];
  for (const { topicName, partitions } of answer.responses) {
    for (const { partition, highWatermark, messages } of partitions) {
      const asked = byTopic.get(topicName)?.find((place) => place.partition === partition);
      if (asked === undefined) continue;
      const entries = entriesOf(messages, asked.from);
      const last = messages.at(-1);
      const next = Math.max(asked.from, last === undefined ? 0 : Number(last.offset) + 1);
      fetched.push({ topic: topicName, partition, entries, next, end: Math.max(next, Number(highWatermark)) });
    }
  }
  return fetched;
}

/** A batch comes whole, so it may begin before the offset asked for. */
function entriesOf(messages: readonly KafkaRecord[], from: number): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const { offset, timestamp, value, headers, isControlRecord } of messages) {
    const at = Number(offset);
    if (at < from || isControlRecord) continue;
    const entry = { offset: at, atMs: Number(timestamp), bytes: value ?? new Uint8Array(0) };
    const texts = headers === undefined ? undefined : headerTexts(headers);
    entries.push(texts === undefined ? entry : { ...entry, headers: texts });
  }
  return entries;
}

function headerTexts(headers: NonNullable<KafkaRecord['headers']>): RecordHeaders | undefined {
  let texts: Record<string, string> | undefined;
  for (const name in headers) {
    const value = headers[name];
    // Of a name that was given several times the last one counts.
    const text = Array.isArray(value) ? value.at(-1) : value;
    if (text === undefined || text === null) continue;
    texts ??= {};
    texts[name] = text.toString();
  }
  return texts;
}

/** The partition whose offset the broker does not have, where that is what `error` says. */
export function outOfRange(error: unknown): Place | undefined {
  const { type, topic, partition } = error as { type?: unknown; topic?: unknown; partition?: unknown };
  return type === 'OFFSET_OUT_OF_RANGE' && typeof topic === 'string' && typeof partition === 'number' ? { topic, partition } : undefined;
}

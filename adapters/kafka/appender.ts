/**
 * Appends to partitions. At most one request is on its way to each broker; what is asked for meanwhile goes with the next one, all
 * appends of a partition as one batch, which Kafka writes whole or not at all.
 *
 * Nothing is sent twice: a request that failed without a clear answer makes its appends reject with `SEQ_APPEND_UNKNOWN`, and its
 * connection is given up. What surely was not written (another broker leads the partition now) waits again, for a bounded time.
 */
import type { Broker, Message } from 'kafkajs';
import { assert } from '../../core/assertion.ts';
import { SequenceError } from '../../core/errors.ts';
import type { Append } from '../../pipelines/ports.ts';
import { appendOutcome } from './append-outcome.ts';
import { BATCH_RECORDS_MAX, createAppendQueue, type PartitionBatch } from './append-queue.ts';
import type { Connection } from './connection.ts';
import type { Place } from './fetching.ts';
import type { Lines } from './lines.ts';
import { closedError, type Link } from './link.ts';
import type { Placement } from './placement.ts';
import { produce } from './produce.ts';
import { APPEND_BYTES_MAX } from './topic-settings.ts';

/** All replicas in sync have it before it counts. */
const ACKS_ALL = -1;
/** How long a broker may wait for its followers; the client waits a little longer for its answer. */
const REPLICATION_TIMEOUT_MS = 5_000;
/** How long an append may wait to be sent while a broker is away: callers have something better to do than to wait longer. */
const WAITING_MS_MAX = 5_000;
const SWEEP_EVERY_MS = 250;
/** On closing: for what is on its way, and what waits behind it. */
const DRAIN_MS_MAX = 3_000;
/** What a record adds to a batch beside its value and headers, at most. */
const RECORD_OVERHEAD_BYTES = 24;

export interface Appender {
  append(append: Append): Promise<number>;
  /** Waits for what was taken; what cannot be sent in time is refused. */
  close(): Promise<void>;
}

export interface AppenderOptions {
  readonly lines: Lines;
  readonly placement: Placement;
  readonly away: (cause: unknown) => SequenceError;
  /** Hears of what nobody foresaw. */
  readonly onFailure: (error: unknown) => void;
}

export function createAppender({ lines, placement, away, onFailure }: AppenderOptions): Appender {
  const queue = createAppendQueue();
  /** Brokers that a request is on its way to, or a connection is made to. */
  const busy = new Set<number>();
  const locating = new Set<string>();
  let problem: unknown = new Error('it takes too long');
  let isClosed = false;
  let isScheduled = false;
  let drained: (() => void) | undefined;
  let sweeping: NodeJS.Timeout | undefined;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    // Appends made in one go are sent in one go.
    queueMicrotask(pump);
  }

  function pump(): void {
    isScheduled = false;
    for (const { topic, partition } of queue.places) {
      const node = placement.leader(topic, partition);
      if (node === undefined) locate({ topic, partition });
      else if (!busy.has(node)) serve(node).catch(onFailure);
    }
    if (queue.size === 0) {
      clearInterval(sweeping);
      sweeping = undefined;
      if (busy.size === 0) drained?.();
    }
  }

  function locate(place: Place): void {
    const key = `${place.partition} ${place.topic}`;
    if (locating.has(key)) return;
    locating.add(key);
    placement
      .locate(place.topic, place.partition)
      .catch((error: unknown) => {
        problem = error;
        if (error instanceof SequenceError) for (const append of queue.takePartition(place)) append.reject(error);
      })
      .finally(() => {
        locating.delete(key);
        schedule();
      });
  }

  /** Sends to one broker until nothing waits for it. */
  async function serve(node: number): Promise<void> {
    busy.add(node);
    const link = lines.to(node);
    try {
      for (;;) {
        const connection = await link.connected();
        let broker: Broker;
        try {
          broker = await link.answer(connection, connection.cluster.findBroker({ nodeId: String(node) }));
        } catch (error) {
          link.failed(connection, error);
          throw error;
        }
        const batches = queue.take(({ topic, partition }) => placement.leader(topic, partition) === node);
        if (batches.length === 0) break;
        await send(link, connection, broker, batches);
      }
    } catch (error) {
      problem = error;
      placement.doubt();
    } finally {
      busy.delete(node);
      schedule();
    }
  }

  async function send(link: Link, connection: Connection, broker: Broker, batches: readonly PartitionBatch[]): Promise<void> {
    try {
      const produced = produce(broker, { acks: ACKS_ALL, timeout: REPLICATION_TIMEOUT_MS, topicData: topicData(batches) });
      settle((await link.answer(connection, produced)) as ProduceAnswer, batches);
      link.worked(connection);
    } catch (error) {
      // Before anything else is sent: the connection may still deliver what nobody knows the outcome of.
      link.failed(connection, error);
      const outcome = appendOutcome(error, batches.length);
      if (outcome === 'not-written') for (const batch of batches) queue.putBack(batch);
      else
        for (const { appends } of batches)
          for (const append of appends) append.reject(outcome === 'refused' ? refused(error) : unknown(error));
      throw error;
    }
  }

  function sweep(): void {
    for (const append of queue.takeOlder(performance.now() - WAITING_MS_MAX)) append.reject(away(problem));
    schedule();
  }

  return {
    append({ topic, partition, records, headers, keys }) {
      assert(records.length > 0, 'an append holds at least one record');
      if (isClosed) return Promise.reject(closedError());
      const messages = records.map((record, index): Message => {
        // The caller may use its buffer again.
        const message: Message = { value: Buffer.from(record) };
        const own = headers?.[index];
        const key = keys?.[index];
        if (own !== undefined) message.headers = { ...own };
        if (key !== undefined) message.key = key;
        return message;
      });
      const bytes = messages.reduce((sum, message) => sum + sizeOf(message), 0);
      if (bytes > APPEND_BYTES_MAX || messages.length > BATCH_RECORDS_MAX) {
        const message = `an append to ${topic} has ${messages.length} records of ${bytes} bytes in all: at most ${BATCH_RECORDS_MAX} of ${APPEND_BYTES_MAX} bytes are written as one`;
        return Promise.reject(new SequenceError('SEQ_INVALID_REQUEST', message, { topic, partition }));
      }
      return new Promise((resolve, reject) => {
        const added = queue.add({ topic, partition, messages, bytes, sinceMs: performance.now(), resolve, reject });
        if (!added) {
          reject(away(new Error(`${queue.size} records wait for it already`)));
          return;
        }
        sweeping ??= setInterval(sweep, SWEEP_EVERY_MS);
        schedule();
      });
    },
    async close() {
      isClosed = true;
      const timer = setTimeout(() => drained?.(), DRAIN_MS_MAX);
      await new Promise<void>((resolve) => {
        drained = resolve;
        schedule();
      });
      clearTimeout(timer);
      clearInterval(sweeping);
      for (const append of queue.takeOlder(Number.POSITIVE_INFINITY)) append.reject(closedError());
    },
  };
}

interface ProduceAnswer {
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly { readonly partition: number; readonly baseOffset: string }[];
  }[];
}

function topicData(batches: readonly PartitionBatch[]) {
  const byTopic = new Map<string, { partition: number; messages: Message[] }[]>();
  for (const { topic, partition, appends } of batches) {
    const data = { partition, messages: appends.flatMap(({ messages }) => messages) };
    const same = byTopic.get(topic);
    if (same === undefined) byTopic.set(topic, [data]);
    else same.push(data);
  }
  return [...byTopic].map(([topic, partitions]) => ({ topic, partitions }));
}

function settle({ topics }: ProduceAnswer, batches: readonly PartitionBatch[]): void {
  for (const { topic, partition, appends } of batches) {
    const answer = topics.find(({ topicName }) => topicName === topic)?.partitions.find((each) => each.partition === partition);
    let next = Number(answer?.baseOffset ?? Number.NaN);
    for (const append of appends) {
      if (Number.isSafeInteger(next) && next >= 0) append.resolve(next);
      else append.reject(unknown(new Error('the broker did not tell the offset')));
      next += append.messages.length;
    }
  }
}

function sizeOf({ key, value, headers }: Message): number {
  let size = RECORD_OVERHEAD_BYTES + (value?.length ?? 0) + (key?.length ?? 0) * 3;
  for (const name in headers) size += name.length * 3 + String(headers[name]).length * 3;
  return size;
}

function unknown(cause: unknown): SequenceError {
  return new SequenceError('SEQ_APPEND_UNKNOWN', 'Kafka did not say whether it has the records', { engine: 'kafka' }, { cause });
}

function refused(cause: unknown): SequenceError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new SequenceError('SEQ_ENGINE_UNUSABLE', `Kafka refuses to write: ${text}`, { engine: 'kafka' }, { cause });
}

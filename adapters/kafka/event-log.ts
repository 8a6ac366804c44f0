/**
 * The event log over Kafka. A subscriber catches up by reads of its own and follows the live feed that all subscribers of this process
 * share. Offsets of a partition are contiguous: nothing is compacted and nobody writes in transactions.
 */
import type { SequenceError } from '../../core/errors.ts';
import type { EventLog, LogEntry, SubscribeOptions, Subscription } from '../../pipelines/ports.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { createEngineCalls, type EngineCalls } from '../engines/engine-calls.ts';
import { type CatchUp, follow } from '../follower.ts';
import type { Appender } from './appender.ts';
import { PARTITION_BYTES_MAX, type Place } from './fetching.ts';
import type { GroupOffsets } from './group-offsets.ts';
import { closedError } from './link.ts';
import type { Feed, LiveFeed } from './live-feed.ts';
import type { ReadBatch } from './partition-reader.ts';
import { persist } from './persistence.ts';
import type { Bounds } from './placement.ts';

/** How long a question may be asked again before the caller hears that Kafka is away. Cutting waits for all replicas. */
const ANSWER_MS_MAX = 5_000;
const CUT_MS_MAX = 20_000;
/**
 * What a read asks for: more than most records have, as what is left over is thrown away and what is missing is asked for again. One record, which
 * who looks for a time in the log asks for twenty times, would be a megabyte each time.
 */
const RECORD_BYTES = 512;
const READ_BYTES_MIN = 4_096;
/** A process asks at its start for each partition, and seldom later. */
const WAITING_QUESTIONS_MAX = 2_000;

export interface PartitionLag extends Place {
  /** Records that the slowest subscription of this process has still to see. */
  readonly lag: number;
}

export interface KafkaLog extends EventLog {
  lag(): PartitionLag[];
}

export interface KafkaLogOptions {
  readonly logId: string;
  /** Topic names as Kafka has them begin with it; callers never see it. */
  readonly prefix: string;
  readonly appender: Appender;
  readonly readBatch: ReadBatch;
  readonly bounds: (topic: string, partition: number) => Promise<Bounds>;
  readonly live: LiveFeed;
  /** Follows the requests, of which thousands may come in a second: each poll for them would ask for all other partitions, too. */
  readonly requests: LiveFeed;
  readonly offsets: GroupOffsets;
  readonly cutBefore: (place: Place, offset: number) => Promise<void>;
  readonly away: (cause: unknown) => SequenceError;
}

export function createKafkaLog(options: KafkaLogOptions): KafkaLog {
  const { prefix, appender, readBatch, offsets, away } = options;
  const feeds = [options.live, options.requests];
  /** How far the handlers of each subscription have come. */
  const progress = new Map<Feed, Set<{ readonly next: number }>>();
  let isClosed = false;

  function check(): void {
    if (isClosed) throw closedError();
  }

  const ask = createEngineCalls({ waitingMax: WAITING_QUESTIONS_MAX, timeoutMs: ANSWER_MS_MAX, failure: away });
  const askToCut = createEngineCalls({ waitingMax: WAITING_QUESTIONS_MAX, timeoutMs: CUT_MS_MAX, failure: away });

  /** Asks again for a while. Errors of the engine become what callers know. */
  async function answered<T>(question: () => Promise<T>, calls: EngineCalls = ask): Promise<T> {
    let isLate = false;
    check();
    try {
      return await calls(() => persist(question, () => isLate || isClosed));
    } catch (error) {
      isLate = true;
      check();
      throw error;
    }
  }

  async function read(topic: string, partition: number, from: number, limit: number): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    let next = from;
    while (entries.length < limit) {
      const place = { topic: prefix + topic, partition, from: next };
      const wantedBytes = Math.max(READ_BYTES_MIN, (limit - entries.length) * RECORD_BYTES);
      const batch = await answered(() => readBatch(place, Math.min(PARTITION_BYTES_MAX, wantedBytes)));
      for (const entry of batch.entries.slice(0, limit - entries.length)) entries.push(entry);
      if (batch.next === next || batch.next >= batch.end) break;
      next = batch.next;
    }
    return entries;
  }

  function subscribe(subscription: SubscribeOptions): Subscription {
    check();
    const { partition, from, handler } = subscription;
    const live = subscription.topic === TOPICS.requests.name ? options.requests : options.live;
    const feed = live.feed({ topic: prefix + subscription.topic, partition });
    const own = { next: from };
    let isOver = false;

    async function catchUp(at: number): Promise<CatchUp> {
      // However long the broker is away: a subscription goes on when it is back.
      const batch = await persist(
        () => readBatch({ topic: feed.topic, partition, from: at }),
        () => isOver || isClosed,
      );
      if (feed.lost !== undefined) throw feed.lost;
      if (batch.next >= batch.end) live.begin(feed, batch.end);
      return batch;
    }

    const follower = follow({
      ...subscription,
      handler(entries) {
        const next = (entries.at(-1)?.offset ?? own.next - 1) + 1;
        const done = (): void => {
          own.next = next;
        };
        const outcome = handler(entries);
        if (outcome !== undefined) return outcome.then(done);
        return done();
      },
      catchUp,
      onEnd() {
        isOver = true;
        feed.followers.delete(follower);
        const others = progress.get(feed);
        others?.delete(own);
        if (others?.size === 0) progress.delete(feed);
        live.release(feed);
      },
    });
    feed.followers.add(follower);
    const all = progress.get(feed) ?? new Set();
    progress.set(feed, all.add(own));
    return follower;
  }

  return {
    logId: options.logId,
    append: (append) => appender.append({ ...append, topic: prefix + append.topic }),
    read,
    subscribe,
    endOffset: async (topic, partition) => (await answered(() => options.bounds(prefix + topic, partition))).end,
    startOffset: async (topic, partition) => (await answered(() => options.bounds(prefix + topic, partition))).start,
    commit: (group, topic, partition, offset) =>
      answered(() => offsets.commit(prefix + group, { topic: prefix + topic, partition }, offset)),
    committed: (group, topic, partition) => answered(() => offsets.committed(prefix + group, { topic: prefix + topic, partition })),
    // Kafka forgets by itself, as each topic's retention says.
    trim: async () => 0,
    cut: (topic, partition, before) => answered(() => options.cutBefore({ topic: prefix + topic, partition }, before), askToCut),
    lag: () =>
      [...progress].flatMap(([{ topic, partition, end }, all]) => {
        if (end === undefined) return [];
        const slowest = Math.min(...[...all].map(({ next }) => next));
        return [{ topic: topic.slice(prefix.length), partition, lag: Math.max(0, end - slowest) }];
      }),
    async close() {
      if (isClosed) return;
      isClosed = true;
      for (const { followers } of feeds.flatMap((each) => [...each.feeds])) for (const follower of [...followers]) await follower.close();
      for (const each of feeds) each.close();
      await appender.close();
    },
  };
}

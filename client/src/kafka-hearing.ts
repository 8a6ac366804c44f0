/**
 * One life of a listener on a reply topic: a consumer of kafkajs in a group of its own, so that every client hears all answers. It ends
 * with the first thing that goes wrong; kafka-answers.ts begins the next one where this one stopped.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Consumer } from 'kafkajs';
import { SeqcastClientError } from './client-error.ts';
import type { KafkaConnections } from './kafka-connections.ts';

/** An answer waits no longer than this for others to be fetched with. */
const FETCH_WAIT_MS = 100;
/** Brokers refuse shorter session time-outs than 6 s. */
const SESSION_TIMEOUT_MS = 10_000;
/** Who heard nothing for longer than a session is out of its group. kafkajs does not always notice: it waits for ever where a connection
 * ends at the wrong moment. */
const SILENCE_MS_MAX = SESSION_TIMEOUT_MS + 2_000;
const SILENCE_CHECK_MS = 1_000;
const LEAVE_MS_MAX = 2_000;

export interface Hearing {
  readonly connections: KafkaConnections;
  readonly topic: string;
  /** Partition → the offset that is read next. Taken from the ends of the topic where it is empty; kept up to date. */
  readonly next: Map<number, bigint>;
  readonly onAnswer: (value: Buffer) => void;
  /** From here on no answer is missed. */
  readonly onHeard: () => void;
  readonly signal: AbortSignal;
}

/** Resolves when `signal` ended it, rejects with what went wrong. */
export async function hearAnswers({ connections, topic, next, onAnswer, onHeard, signal }: Hearing): Promise<void> {
  const consumer = connections.kafka.consumer({
    groupId: `seqcast-client-${randomUUID()}`,
    allowAutoTopicCreation: false,
    sessionTimeout: SESSION_TIMEOUT_MS,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    // It would begin anew after it was told to end.
    retry: { restartOnFailure: async () => false },
  });
  const { events } = consumer;
  let heardMs = performance.now();
  const hear = (): void => {
    heardMs = performance.now();
  };
  for (const event of [events.CONNECT, events.HEARTBEAT, events.FETCH] as const) consumer.on(event, hear);
  consumer.on(events.GROUP_JOIN, ({ payload }) => {
    hear();
    // A partition that nobody knew is new: all of it is.
    for (const partition of payload.memberAssignment[topic] ?? [])
      consumer.seek({ topic, partition, offset: String(next.get(partition) ?? 0n) });
  });
  let isIn = false;
  let watching: NodeJS.Timeout | undefined;
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    consumer.on(events.CRASH, ({ payload }) => reject(payload.error));
    watching = setInterval(() => {
      if (performance.now() - heardMs > SILENCE_MS_MAX) reject(silent());
    }, SILENCE_CHECK_MS);
    end = () => {
      resolve();
      // Who is not in yet has nothing to leave.
      if (!isIn) connections.destroy();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });
  const begin = async (): Promise<void> => {
    if (next.size === 0) for (const [partition, offset] of await endsOf(connections, topic)) next.set(partition, offset);
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: false });
    hear();
    await run(consumer, { next, onAnswer });
  };
  try {
    // No step is waited for alone: each could last for ever.
    const begun = begin();
    begun.catch(() => undefined);
    await Promise.race([begun, ended]);
    isIn = true;
    if (!signal.aborted) onHeard();
    await ended;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearInterval(watching);
    signal.removeEventListener('abort', end);
    await Promise.race([consumer.disconnect().catch(() => undefined), pause(LEAVE_MS_MAX, undefined, { ref: false })]);
    connections.destroy();
  }
}

async function run(consumer: Consumer, { next, onAnswer }: Pick<Hearing, 'next' | 'onAnswer'>): Promise<void> {
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      for (const { value } of batch.messages) if (value !== null) onAnswer(value);
      next.set(batch.partition, BigInt(batch.lastOffset()) + 1n);
    },
  });
}

/** What is answered from now on comes behind these. */
async function endsOf({ kafka }: KafkaConnections, topic: string): Promise<(readonly [number, bigint])[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.map(({ partition, high }) => [partition, BigInt(high)]);
  } finally {
    await admin.disconnect();
  }
}

function silent(): SeqcastClientError {
  return new SeqcastClientError('SEQ_UNREACHABLE', `Kafka said nothing for ${SILENCE_MS_MAX} ms`, { retriable: true });
}

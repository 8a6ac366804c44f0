/**
 * One life of a member of a group: a consumer of kafkajs that joins, heartbeats and commits, and reads nothing. It ends with the first
 * thing that goes wrong; work-groups.ts begins the next one.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Consumer } from 'kafkajs';
import { togetherAssigner } from './assigner.ts';
import type { Client } from './connection.ts';
import type { MemberCommit } from './group-offsets.ts';

/** The shortest that brokers allow by default: how long a member that vanished keeps its partitions. */
const SESSION_TIMEOUT_MS = 6_000;
/** Several in a session. kafkajs heartbeats when a fetch comes back, and without partitions to fetch it sleeps as long as it would wait. */
const HEARTBEAT_MS = 500;
const IDLE_SLEEP_MS = 250;
/** How long a rebalance waits for members that do not answer. */
const REBALANCE_TIMEOUT_MS = 6_000;
/**
 * A member that heard nothing for longer than its session has lost its partitions, whatever it believes. kafkajs does not always notice:
 * where it ends a connection whose broker says nothing, it waits for ever.
 */
const SILENCE_MS_MAX = SESSION_TIMEOUT_MS + 2_000;
const SILENCE_CHECK_MS = 1_000;
/** How long leaving may take: the others get the partitions at once where it works, and after the session where it does not. */
const LEAVE_MS_MAX = 2_000;

export interface MemberLife {
  readonly newClient: () => Client;
  readonly group: string;
  readonly topics: readonly string[];
  /** What the member before had. */
  readonly held: readonly number[];
  /** Ends it in good order. */
  readonly signal: AbortSignal;
  readonly onOwned: (partitions: readonly number[], commit: MemberCommit) => void;
  /** The group is being shared out anew. */
  readonly onRebalance: () => void;
}

/** Resolves when `signal` ended it, rejects with what went wrong. */
export async function liveAsMember({ newClient, group, topics, signal, onOwned, onRebalance, ...life }: MemberLife): Promise<void> {
  let { held } = life;
  let heardMs = performance.now();
  let isIn = false;
  const client = newClient();
  const consumer = client.kafka.consumer({
    groupId: group,
    partitionAssigners: [togetherAssigner(() => held)],
    sessionTimeout: SESSION_TIMEOUT_MS,
    rebalanceTimeout: REBALANCE_TIMEOUT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    maxWaitTimeInMs: IDLE_SLEEP_MS,
    allowAutoTopicCreation: false,
    retry: { restartOnFailure: async () => false },
  });
  const { events } = consumer;
  const hear = (): void => {
    heardMs = performance.now();
  };
  consumer.on(events.GROUP_JOIN, ({ payload }) => {
    // Before the first fetch: it is called while the consumer waits.
    consumer.pause(topics.map((topic) => ({ topic })));
    hear();
    held = payload.memberAssignment[topics[0] ?? ''] ?? [];
    onOwned(held, memberCommit(consumer));
  });
  consumer.on(events.REBALANCING, () => {
    hear();
    onRebalance();
  });
  consumer.on(events.HEARTBEAT, hear);

  let watching: NodeJS.Timeout | undefined;
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    consumer.on(events.CRASH, ({ payload }) => reject(payload.error));
    watching = setInterval(() => {
      if (performance.now() - heardMs > SILENCE_MS_MAX) reject(new Error('the coordinator of the group is silent'));
    }, SILENCE_CHECK_MS);
    end = () => {
      resolve();
      // Who is not in yet has nothing to leave.
      if (!isIn) client.destroy();
    };
    signal.addEventListener('abort', end);
  });
  const begin = async (): Promise<void> => {
    await consumer.connect();
    hear();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    hear();
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => undefined });
  };
  try {
    // No step is waited for alone: where a connection ends in the middle of one, kafkajs does not always say so.
    const begun = begin();
    begun.catch(() => undefined);
    await Promise.race([begun, ended]);
    isIn = true;
    await ended;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    clearInterval(watching);
    signal.removeEventListener('abort', end);
    await Promise.race([consumer.disconnect().catch(() => undefined), pause(LEAVE_MS_MAX, undefined, { ref: false })]);
    client.destroy();
  }
}

function memberCommit(consumer: Consumer): MemberCommit {
  return async ({ topic, partition }, offset) => {
    await consumer.commitOffsets([{ topic, partition, offset: String(offset) }]);
  };
}

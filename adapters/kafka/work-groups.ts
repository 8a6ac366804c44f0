/**
 * Groups that share work. A consumer of kafkajs is used for its membership and its commits only: every partition stays paused, records
 * are read by subscriptions. It retries little by itself and ends in several ways; here it is made anew whenever it ends.
 */

import { setTimeout as pause } from 'node:timers/promises';
import type { Consumer } from 'kafkajs';
import type { JoinOptions, Subscription, WorkGroups } from '../../pipelines/ports.ts';
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

const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 5_000;

// What no further attempt would change.
const FINAL_TYPES: readonly string[] = [
  'GROUP_AUTHORIZATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_GROUP_ID',
  'INVALID_SESSION_TIMEOUT',
  'GROUP_MAX_SIZE_REACHED',
  'UNSUPPORTED_VERSION',
];

export interface WorkGroupsOptions {
  readonly newClient: () => Client;
  readonly prefix: string;
  /** Filled with the groups this process is a member of, for commits. */
  readonly memberships: Map<string, MemberCommit>;
}

export interface KafkaWorkGroups extends WorkGroups {
  close(): Promise<void>;
}

export function createWorkGroups({ newClient, prefix, memberships }: WorkGroupsOptions): KafkaWorkGroups {
  const members = new Set<Subscription>();

  function join(options: JoinOptions): Subscription {
    const group = prefix + options.group;
    const topics = options.topics.map((topic) => prefix + topic);
    const ending = new AbortController();
    const isOver = (): boolean => ending.signal.aborted;
    let held: readonly number[] = [];
    /** Counts joins, rebalances and consumers: what belongs to an older one is not told any more. */
    let generation = 0;
    let failures = 0;

    function tell(of: number, partitions: readonly number[]): void {
      if (of === generation && !isOver()) options.onOwned(partitions);
    }

    /** Runs one consumer until it ends. */
    async function runConsumer(): Promise<void> {
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
      consumer.on(events.GROUP_JOIN, ({ payload }) => {
        // Before the first fetch: it is called while the consumer waits.
        consumer.pause(topics.map((topic) => ({ topic })));
        failures = 0;
        held = payload.memberAssignment[topics[0] ?? ''] ?? [];
        memberships.set(group, memberCommit(consumer));
        tell(++generation, held);
      });
      consumer.on(events.REBALANCING, () => tell(++generation, []));
      const ended = new Promise<unknown>((resolve) => {
        consumer.on(events.CRASH, ({ payload }) => resolve(payload.error));
        ending.signal.addEventListener('abort', () => resolve(undefined), { once: true });
      });
      try {
        await consumer.connect();
        await consumer.subscribe({ topics, fromBeginning: true });
        await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => undefined });
        const error = await ended;
        if (error !== undefined) throw error;
      } finally {
        memberships.delete(group);
        await leave(consumer);
        client.destroy();
      }
    }

    async function stayIn(): Promise<void> {
      while (!isOver()) {
        try {
          await runConsumer();
        } catch (error) {
          tell(++generation, []);
          if (isFinal(error)) throw error;
          const longest = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** Math.min(failures++, 20));
          await pause(longest * (0.5 + 0.5 * Math.random()), undefined, { signal: ending.signal }).catch(() => undefined);
        }
      }
    }

    const staying = stayIn().catch((error: unknown) => {
      if (!isOver()) options.onError(error);
    });
    const member: Subscription = {
      async close() {
        ending.abort();
        members.delete(member);
        await staying;
      },
    };
    members.add(member);
    return member;
  }

  return {
    join: async (options) => join(options),
    async close() {
      await Promise.all([...members].map((member) => member.close()));
    },
  };
}

function memberCommit(consumer: Consumer): MemberCommit {
  return async ({ topic, partition }, offset) => {
    await consumer.commitOffsets([{ topic, partition, offset: String(offset) }]);
  };
}

/** How long leaving may take: the others get the partitions at once where it works, and after the session where it does not. */
const LEAVE_MS_MAX = 2_000;

async function leave(consumer: Consumer): Promise<void> {
  await Promise.race([consumer.disconnect().catch(() => undefined), pause(LEAVE_MS_MAX, undefined, { ref: false })]);
}

function isFinal(error: unknown): boolean {
  const { cause, type } = (error ?? {}) as { cause?: unknown; type?: unknown };
  return FINAL_TYPES.includes(String(type)) || (cause !== undefined && cause !== error && isFinal(cause));
}

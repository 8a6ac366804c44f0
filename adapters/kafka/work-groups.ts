/**
 * Groups that share work, by memberships of Kafka's consumer groups. A member whose life ends (its broker went away, it was silent for
 * too long, kafkajs gave up) begins another one; only what no further attempt would change reaches `onError`.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { JoinOptions, Subscription, WorkGroups } from '../../pipelines/ports.ts';
import type { Client } from './connection.ts';
import { liveAsMember } from './group-member.ts';
import type { MemberCommit } from './group-offsets.ts';

/** Between lives. */
const PAUSE_MS_MIN = 100;
const PAUSE_MS_MAX = 2_000;

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
  /** Names of topics and groups begin with it. */
  readonly prefix: string;
  /** Filled with the groups this process is a member of, for commits. */
  readonly memberships: Map<string, MemberCommit>;
}

export interface KafkaWorkGroups extends WorkGroups {
  close(): Promise<void>;
}

export function createWorkGroups({ newClient, prefix, memberships }: WorkGroupsOptions): KafkaWorkGroups {
  const members = new Set<Subscription>();

  function join({ onOwned, onError, ...options }: JoinOptions): Subscription {
    const group = prefix + options.group;
    const topics = options.topics.map((topic) => prefix + topic);
    const ending = new AbortController();
    const { signal } = ending;
    let held: readonly number[] = [];
    let told: string | undefined;
    let failures = 0;

    function tell(partitions: readonly number[]): void {
      // kafkajs joins again for reasons of its own, too.
      if (signal.aborted || told === String(partitions)) return;
      told = String(partitions);
      try {
        onOwned(partitions);
      } catch (error) {
        // Inside kafkajs it would be taken for a failure of the group.
        onError(error);
      }
    }

    async function liveOnce(): Promise<void> {
      // What a life that is over still hears is not told.
      let isOver = false;
      try {
        await liveAsMember({
          ...{ newClient, group, topics, held, signal },
          onOwned(partitions, commit) {
            if (isOver) return;
            failures = 0;
            held = partitions;
            memberships.set(group, commit);
            tell(partitions);
          },
          onRebalance() {
            if (!isOver) tell([]);
          },
        });
      } finally {
        isOver = true;
        memberships.delete(group);
      }
    }

    async function live(): Promise<void> {
      while (!signal.aborted) {
        try {
          await liveOnce();
        } catch (error) {
          tell([]);
          if (isFinal(error)) throw error;
          const longest = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** Math.min(failures++, 20));
          await pause(longest * (0.5 + 0.5 * Math.random()), undefined, { signal }).catch(() => undefined);
        }
      }
    }

    const living = live().catch((error: unknown) => {
      if (!signal.aborted) onError(error);
    });
    const member: Subscription = {
      async close() {
        ending.abort();
        members.delete(member);
        await living;
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

function isFinal(error: unknown): boolean {
  const { cause, type } = (error ?? {}) as { cause?: unknown; type?: unknown };
  return FINAL_TYPES.includes(String(type)) || (cause !== undefined && cause !== error && isFinal(cause));
}

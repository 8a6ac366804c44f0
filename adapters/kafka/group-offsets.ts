/**
 * How far groups have come. A group that this process is a member of commits as that member, because Kafka refuses strangers while a
 * group has members; any other is written to directly.
 */
import type { Broker } from 'kafkajs';
import { SequenceError } from '../../core/errors.ts';
import type { Place } from './fetching.ts';
import type { Link } from './link.ts';

export interface GroupOffsets {
  commit(group: string, place: Place, offset: number): Promise<void>;
  committed(group: string, place: Place): Promise<number | undefined>;
}

/** A member's own way to commit. */
export type MemberCommit = (place: Place, offset: number) => Promise<void>;

export interface GroupOffsetsOptions {
  readonly link: Link;
  /** Groups that this process is a member of. */
  readonly memberships: ReadonlyMap<string, MemberCommit>;
}

/** The group is being shared out anew, or has members and this process is none of them: to ask again at once is no use. */
const NOT_NOW: readonly string[] = ['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS'];

/** Of no generation, for whoever is not a member. */
const NO_GENERATION = -1;
const NO_MEMBER = '';

export function createGroupOffsets({ link, memberships }: GroupOffsetsOptions): GroupOffsets {
  function atCoordinator<T>(group: string, question: (coordinator: Broker) => Promise<T>): Promise<T> {
    return link.use(async ({ cluster }) => question(await cluster.findGroupCoordinator({ groupId: group })));
  }

  return {
    async commit(group, place, offset) {
      const member = memberships.get(group);
      if (member !== undefined) {
        await member(place, offset).catch((error: unknown) => {
          throw refused(group, error);
        });
        return;
      }
      const request = { groupId: group, groupGenerationId: NO_GENERATION, memberId: NO_MEMBER, topics: topicOffsets(place, offset) };
      await atCoordinator(group, (coordinator) =>
        coordinator.offsetCommit(request).catch((error: { type?: unknown }) => {
          throw NOT_NOW.includes(String(error.type)) ? refused(group, error) : error;
        }),
      );
    },
    async committed(group, place) {
      const { responses } = await atCoordinator(group, (coordinator) =>
        coordinator.offsetFetch({ groupId: group, topics: topicOffsets(place, NO_GENERATION) }),
      );
      const offset = Number(responses[0]?.partitions[0]?.offset ?? -1);
      return offset < 0 ? undefined : offset;
    },
  };
}

function topicOffsets({ topic, partition }: Place, offset: number) {
  return [{ topic, partitions: [{ partition, offset: String(offset) }] }];
}

function refused(group: string, cause: unknown): SequenceError {
  const text = cause instanceof Error ? cause.message : String(cause);
  return new SequenceError(
    'SEQ_ENGINE_AWAY',
    `Kafka does not take the offset of group ${group} now: ${text}`,
    { engine: 'kafka' },
    { cause },
  );
}

/**
 * Who of a group gets which partitions: a member gets the same partition numbers of every topic, because what is read together must be
 * read by one; kafkajs's own assigner deals them out topic after topic. Members get almost equally many, and keep what they had
 * where that allows it.
 */
import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';

const NAME = 'seqcast-together';
const VERSION = 1;

export interface GroupShare {
  readonly member: string;
  /** What it had before. */
  readonly held: readonly number[];
}

/** Pure, and the same for any order of the members. */
export function sharePartitions(members: readonly GroupShare[], partitionCount: number): ReadonlyMap<string, readonly number[]> {
  const free = new Set(Array.from({ length: partitionCount }, (_, partition) => partition));
  const least = Math.floor(partitionCount / members.length);
  let larger = partitionCount % members.length;
  // Who had most keeps most: moving less is what counts.
  const sorted = [...members].sort((a, b) => b.held.length - a.held.length || (a.member < b.member ? -1 : 1));
  const shares = sorted.map(({ member, held }) => {
    const size = least + (larger > 0 ? 1 : 0);
    if (larger > 0) larger--;
    const kept = [...new Set(held)].filter((partition) => free.has(partition)).slice(0, size);
    for (const partition of kept) free.delete(partition);
    return { member, size, partitions: kept };
  });
  const rest = [...free];
  for (const { size, partitions } of shares) partitions.push(...rest.splice(0, size - partitions.length));
  return new Map(shares.map(({ member, partitions }) => [member, partitions.sort((a, b) => a - b)]));
}

/** `held` tells what this member had last; it goes with every request to join. */
export function togetherAssigner(held: () => readonly number[]): PartitionAssigner {
  return ({ cluster }) => ({
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => ({
      name: NAME,
      metadata: AssignerProtocol.MemberMetadata.encode({ version: VERSION, topics, userData: Buffer.from(JSON.stringify(held())) }),
    }),
    async assign({ members, topics }) {
      const counts = topics.map((topic) => cluster.findTopicPartitionMetadata(topic).length);
      const shares = sharePartitions(
        members.map(({ memberId, memberMetadata }) => ({ member: memberId, held: heldOf(memberMetadata) })),
        Math.min(...counts),
      );
      return members.map(({ memberId }) => {
        const partitions = [...(shares.get(memberId) ?? [])];
        const assignment = Object.fromEntries(topics.map((topic) => [topic, partitions]));
        return {
          memberId,
          memberAssignment: AssignerProtocol.MemberAssignment.encode({ version: VERSION, assignment, userData: Buffer.alloc(0) }),
        };
      });
    },
  });
}

/** Nothing where it cannot be read: then partitions move once more than they had to. */
function heldOf(metadata: Buffer): readonly number[] {
  try {
    const held: unknown = JSON.parse(AssignerProtocol.MemberMetadata.decode(metadata)?.userData.toString('utf8') ?? '[]');
    return Array.isArray(held) ? held.filter((each) => Number.isSafeInteger(each)) : [];
  } catch {
    return [];
  }
}

/** What a pool says of itself on the members topic. */
import { encode } from '../../schemas/codec.ts';
import type { MemberEvent } from '../../schemas/messages.ts';

export const OWNS_NOTHING = { partitions: [], ownedSinceMs: 0, takeOvers: 0, tookOverAtMs: 0 } as const;

export function memberRecord(
  member: string,
  incarnation: string,
  event: MemberEvent['event'],
  atMs: number,
  poolKind = 'throughput',
): Uint8Array {
  return encode({
    kind: 'MemberEvent',
    member,
    role: 'pool',
    event,
    incarnation,
    poolKind,
    endpoint: '',
    atMs,
    ...OWNS_NOTHING,
  });
}

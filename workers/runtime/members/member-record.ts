/** What a pool says of itself on the members topic. */
import { encode } from '../../../schemas/codec.ts';
import type { MemberEvent } from '../../../schemas/messages.ts';

/** What pools alone have, and say only where placement asks for it. */
export const NO_LOAD = {
  capacityOperationsPerSecond: 0,
  capacityValues: 0,
  capacityBytes: 0,
  operationsPerSecond: 0,
  latencyP99Ms: 0,
  stockValues: 0,
  stockBytes: 0,
  streams: 0,
  cluster: '',
  slots: [],
} as const;

export const OWNS_NOTHING = { partitions: [], ownedSinceMs: 0, takeOvers: 0, tookOverAtMs: 0, ...NO_LOAD } as const;

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

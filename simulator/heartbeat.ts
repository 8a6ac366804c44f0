/** What a simulated pool says of itself: which life it lives, and loads that make no sense. */
import type { MemberEvent } from '../schemas/messages.ts';

/** Said once, and read by every allocator as often as it starts anew. */
export function heartbeatOf(pool: string, incarnation: string): MemberEvent {
  return {
    kind: 'MemberEvent',
    member: pool,
    role: 'pool',
    event: 'heartbeat',
    incarnation,
    poolKind: 'throughput',
    endpoint: '',
    atMs: 0,
    partitions: [],
    ownedSinceMs: 0,
    takeOvers: 0,
    tookOverAtMs: 0,
    operationsPerSecond: 0,
    latencyP99Ms: 0,
    stockValues: 0,
    cluster: '',
    slots: [],
    capacityOperationsPerSecond: 100,
    capacityValues: 1e6,
    capacityBytes: 1e6,
    stockBytes: 0,
    streams: 0,
  };
}

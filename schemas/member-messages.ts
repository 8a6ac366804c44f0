/** What processes and pools say of themselves, and of the streams that move between them. */

/** Topic `seqcast.members`. */
export interface MemberEvent {
  readonly kind: 'MemberEvent';
  readonly member: string;
  readonly role: 'allocator' | 'pool' | 'gateway' | 'forecaster' | 'filler' | 'jobs';
  readonly event: 'joined' | 'heartbeat' | 'draining' | 'lost';
  readonly incarnation: string;
  /** `throughput` for pools of this version; empty for what is not a pool. */
  readonly poolKind: string;
  readonly endpoint: string;
  readonly atMs: number;
  /** Partitions that this member owns now, and when that set last changed (0: never). */
  readonly partitions: readonly number[];
  readonly ownedSinceMs: number;
  /** Orders an allocator answered because their owner did not, and when it did so last (0: never). */
  readonly takeOvers: number;
  readonly tookOverAtMs: number;
  /** What a pool can do, and what it did since its last word; 0 where it does not say, or is no pool. */
  readonly capacityOperationsPerSecond: number;
  readonly capacityValues: number;
  readonly capacityBytes: number;
  readonly operationsPerSecond: number;
  /** Time its store takes to answer its filler. */
  readonly latencyP99Ms: number;
  readonly stockValues: number;
  readonly stockBytes: number;
  /** Streams that it holds stock of. */
  readonly streams: number;
  /** Of a pool that is a primary of a Redis Cluster: the name of the Cluster, and first and last of each range of slots it owns. */
  readonly cluster: string;
  readonly slots: readonly number[];
}

/** Topic `seqcast.moves`: an allocator moves a stream to another pool. What the ledger makes of it stands in the ledger; this says why. */
export interface StreamMoved {
  readonly kind: 'StreamMoved';
  readonly stream: string;
  readonly from: string;
  readonly to: string;
  readonly reason: 'over' | 'joined' | 'drain' | 'slot';
  /** In words and numbers. */
  readonly why: string;
  /** Predicted loads before the move, as shares of the capacities. */
  readonly fromLoad: number;
  readonly toLoad: number;
  /** The assignment of the stream that it proposes; void where another one came first. */
  readonly assignment: number;
  readonly allocator: string;
  readonly atMs: number;
}

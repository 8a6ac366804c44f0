/** Pools as people see them: load against capacity, streams, what is moved and why. */
import { SequenceError } from '../../../core/errors.ts';
import type { SlotRange } from '../../../core/placement/slots.ts';
import { relativeLoad } from '../../../core/placement/snapshot.ts';
import type { PoolKind } from '../../../core/pool-kind.ts';
import { poolSnapshot } from '../../../pipelines/placement.ts';
import type { MemberEvent, StreamMoved } from '../../../schemas/messages.ts';
import { OWNS_NOTHING } from './member-record.ts';

/** One process or pool of an installation, as last heard of. */
export interface MemberView {
  readonly member: string;
  readonly role: 'allocator' | 'pool' | 'gateway' | 'forecaster' | 'filler' | 'jobs';
  readonly state: 'living' | 'draining' | 'lost' | 'absent';
  readonly incarnation: string;
  /** Where a pool's store is reached; the pool of a filler; else empty. */
  readonly endpoint: string;
  readonly partitions: readonly number[];
  readonly ownedSinceMs: number;
  readonly takeOvers: number;
  readonly tookOverAtMs: number;
  readonly heardAtMs: number;
}

export type MoveView = Omit<StreamMoved, 'kind'>;

export interface PoolLoadView {
  readonly operationsPerSecond: number;
  readonly values: number;
  readonly bytes: number;
}

export interface PoolView {
  readonly pool: string;
  readonly kind: string;
  /** `drained`: it is to be empty, and is. */
  readonly state: 'living' | 'draining' | 'drained' | 'lost' | 'absent';
  readonly endpoint: string;
  readonly incarnation: string;
  readonly heardAtMs: number;
  /** Streams that are assigned to it or have stock there. */
  readonly streams: number;
  readonly measured: PoolLoadView & { readonly latencyP99Ms: number };
  readonly capacity: PoolLoadView;
  /** Share of the capacity that is used, of what is closest to its end. */
  readonly load: number;
  /** Fillers that live, the one that holds it and those that stand by. */
  readonly fillers: readonly string[];
  /** Moves of the last hour to it and away from it. */
  readonly movedIn: number;
  readonly movedOut: number;
  /** Of a primary of a Redis Cluster: which Cluster, and the slots whose streams it serves. */
  readonly cluster?: string;
  readonly slots?: readonly SlotRange[];
  /** Where it drains: since when, of how many streams, and when it will be empty at the pace so far. */
  readonly drain?: { readonly sinceMs: number; readonly streams: number; readonly endsAtMs?: number };
}

export interface PoolsView {
  readonly pools: readonly PoolView[];
  /** The latest of the last hour, newest first. */
  readonly moves: readonly MoveView[];
}

export interface PoolService {
  pools(): PoolsView;
  /** The pool gets nothing new and ends empty; throws `SEQ_UNKNOWN_POOL`, and `SEQ_UNSUPPORTED` where there is one pool only. */
  drain(pool: string): Promise<PoolView>;
  undrain(pool: string): Promise<PoolView>;
}

export function onlyPool(): SequenceError {
  return new SequenceError('SEQ_UNSUPPORTED', 'one process has one pool: there is no other that its streams could move to');
}

/** What a pool said last, against what it can do. */
export function poolView(
  event: MemberEvent,
  said: Omit<PoolView, 'pool' | 'kind' | 'endpoint' | 'incarnation' | 'measured' | 'capacity' | 'load' | 'cluster' | 'slots'>,
): PoolView {
  const { measured, capacity, kind, slots } = poolSnapshot(event, 'living', event.atMs);
  const { member: pool, endpoint, incarnation, cluster } = event;
  const home = slots === undefined ? {} : { cluster, slots };
  return { pool, kind, endpoint, incarnation, measured, capacity, load: relativeLoad(measured, capacity), ...home, ...said };
}

/** What one process knows of a stream in its only pool. */
interface OwnStream {
  readonly demandPerSecond: number;
  readonly stock: number;
}

/** A pool of one process: it asks nobody to move, and answers as long as the process does. */
export function ownPool(
  { name, incarnation, kind = 'throughput' }: { readonly name: string; readonly incarnation: string; readonly kind?: PoolKind },
  { streams, nowMs }: { readonly streams: readonly OwnStream[]; readonly nowMs: number },
): PoolView {
  const sum = (of: (stream: OwnStream) => number): number => streams.reduce((total, stream) => total + of(stream), 0);
  const event: MemberEvent = {
    kind: 'MemberEvent',
    member: name,
    role: 'pool',
    event: 'heartbeat',
    incarnation,
    poolKind: kind,
    endpoint: 'this process',
    atMs: nowMs,
    ...OWNS_NOTHING,
    // As many at most: here a request is not worth counting twice.
    operationsPerSecond: sum(({ demandPerSecond }) => demandPerSecond),
    stockValues: sum(({ stock }) => stock),
  };
  return poolView(event, { state: 'living', heardAtMs: nowMs, streams: streams.length, fillers: [], movedIn: 0, movedOut: 0 });
}

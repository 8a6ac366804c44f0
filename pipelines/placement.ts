/**
 * Which pool each stream belongs on, as an allocator sees it: all partitions together, the pools as they said last, the drains that
 * operators asked for. Every allocator plans for all streams and carries out what concerns the partitions it owns, so that several of them
 * together make about the moves of one.
 */
import type { StreamLedger } from '../core/ledger/shards-state.ts';
import { placeNewcomer } from '../core/placement/newcomer.ts';
import { type PlacementLimits, type PlannedMove, planPlacement } from '../core/placement/plan.ts';
import { mayServe, type SlotRange, slotsHeard } from '../core/placement/slots.ts';
import { type Load, type PoolSnapshot, relativeLoad, type StreamSnapshot } from '../core/placement/snapshot.ts';
import { isRegistered, POOL_KINDS } from '../core/pool-kind.ts';
import type { SequenceDefinition } from '../core/sequence.ts';
import { partitionKey, partitionOf, sequenceOfStream } from '../core/stream.ts';
import type { MemberEvent } from '../schemas/messages.ts';
import { moveStream } from './allocation.ts';
import type { AllocationState, Proposal } from './allocation-state.ts';

/** Moves a second off draining pools: a thousand streams in five seconds, each with four records of the ledger. */
const DRAIN_MOVES_PER_S = 200;
/** Moves of one plan for balance: there is no hurry, and every move costs its stream a moment of two stocks. */
const BALANCE_MOVES_MAX = 10;
/** A stream stays where it came for so long; a new allocator, which does not know who came lately, moves nothing before. */
const COOL_DOWN_MS = 60_000;
/** So much is made up for after a pause. */
const BUDGET_MS_MAX = 1_000;
/** Between plans while a pool drains, and for balance: no forecast turns within so few seconds. */
const DRAIN_EVERY_MS = 200;
const BALANCE_EVERY_MS = 5_000;
/** What a stream and a shard of it cost a store; measured on the Redis library. */
export const STREAM_BYTES = 2_000;
export const SHARD_BYTES = 1_000;

export interface PlacementState {
  readonly startedAtMs: number;
  readonly coolDownMs: number;
  /** What pools said last, by name. */
  readonly pools: Map<string, MemberEvent>;
  draining: ReadonlySet<string>;
  /** When streams were assigned anew, by stream; those within the cool-down. */
  readonly movedAtMs: Map<string, number>;
  /** Since when each pool is known. */
  readonly joinedAtMs: Map<string, number>;
  drainedAtMs: number;
  balancedAtMs: number;
  /** Slots of a Cluster changed hands, and streams may be where theirs is not any more. */
  isResettling: boolean;
}

export function emptyPlacement(nowMs: number, coolDownMs = COOL_DOWN_MS): PlacementState {
  return {
    startedAtMs: nowMs,
    coolDownMs,
    pools: new Map(),
    draining: new Set(),
    movedAtMs: new Map(),
    joinedAtMs: new Map(),
    drainedAtMs: nowMs,
    balancedAtMs: nowMs,
    isResettling: false,
  };
}

export function onPoolSaid(state: PlacementState, event: MemberEvent, nowMs: number): void {
  if (event.event === 'draining' || event.event === 'lost') {
    state.pools.delete(event.member);
    state.joinedAtMs.delete(event.member);
    return;
  }
  const before = state.pools.get(event.member);
  if (event.cluster !== '' && String(before?.slots) !== String(event.slots)) state.isResettling = true;
  state.pools.set(event.member, event);
  if (!state.joinedAtMs.has(event.member)) state.joinedAtMs.set(event.member, nowMs);
}

/** A stream was assigned once more than the first time, by whatever allocator. */
export function onStreamMoved(state: PlacementState, stream: string, nowMs: number): void {
  // Latest last, so that what is over stands first.
  state.movedAtMs.delete(stream);
  state.movedAtMs.set(stream, nowMs);
}

export interface MadeMove extends PlannedMove {
  readonly assignment: number;
}

export interface PlacementStep {
  readonly proposals: readonly Proposal[];
  readonly moves: readonly MadeMove[];
}

const NO_STEP: PlacementStep = { proposals: [], moves: [] };

/** Plans where it is time to, and begins the moves that concern partitions of this allocator. */
export function placementStep(state: PlacementState, stages: readonly AllocationState[], nowMs: number): PlacementStep {
  const limits = limitsNow(state, nowMs);
  if (limits.drainMovesMax === 0 && limits.balanceMovesMax === 0) return NO_STEP;
  if (state.pools.size < 2) return NO_STEP;
  forget(state, nowMs);
  const streams = stages.flatMap((stage) => streamsOf(state, stage));
  const plan = planPlacement({ nowMs, pools: poolSnapshots(state, stages[0]), streams }, limits);
  if (plan.strays === 0) state.isResettling = false;
  const proposals: Proposal[] = [];
  const moves: MadeMove[] = [];
  for (const move of plan.moves) {
    const stage = stages.find((each) => each.isOwned && isPlacedIn(each, move.stream));
    if (stage === undefined) continue;
    const assignment = (stage.shards.streams.get(move.stream)?.assignment ?? 0) + 1;
    proposals.push(...moveStream(stage, move.stream, move.to, nowMs));
    if (stage.moving.has(move.stream)) moves.push({ ...move, assignment });
  }
  return { proposals, moves };
}

/** False where the pool is a primary of a Cluster that does not own the stream's slot: callers are led elsewhere. */
export function isServedBy({ pools }: PlacementState, pool: string, stream: string): boolean {
  const event = pools.get(pool);
  return event === undefined || mayServe(slotsOf(event), stream);
}

/** Where a stream goes that has no pool, or a pool that takes nothing. */
export function placeOf(state: PlacementState, stage: AllocationState | undefined, stream: string): string | undefined {
  return placeNewcomer(stream, 'throughput', poolSnapshots(state, stage));
}

/** The pools in the words of placement; one that an allocator holds for silent is lost to it. */
function poolSnapshots({ pools, draining, joinedAtMs }: PlacementState, stage: AllocationState | undefined): PoolSnapshot[] {
  return [...pools.values()].map((event) => {
    const isSilent = stage !== undefined && !stage.pools.has(event.member);
    const state = isSilent ? 'lost' : draining.has(event.member) ? 'draining' : 'living';
    return poolSnapshot(event, state, joinedAtMs.get(event.member) ?? event.atMs);
  });
}

export function poolSnapshot(event: MemberEvent, state: PoolSnapshot['state'], joinedAtMs: number): PoolSnapshot {
  const { member, poolKind, operationsPerSecond, stockValues, stockBytes, latencyP99Ms } = event;
  return {
    pool: member,
    kind: POOL_KINDS.find((kind) => kind === poolKind) ?? 'throughput',
    state,
    capacity: capacityOf(event),
    measured: { operationsPerSecond, values: stockValues, bytes: stockBytes, latencyP99Ms },
    joinedAtMs,
    slots: slotsOf(event),
  };
}

/** Undefined for a pool that is in no Cluster. */
function slotsOf({ cluster, slots }: MemberEvent): SlotRange[] | undefined {
  return cluster === '' ? undefined : slotsHeard(slots);
}

/** A pool of a version that does not say what it can do counts as one of the usual size. */
const USUAL: Load = { operationsPerSecond: 20_000, values: 1e12, bytes: 2 ** 30 };

function capacityOf({ capacityOperationsPerSecond, capacityValues, capacityBytes }: MemberEvent): Load {
  return {
    operationsPerSecond: capacityOperationsPerSecond || USUAL.operationsPerSecond,
    values: capacityValues || USUAL.values,
    bytes: capacityBytes || USUAL.bytes,
  };
}

/** What every pool will carry by the forecasts of its streams, as a share of its capacity. */
export function predictedLoads(state: PlacementState, stages: readonly AllocationState[]): Map<string, number> {
  const sums = new Map<string, Load>();
  for (const stage of stages) {
    for (const { pool = '', predicted } of streamsOf(state, stage)) {
      const { operationsPerSecond = 0, values = 0, bytes = 0 } = sums.get(pool) ?? {};
      sums.set(pool, {
        operationsPerSecond: operationsPerSecond + predicted.operationsPerSecond,
        values: values + predicted.values,
        bytes: bytes + predicted.bytes,
      });
    }
  }
  return new Map([...sums].map(([pool, load]) => [pool, relativeLoad(load, capacityOf(state.pools.get(pool) ?? NO_WORD))]));
}

const NO_WORD = { capacityOperationsPerSecond: 0, capacityValues: 0, capacityBytes: 0 } as MemberEvent;

/** Where the streams of a partition are folded. */
export type FoldedPartition = Pick<AllocationState, 'shards' | 'ranges' | 'partitionCount'>;

/** Streams of a partition that something may still be asked of: of a sequence that lives, and in the partition it is cut in now. */
function* placedStreams(partition: FoldedPartition): Generator<[StreamLedger, SequenceDefinition]> {
  for (const ledger of partition.shards.streams.values()) {
    const definition = definitionIn(partition, ledger.id);
    if (definition !== undefined) yield [ledger, definition];
  }
}

/** Undefined where the stream is of a sequence that is no more, or is cut in another partition since the sequence was altered. */
function definitionIn({ shards, ranges, partitionCount }: FoldedPartition, stream: string): SequenceDefinition | undefined {
  const name = sequenceOfStream(stream);
  const definition = ranges(partitionOf(name, partitionCount)).live.get(name)?.definition;
  const isHere = definition !== undefined && partitionOf(partitionKey(stream, definition), partitionCount) === shards.partition;
  return isHere ? definition : undefined;
}

/** Of two partitions that know a stream, the one that could move it. */
function isPlacedIn(partition: FoldedPartition, stream: string): boolean {
  return partition.shards.streams.has(stream) && definitionIn(partition, stream) !== undefined;
}

/** Streams that a pool still has: assigned to it, or with stock there that nobody wants back yet, or that is not back yet. */
export function streamsIn(partitions: readonly FoldedPartition[], pool: string): number {
  const found = new Set<StreamLedger>();
  for (const partition of partitions) {
    for (const [ledger] of placedStreams(partition)) if (ledger.pool === pool) found.add(ledger);
    for (const shard of partition.shards.openShards.values()) if (shard.pool === pool) found.add(shard.stream);
  }
  return found.size;
}

function streamsOf({ movedAtMs }: PlacementState, stage: AllocationState): StreamSnapshot[] {
  const { plans, moving } = stage;
  const streams: StreamSnapshot[] = [];
  for (const [ledger, definition] of placedStreams(stage)) {
    const { forecast, stock = 0, pool } = plans.get(ledger.id) ?? {};
    streams.push({
      stream: ledger.id,
      kind: isRegistered(definition) ? 'transaction' : 'throughput',
      pool: ledger.pool,
      predicted: {
        operationsPerSecond: (forecast?.rate ?? 0) / Math.max(1, forecast?.requestSize ?? 1),
        values: pool === ledger.pool ? stock : 0,
        bytes: STREAM_BYTES + SHARD_BYTES * ledger.open.length,
      },
      movedAtMs: movedAtMs.get(ledger.id) ?? Number.NEGATIVE_INFINITY,
      isMovable: !isRegistered(definition) && !moving.has(ledger.id),
    });
  }
  return streams;
}

function limitsNow(state: PlacementState, nowMs: number): PlacementLimits {
  const { coolDownMs } = state;
  const drainedMs = nowMs - state.drainedAtMs;
  const isDue = state.isResettling || [...state.draining].some((pool) => state.pools.has(pool));
  const drains = isDue && drainedMs >= DRAIN_EVERY_MS;
  const balances = nowMs - state.startedAtMs >= coolDownMs && nowMs - state.balancedAtMs >= BALANCE_EVERY_MS;
  if (drains) state.drainedAtMs = nowMs;
  if (balances) state.balancedAtMs = nowMs;
  return {
    drainMovesMax: drains ? Math.floor((Math.min(drainedMs, BUDGET_MS_MAX) * DRAIN_MOVES_PER_S) / 1_000) : 0,
    balanceMovesMax: balances ? BALANCE_MOVES_MAX : 0,
    coolDownMs,
  };
}

function forget({ movedAtMs, coolDownMs }: PlacementState, nowMs: number): void {
  for (const [stream, atMs] of movedAtMs) {
    if (nowMs - atMs < coolDownMs) return;
    movedAtMs.delete(stream);
  }
}

/**
 * What an allocator knows of one partition: its folded ledgers, the living pools, a plan per stream, and which of its own proposals
 * are on their way.
 */
import type { CursorsAhead } from '../core/ledger/proposing.ts';
import type { RangesState } from '../core/ledger/ranges.ts';
import type { LedgerRecord } from '../core/ledger/records.ts';
import type { ShardsState } from '../core/ledger/shards-state.ts';
import type { StreamPlan } from './stream-plan.ts';

/** A proposal not read back by then is decided again: well above the append latency of every engine. */
const REDECIDE_MS = 250;
/** A standby answers what stayed unanswered for so long: well above the time in which an owner's answer is read back. */
const STANDBY_MS = 400;

export interface Proposal {
  readonly log: 'ranges' | 'shards';
  readonly partition: number;
  readonly record: LedgerRecord;
}

/** A move on its way: kept from its decision until nothing is left to be recalled. */
export interface MoveUnderWay {
  readonly to: string;
  /** `Infinity` until the first look at it: what is read off the log has no time. */
  sinceMs: number;
}

export interface AllocationState {
  readonly partition: number;
  readonly partitionCount: number;
  readonly shards: ShardsState;
  readonly ranges: (partition: number) => RangesState;
  readonly plans: Map<string, StreamPlan>;
  /** False on a standby: it folds the same, and acts on what its owner leaves unanswered. */
  isOwned: boolean;
  readonly standbyMs: number;
  /** On a standby: streams that ordered, and since when nothing was decided for them. */
  readonly unanswered: Map<StreamPlan, number>;
  /** On a standby: since when the ledger owes a fence or a loss. */
  owedSinceMs: number;
  /** Orders answered because their owner did not, and when that was last. */
  takeOvers: number;
  tookOverAtMs: number;
  /** Living incarnation by pool, from the members topic. A pool that fell silent is not in it. */
  readonly pools: Map<string, string>;
  /** Streams that another pool than their own ordered for, and since when; they move after `moveAfterMs` of it. */
  readonly askedElsewhere: Map<string, number>;
  readonly moveAfterMs: number;
  /** Streams that are moved to another pool. */
  readonly moving: Map<string, MoveUnderWay>;
  /** Pools that get nothing new, by an operator's word. */
  draining: ReadonlySet<string>;
  /** Where a stream goes that its pool does not take; undefined where no pool does. */
  place: (stream: string) => string | undefined;
  /** False where callers of the stream cannot reach the pool: a primary of a Cluster that does not own its slot. */
  serves: (pool: string, stream: string) => boolean;
  /** Pools that were silent for so long that what lies with them is lost. */
  readonly gone: Set<string>;
  /** How long a former life may still serve streams in order: its loss is declared only after this. */
  readonly orderLeaseMs: number;
  /** When the living incarnation of each pool was first heard of. */
  readonly joinedAtMs: Map<string, number>;
  /** Lives that have shards here and that no members event told of: since when they are known. */
  readonly unknownSinceMs: Map<string, number>;
  /** Incarnations that another one of their pool followed. */
  readonly former: Set<string>;
  /** Plans with a burst that was announced and is not over. */
  readonly announced: Set<StreamPlan>;
  /** Plans to decide again as soon as the ledger moves. */
  readonly pending: Set<StreamPlan>;
  /** How long a proposal may be on its way before it is decided again. */
  readonly redecideMs: number;
  /** Cursors of sources as they will be once this allocator's own proposals are read back. */
  readonly ahead: CursorsAhead;
  /** Claims, opens, assignments and recalls in flight: key -> when proposed. */
  readonly inFlight: Map<string, number>;
}

export function emptyAllocation(options: {
  readonly shards: ShardsState;
  readonly ranges: (partition: number) => RangesState;
  readonly partitionCount: number;
  readonly redecideMs?: number;
  readonly isOwned?: boolean;
  readonly standbyMs?: number;
  readonly orderLeaseMs?: number;
  readonly moveAfterMs?: number;
}): AllocationState {
  const { shards, ranges, partitionCount, redecideMs = REDECIDE_MS } = options;
  const { isOwned = true, standbyMs = STANDBY_MS, orderLeaseMs = 0, moveAfterMs = 0 } = options;
  return {
    partition: shards.partition,
    partitionCount,
    shards,
    ranges,
    plans: new Map(),
    isOwned,
    standbyMs,
    unanswered: new Map(),
    owedSinceMs: Number.POSITIVE_INFINITY,
    takeOvers: 0,
    tookOverAtMs: 0,
    askedElsewhere: new Map(),
    moveAfterMs,
    moving: new Map(),
    draining: new Set(),
    place: () => undefined,
    serves: () => true,
    gone: new Set(),
    orderLeaseMs,
    pools: new Map(),
    joinedAtMs: new Map(),
    unknownSinceMs: new Map(),
    former: new Set(),
    announced: new Set(),
    pending: new Set(),
    redecideMs,
    ahead: new Map(),
    inFlight: new Map(),
  };
}

/** False while the same proposal may still be read back. */
export function launch(state: AllocationState, key: string, nowMs: number): boolean {
  if (state.inFlight.has(key)) return false;
  state.inFlight.set(key, nowMs);
  return true;
}

export function shardsProposal(state: AllocationState, record: LedgerRecord): Proposal {
  return { log: 'shards', partition: state.partition, record };
}

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

export interface Proposal {
  readonly log: 'ranges' | 'shards';
  readonly partition: number;
  readonly record: LedgerRecord;
}

export interface AllocationState {
  readonly partition: number;
  readonly partitionCount: number;
  readonly shards: ShardsState;
  readonly ranges: (partition: number) => RangesState;
  readonly plans: Map<string, StreamPlan>;
  /** Living incarnation by pool, from the members topic. */
  readonly pools: Map<string, string>;
  /** When the living incarnation of each pool was first heard of. */
  readonly joinedAtMs: Map<string, number>;
  /** Incarnations that another one of their pool followed. */
  readonly former: Set<string>;
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
}): AllocationState {
  const { shards, ranges, partitionCount, redecideMs = REDECIDE_MS } = options;
  return {
    partition: shards.partition,
    partitionCount,
    shards,
    ranges,
    plans: new Map(),
    pools: new Map(),
    joinedAtMs: new Map(),
    former: new Set(),
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

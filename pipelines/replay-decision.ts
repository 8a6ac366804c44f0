/**
 * One recorded decision, made again: the live reducers decide on a plan that the allocator may have had, and what they propose is held
 * against the shards that stand in the log.
 */
import type { Generation } from '../core/ledger/ranges.ts';
import type { ShardAllocated } from '../core/ledger/records.ts';
import { type AllocationState, onAnnouncement, onForecast, onLedgerMoved, type Proposal } from './allocation.ts';
import type { PossiblePlan } from './replay-plans.ts';
import { standAt } from './replay-reading.ts';
import type { Memory } from './replay-streams.ts';
import type { StreamPlan } from './stream-plan.ts';

/** The shards of one decision: consecutive in the log, because they were appended together. */
export interface Batch {
  readonly stream: string;
  readonly records: ShardAllocated[];
  /** Of its first record. */
  readonly offset: number;
  /** When the log took it. */
  readonly atMs: number;
  /** Of its shards that were accepted; undefined where none was. */
  generation: Generation | undefined;
  accepted: number;
}

export interface Difference {
  readonly field: string;
  readonly recorded: string | number;
  readonly derived: string | number;
}

export interface DecidedAgain {
  /** Nothing where the reducers propose exactly what was recorded. */
  readonly differences: readonly Difference[];
  /** Where the cursors of sources stand once what was proposed is read back. */
  readonly ahead: ReadonlyMap<number, number>;
  readonly isReadingTimeInferred: boolean;
}

/**
 * Leaves the state as it was. When an allocator read an order is not recorded, and before the first forecast the reserve depends on it:
 * where the time of the decision does not do, an earlier one is looked for that does.
 */
export function decidedAgain(state: AllocationState, possible: PossiblePlan, memory: Memory, batch: Batch): DecidedAgain {
  const direct = attempt(state, { possible, memory, batch, travelMs: possible.plan.orderTravelMs });
  if (direct.differences.length === 0 || possible.plan.forecast !== undefined || possible.orderedAtMs === undefined) return direct;
  const travelMs = readAfterMs(state, { possible, memory, batch });
  if (travelMs === undefined) return direct;
  return { ...attempt(state, { possible, memory, batch, travelMs }), isReadingTimeInferred: true };
}

interface Case {
  readonly possible: PossiblePlan;
  readonly memory: Memory;
  readonly batch: Batch;
}

/** Both the reserve and the size grow with the travel time: the shortest with which neither is too small is the only one that may fit. */
function readAfterMs(state: AllocationState, each: Case): number | undefined {
  const { records } = each.batch;
  const { decidedAtMs, reorderPoint, orderUpTo } = (records[0] as ShardAllocated).decision;
  const isEnough = (travelMs: number): boolean => {
    const { shards } = proposed(state, { ...each, travelMs });
    const decision = shards[0]?.decision;
    if (decision === undefined) return false;
    return decision.reorderPoint >= reorderPoint && decision.orderUpTo >= orderUpTo && sizeOf(shards) >= sizeOf(records);
  };
  let low = 0;
  let high = Math.max(0, decidedAtMs - (each.possible.orderedAtMs ?? 0));
  if (!isEnough(high)) return undefined;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function attempt(state: AllocationState, each: Case & { readonly travelMs: number }): DecidedAgain {
  const { shards, ahead } = proposed(state, each);
  return { differences: differencesOf(each.batch.records, shards), ahead, isReadingTimeInferred: false };
}

/** What the live reducers propose for the stream. */
function proposed(
  state: AllocationState,
  { possible, memory, batch, travelMs }: Case & { readonly travelMs: number },
): { readonly shards: readonly ShardAllocated[]; readonly ahead: ReadonlyMap<number, number> } {
  const { pool, incarnation, decision } = batch.records[0] as ShardAllocated;
  const { trigger, decidedAtMs } = decision;
  const before = new Map(state.ahead);
  state.isOwned = true;
  // It was alive, else nothing had been decided for it.
  state.pools.set(pool, incarnation);
  for (const way of WAYS[trigger]) {
    const plan: StreamPlan = { ...possible.plan, ...memory, orderTravelMs: travelMs, proposedOrder: 0 };
    state.plans.set(plan.stream, plan);
    const shards = shardsOf(way(state, plan, possible, decidedAtMs), plan.stream, trigger);
    const ahead = new Map(state.ahead);
    state.pending.clear();
    state.inFlight.clear();
    state.announced.clear();
    standAt(state, before);
    if (shards.length === 0) continue;
    state.pools.clear();
    return { shards, ahead };
  }
  state.pools.clear();
  return { shards: [], ahead: before };
}

type Way = (state: AllocationState, plan: StreamPlan, possible: PossiblePlan, nowMs: number) => Proposal[];

const byOrder: Way = (state, plan, _, nowMs) => {
  state.pending.add(plan);
  return onLedgerMoved(state, nowMs);
};
/** Heard once more, a forecast changes nothing of the plan, and is decided on. */
const byForecast: Way = (state, _, { lastForecast }, nowMs) => (lastForecast === undefined ? [] : onForecast(state, lastForecast, nowMs));
const byAnnouncement: Way = (state, plan, _, nowMs) => {
  const last = plan.declared.at(-1);
  return last === undefined ? [] : onAnnouncement(state, last, nowMs);
};

const WAYS: Readonly<Record<ShardAllocated['decision']['trigger'], readonly Way[]>> = {
  order: [byOrder],
  forecast: [byForecast, byAnnouncement],
  replace: [byForecast, byOrder, byAnnouncement],
  manual: [],
};

function shardsOf(proposals: readonly Proposal[], stream: string, trigger: string): ShardAllocated[] {
  const shards: ShardAllocated[] = [];
  for (const { record } of proposals) {
    if (record.kind === 'ShardAllocated' && record.stream === stream && record.decision.trigger === trigger) shards.push(record);
  }
  return shards;
}

function differencesOf(recorded: readonly ShardAllocated[], derived: readonly ShardAllocated[]): Difference[] {
  const [first, again] = [recorded[0] as ShardAllocated, derived[0]];
  if (again === undefined)
    return [{ field: 'decision', recorded: `${sizeOf(recorded)} values by ${first.decision.trigger}`, derived: 'nothing' }];
  const differences = fieldsThatDiffer(first.decision, again.decision);
  const count = { count: sizeOf(recorded), shards: recorded.length };
  differences.push(...fieldsThatDiffer(count, { count: sizeOf(derived), shards: derived.length }));
  for (const [index, { decision: _, ...shard }] of recorded.entries()) {
    const { decision: __, ...other } = derived[index] ?? again;
    differences.push(...fieldsThatDiffer(shard, other));
  }
  return differences;
}

function fieldsThatDiffer<Row extends object>(recorded: Row, derived: Row): Difference[] {
  const fields = Object.keys(recorded) as (keyof Row & string)[];
  return fields
    .filter((field) => !Object.is(recorded[field], derived[field]))
    .map((field) => ({ field, recorded: recorded[field] as string | number, derived: derived[field] as string | number }));
}

function sizeOf(shards: readonly ShardAllocated[]): number {
  return shards.reduce((sum, { start, end }) => sum + end - start, 0);
}

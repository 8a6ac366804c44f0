/**
 * Carries out a move of a stream to another pool, in steps that each follow from the folded ledger, so that any allocator goes on with
 * what another one began: the stream is assigned and the new pool is allocated a shard in one append; once that one says that it has it
 * (or for long says nothing), what the old pool still holds is recalled, and comes back by way of its store's revoke. Until then the old
 * pool serves on. A stream in order has to wait for the return first: its old pool gives back as soon as it reads the assignment.
 */
import type { StreamAssigned } from '../core/ledger/records.ts';
import type { Shard, StreamLedger } from '../core/ledger/shards-state.ts';
import { type AllocationState, launch, type MoveUnderWay, type Proposal, shardsProposal } from './allocation-state.ts';
import type { StreamPlan } from './stream-plan.ts';

/** A new pool that did not say by then that it has a shard will not: what the old one holds is taken back nevertheless. */
const SETTLE_MS = 1_500;
/** A move whose assignment was not accepted by then lost to another one. */
const GIVE_UP_MS = 5_000;

/** From now on the plan is about the new pool, which has nothing yet. */
export function retarget(state: AllocationState, plan: StreamPlan, to: string, nowMs: number): boolean {
  const incarnation = state.pools.get(to);
  if (incarnation === undefined || state.shards.lost.has(incarnation)) return false;
  state.moving.set(plan.stream, { to, sinceMs: nowMs });
  plan.pool = to;
  plan.incarnation = incarnation;
  plan.stock = 0;
  plan.waiting = 0;
  plan.seenOffset = state.shards.nextOffset - 1;
  plan.reportedAtMs = nowMs;
  // Decided again until the assignment is read back, whatever becomes of the first proposal.
  state.pending.add(plan);
  return true;
}

/**
 * A draining pool gets nothing new. What a stream lacks there goes to the pool that it moves to; what it has lasts until its turn comes.
 * False where nothing is to be decided now; where no pool takes the stream, the draining one goes on with it.
 */
export function isDiverted(state: AllocationState, plan: StreamPlan, trigger: 'order' | 'forecast', nowMs: number): boolean {
  const assigned = state.shards.streams.get(plan.stream)?.pool;
  const isOpen = assigned !== undefined && state.pools.has(assigned) && !state.draining.has(assigned);
  const isAtHome = isOpen && state.serves(assigned, plan.stream);
  const to = isAtHome ? assigned : state.place(plan.stream);
  if (to === undefined) return true;
  return trigger === 'order' && retarget(state, plan, to, nowMs);
}

/** True for what another pool says of a stream that is moved: it speaks of what is taken away from it. */
export function isLeftBehind(state: AllocationState, stream: string, pool: string): boolean {
  const move = state.moving.get(stream);
  return move !== undefined && move.to !== pool;
}

/**
 * An assignment was accepted: a stream that has stock in a pool it is not assigned to any more is being moved, whoever decided it. Who
 * meant it to be elsewhere gives that up: else two allocators would assign it to and fro.
 */
export function onAssigned(state: AllocationState, record: StreamAssigned): void {
  const plan = state.plans.get(record.stream);
  if (plan !== undefined && plan.pool !== record.pool) {
    state.pending.delete(plan);
    state.moving.delete(record.stream);
  }
  const stream = state.shards.streams.get(record.stream);
  if (stream !== undefined) noteMove(state, stream);
}

/** An allocator that begins finds the moves that others left half done. */
export function findMoves(state: AllocationState): void {
  for (const { stream } of state.shards.openShards.values()) noteMove(state, stream);
}

function noteMove(state: AllocationState, stream: StreamLedger): void {
  if (leftBehind(stream).length === 0 || state.moving.get(stream.id)?.to === stream.pool) return;
  state.moving.set(stream.id, { to: stream.pool, sinceMs: Number.POSITIVE_INFINITY });
}

/** Now and then: recalls whose time has come. They are owed until they are read back. */
export function owedRecalls(state: AllocationState, nowMs: number): Proposal[] {
  const proposals: Proposal[] = [];
  for (const [id, move] of state.moving) {
    move.sinceMs = Math.min(move.sinceMs, nowMs);
    const stream = state.shards.streams.get(id);
    const isAssigned = stream?.pool === move.to;
    const left = stream === undefined || !isAssigned ? [] : leftBehind(stream);
    const isOver = isAssigned ? left.length === 0 : nowMs - move.sinceMs >= GIVE_UP_MS || !state.pools.has(move.to);
    if (isOver) state.moving.delete(id);
    if (left.length === 0 || !mayRecall(state, id, move, left, nowMs)) continue;
    for (const shard of left) {
      // A standby only looks whether its owner leaves something undone.
      if (!state.isOwned || launch(state, `recall ${shard.id}`, nowMs))
        proposals.push(shardsProposal(state, { kind: 'ShardRecalled', shard: shard.id, because: 'drain' }));
    }
  }
  return proposals;
}

function mayRecall(state: AllocationState, id: string, { to, sinceMs }: MoveUnderWay, left: readonly Shard[], nowMs: number): boolean {
  if (nowMs - sinceMs >= SETTLE_MS || left.some((shard) => shard.ordered)) return true;
  // Where nobody can take from the old pool there is nothing to wait for.
  if (left.every(({ pool, incarnation }) => state.pools.get(pool) !== incarnation)) return true;
  const plan = state.plans.get(id);
  return plan !== undefined && plan.pool === to && plan.stock > 0;
}

/** Shards that a pool holds which the stream is not assigned to any more, and that nobody wants back yet. */
export function leftBehind(stream: StreamLedger): Shard[] {
  return stream.open.filter((shard) => shard.pool !== stream.pool && !shard.recalled && shard.gapless !== true);
}

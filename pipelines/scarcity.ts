/**
 * Who gets the last ordinals of a sequence: once every ordinal is claimed, what one stream holds and another waits for is recalled,
 * and nobody fills a reserve with it meanwhile.
 */
import { couldServe } from '../core/ledger/exhaustion.ts';
import { usableOrdinals } from '../core/ledger/proposing.ts';
import type { Generation } from '../core/ledger/ranges.ts';
import type { Shard, StreamLedger } from '../core/ledger/shards-state.ts';
import { SHARDS_PER_ORDER_MAX } from '../core/limits.ts';
import { sequenceOfStream } from '../core/stream.ts';
import { type AllocationState, launch, type Proposal, shardsProposal } from './allocation-state.ts';
import { AMOUNT_MAX } from './plausible.ts';
import { positionOf, type StreamPlan } from './stream-plan.ts';

/** No order is so large that its share of this would be too small. */
const ENOUGH = 64 * AMOUNT_MAX;
/** A pool that got a shard for waiting callers has served them by then, whether it says so or not. */
const SERVING_FACTOR = 4;

/** What nobody holds, as far as this partition can know: unclaimed, or claimed and uncut here. Exact where it is little enough to matter. */
export function leftOf(state: AllocationState, ledger: StreamLedger | undefined, { name, id, next, capacity }: Generation): number {
  const unclaimed = capacity - next;
  if (unclaimed > ENOUGH) return unclaimed;
  return unclaimed + usableOrdinals(state.shards, { stream: ledger, name, generation: id, ahead: state.ahead });
}

/** Asks the streams that can spare them for the shards that `starved` could be served from. */
export function recallForExhaustion(state: AllocationState, generation: Generation, starved: StreamPlan, nowMs: number): Proposal[] {
  const proposals: Proposal[] = [];
  const ledger = state.shards.streams.get(starved.stream);
  for (const shard of state.shards.openShards.values()) {
    if (proposals.length === SHARDS_PER_ORDER_MAX) break;
    const useful = couldServe(shard, generation, starved.stream, ledger);
    if (!useful || shard.recalled || keepsFrom(state, shard, starved, nowMs)) continue;
    if (launch(state, `recall ${shard.id}`, nowMs))
      proposals.push(shardsProposal(state, { kind: 'ShardRecalled', shard: shard.id, because: 'exhaustion' }));
  }
  return proposals;
}

/**
 * Once every ordinal is claimed, those go first whose callers wait, one after the other by name: else what was recalled for one is
 * cut again for a reserve, or goes to and fro in parts that are too small for any.
 */
export function yields(
  state: AllocationState,
  plan: StreamPlan,
  ledger: StreamLedger | undefined,
  generation: Generation,
  count: number,
): boolean {
  if (generation.next < generation.capacity) return false;
  const waits = positionOf(plan, ledger) < 0;
  let lacking = 0;
  for (const other of state.pending) {
    if (other === plan || sequenceOfStream(other.stream) !== generation.name || (waits && other.stream > plan.stream)) continue;
    lacking += Math.max(0, -positionOf(other, state.shards.streams.get(other.stream)));
  }
  return (
    lacking > 0 && usableOrdinals(state.shards, { stream: ledger, name: generation.name, generation: generation.id }) < count + lacking
  );
}

/**
 * Of two streams that lack ordinals the one first by name gathers them: else each would hold what the other waits for. And what was
 * cut for waiting callers is left with them until their pool had the time to serve them.
 */
function keepsFrom(state: AllocationState, shard: Shard, starved: StreamPlan, nowMs: number): boolean {
  const plan = state.plans.get(shard.stream.id);
  if (plan === undefined) return false;
  if (positionOf(plan, shard.stream) < 0) return plan.stream < starved.stream;
  const newest = shard.stream.open.at(-1) ?? shard;
  const isUnserved = plan.waiting > 0 && plan.seenOffset < newest.id;
  return isUnserved && nowMs - newest.decision.decidedAtMs < SERVING_FACTOR * state.redecideMs;
}

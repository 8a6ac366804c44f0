/**
 * Consumes   seqcast.forecasts, seqcast.orders, seqcast.announcements, seqcast.members; folds seqcast.ranges and seqcast.shards
 * Produces   proposals to seqcast.ranges (claims, resets) and seqcast.shards (opens, assignments, shards, recalls, fences, losses)
 * State      the two folded ledgers of one partition, and per stream the last report, the last forecast and the last order
 * Guarantee  acts only on what was read back; two allocators on one partition are harmless, because the log arbitrates
 * On failure a proposal that was lost or rejected is decided again from the state that won, at the next report or tick
 * Metrics    seqcast_allocations_total, seqcast_allocated_values_total, seqcast_returns_total, seqcast_rejected_records_total
 */
import { owedFences, owedReset, owedResets } from '../core/ledger/housekeeping.ts';
import { openOf, proposeClaim, proposeShards, unopenedClaims, usableOrdinals } from '../core/ledger/proposing.ts';
import type { Generation } from '../core/ledger/ranges.ts';
import type { LedgerRecord, ShardsRecord } from '../core/ledger/records.ts';
import { isHeldByOtherLife, type StreamLedger } from '../core/ledger/shards-state.ts';
import type { Verdict } from '../core/ledger/verdict.ts';
import { SHARDS_PER_ORDER_MAX } from '../core/limits.ts';
import { isRegistered } from '../core/pool-kind.ts';
import { decide, type Outcome } from '../core/sizing/decision.ts';
import { partitionKey, partitionOf, sequenceOfStream } from '../core/stream.ts';
import type { BurstDeclared, Forecast, RefillOrder } from '../schemas/messages.ts';
import { isDiverted, isLeftBehind, onAssigned, owedRecalls, retarget } from './allocation-moves.ts';
import { lossesOf, lossesOfGone, staysElsewhere } from './allocation-pools.ts';
import { type AllocationState, launch, type Proposal, shardsProposal } from './allocation-state.ts';
import { notOver, peakBurstRate, withBurst } from './announced-bursts.ts';
import { LEAD_TIME_MS_MAX, plausible, RATE_MAX, upTo } from './plausible.ts';
import { leftOf, recallForExhaustion, yields } from './scarcity.ts';
import { decisionInput, foreseenUntilMs, newPlan, reported, type StreamPlan } from './stream-plan.ts';

export { findMoves } from './allocation-moves.ts';
export { onPoolGone, onPoolJoined, onPoolLeft } from './allocation-pools.ts';
export { type AllocationState, emptyAllocation, type Proposal } from './allocation-state.ts';

/** A new claim is made when fewer than this many order sizes are left uncut: claim and open are two appends away. */
const CLAIM_AHEAD = 4;

export function onOrder(state: AllocationState, order: RefillOrder, nowMs: number): Proposal[] {
  if (isLeftBehind(state, order.stream, order.pool) || staysElsewhere(state, order, nowMs)) return [];
  const plan = planOf(state, order.stream, nowMs);
  reported(plan, order);
  plan.fastRate = upTo(RATE_MAX, order.fastRate);
  plan.isExact = order.exact;
  plan.orderTravelMs = upTo(LEAD_TIME_MS_MAX, nowMs - order.atMs);
  if (!state.isOwned) {
    if (!state.unanswered.has(plan)) state.unanswered.set(plan, nowMs);
    return [];
  }
  return decideStream(state, plan, nowMs, 'order');
}

export function onForecast(state: AllocationState, forecast: Forecast, nowMs: number): Proposal[] {
  if (isLeftBehind(state, forecast.stream, forecast.pool) || staysElsewhere(state, forecast, nowMs)) return [];
  const plan = planOf(state, forecast.stream, nowMs);
  plan.forecast = plausible(forecast);
  reported(plan, forecast);
  plan.fastRate = Math.max(plan.forecast.rate, plan.waiting > 0 ? plan.fastRate : 0);
  return state.isOwned ? decideStream(state, plan, nowMs, 'forecast') : [];
}

export function onAnnouncement(state: AllocationState, declared: BurstDeclared, nowMs: number): Proposal[] {
  const plan = planOf(state, declared.stream, nowMs);
  plan.declared = withBurst(plan.declared, declared, nowMs);
  state.announced.add(plan);
  return state.isOwned ? decideStream(state, plan, nowMs, 'forecast') : [];
}

/** A record of the shards log was judged: what lost takes everything with it that was built on it, and is decided again. */
export function onJudged(state: AllocationState, record: ShardsRecord, verdict: Verdict): void {
  if (record.kind === 'StreamAssigned' && verdict === 'accepted') onAssigned(state, record);
  if (record.kind !== 'ShardAllocated') return;
  if (verdict === 'accepted') {
    if ((state.ahead.get(record.source) ?? 0) <= record.end) state.ahead.delete(record.source);
    return;
  }
  state.ahead.clear();
  const plan = state.plans.get(record.stream);
  if (plan === undefined || plan.proposedOrder !== record.order) return;
  plan.proposedOrder = 0;
  state.pending.add(plan);
}

/** Moves a stream to another pool: the assignment and the first shard there are proposed at once. */
export function moveStream(state: AllocationState, stream: string, to: string, nowMs: number): Proposal[] {
  const ledger = state.shards.streams.get(stream);
  if (ledger === undefined || ledger.pool === to || state.moving.has(stream)) return [];
  const plan = planOf(state, stream, nowMs);
  return retarget(state, plan, to, nowMs) ? decideStream(state, plan, nowMs, 'order') : [];
}

/** A record of either ledger was folded: what waited for it is decided again. */
export function onLedgerMoved(state: AllocationState, nowMs: number): Proposal[] {
  if (state.pending.size === 0) return [];
  return [...state.pending].flatMap((plan) => decideStream(state, plan, nowMs, 'order'));
}

/** Now and then: everything owed and not read back is proposed again; a standby does what its owner left undone. */
export function onTick(state: AllocationState, nowMs: number): Proposal[] {
  const owed = owedOf(state, nowMs);
  if (owed.length === 0) state.owedSinceMs = Number.POSITIVE_INFINITY;
  else state.owedSinceMs = Math.min(state.owedSinceMs, nowMs);
  const proposals = state.isOwned || nowMs - state.owedSinceMs >= state.standbyMs ? owed : [];
  for (const [plan, sinceMs] of state.unanswered) {
    if (!state.isOwned && nowMs - sinceMs < state.standbyMs) continue;
    state.unanswered.delete(plan);
    const answer = decideStream(state, plan, nowMs, 'order');
    proposals.push(...answer);
    if (answer.length === 0 || state.isOwned) continue;
    state.takeOvers++;
    state.tookOverAtMs = nowMs;
  }
  for (const [key, atMs] of state.inFlight) if (nowMs - atMs >= state.redecideMs) state.inFlight.delete(key);
  // A proposal that vanished leaves a hole that every cut behind it would fall into.
  const vanished = [...state.pending].some((plan) => plan.proposedOrder > 0 && nowMs - plan.proposedAtMs >= state.redecideMs);
  if (vanished) state.ahead.clear();
  return [...proposals, ...onLedgerMoved(state, nowMs), ...forBursts(state, nowMs)];
}

/** Before an announced burst its stream may be silent: no report and no forecast comes that it would be decided on. */
function forBursts(state: AllocationState, nowMs: number): Proposal[] {
  const proposals: Proposal[] = [];
  for (const plan of state.announced) {
    plan.declared = notOver(plan.declared, nowMs);
    if (plan.declared.length === 0) state.announced.delete(plan);
    else if (state.isOwned && peakBurstRate(plan.declared, nowMs, foreseenUntilMs(plan, state.redecideMs, nowMs)) > 0)
      proposals.push(...decideStream(state, plan, nowMs, 'forecast'));
  }
  return proposals;
}

function owedOf(state: AllocationState, nowMs: number): Proposal[] {
  const owed: Proposal[] = [];
  for (let p = 0; p < state.partitionCount; p++) {
    for (const record of owedFences(state.ranges(p), state.shards)) owed.push(shardsProposal(state, record));
  }
  const { partition } = state;
  for (const record of owedResets(state.ranges(partition), nowMs)) owed.push({ log: 'ranges', partition, record });
  owed.push(...owedRecalls(state, nowMs));
  for (const [pool, incarnation] of state.pools) owed.push(...lossesOf(state, pool, incarnation, nowMs));
  for (const pool of state.gone) owed.push(...lossesOfGone(state, pool, nowMs));
  return owed;
}

/** Decides one stream on what is known now. Proposes nothing while its last proposal may still be read back. */
function decideStream(state: AllocationState, plan: StreamPlan, nowMs: number, trigger: 'order' | 'forecast'): Proposal[] {
  const name = sequenceOfStream(plan.stream);
  const generation = liveGeneration(state, name);
  if (state.draining.has(plan.pool) && !isDiverted(state, plan, trigger, nowMs)) return [];
  const incarnation = state.pools.get(plan.pool);
  const isLost = incarnation === undefined || incarnation !== plan.incarnation || state.shards.lost.has(incarnation);
  // Without a living generation or pool there is nobody to allocate for; a later report finds the plan again.
  if (generation === undefined || isLost || !state.serves(plan.pool, plan.stream)) {
    state.pending.delete(plan);
    return [];
  }
  // A report of before an alter may name the partition the stream was in then; its order is kept by one partition only.
  if (partitionOf(partitionKey(plan.stream, generation.definition), state.partitionCount) !== state.partition) {
    state.pending.delete(plan);
    return [];
  }
  const reset = owedReset(generation, nowMs);
  // No pool serves from a period that is over: what is asked for is cut from the next one.
  if (reset !== undefined) {
    state.pending.add(plan);
    const isNew = launch(state, `reset ${name} ${generation.id}`, nowMs);
    return isNew ? [{ log: 'ranges', partition: partitionOf(name, state.partitionCount), record: reset }] : [];
  }
  const ledger = state.shards.streams.get(plan.stream);
  if ((ledger?.lastOrder ?? 0) < plan.proposedOrder && nowMs - plan.proposedAtMs < state.redecideMs) return [];
  const left = leftOf(state, ledger, generation);
  const outcome = decide(decisionInput(plan, ledger, generation, nowMs, trigger, foreseenUntilMs(plan, state.redecideMs, nowMs), left));
  // What a stream was granted in a database stays with it: nothing of it could be cut for another.
  if (outcome.kind === 'nothing' || (outcome.kind === 'return' && isRegistered(generation.definition))) {
    state.pending.delete(plan);
    return [];
  }
  if (outcome.kind === 'return') return giveBack(state, plan, ledger, outcome, nowMs);
  if (yields(state, plan, ledger, generation, outcome.count)) {
    state.pending.add(plan);
    return [];
  }
  return order(state, plan, ledger, generation, outcome, nowMs);
}

type OrderOutcome = Extract<Outcome, { kind: 'order' }>;
type ReturnOutcome = Extract<Outcome, { kind: 'return' }>;

function order(
  state: AllocationState,
  plan: StreamPlan,
  ledger: StreamLedger | undefined,
  generation: Generation,
  outcome: OrderOutcome,
  nowMs: number,
): Proposal[] {
  const proposals: Proposal[] = [];
  if (ledger === undefined || ledger.pool !== plan.pool) {
    const assignment = (ledger?.assignment ?? 0) + 1;
    const record: LedgerRecord = { kind: 'StreamAssigned', stream: plan.stream, pool: plan.pool, assignment };
    if (launch(state, `assign ${plan.stream} ${assignment}`, nowMs)) proposals.push(shardsProposal(state, record));
  }
  const stream = ledger ?? { id: plan.stream, pool: plan.pool, assignment: 0, lastOrder: 0, high: 0, highGeneration: -1, open: [] };
  const { name, id } = generation;
  const { pool, incarnation } = plan;
  // Cut now, the records would be rejected; what moves the ledger on is the return or loss of what the other life holds.
  if (generation.definition.order !== 'none' && isHeldByOtherLife(stream, incarnation)) {
    state.pending.add(plan);
    return proposals;
  }
  const { ahead } = state;
  const cut = proposeShards(state.shards, { stream, name, generation: id, pool, incarnation, ahead, ...outcome });
  for (const record of cut.records) proposals.push(shardsProposal(state, record));
  if (cut.records.length > 0) {
    plan.proposedOrder = stream.lastOrder + cut.records.length;
    plan.proposedAtMs = nowMs;
    plan.lastOrderSize = outcome.count - cut.missing;
    plan.lastOrderAtMs = nowMs;
  }
  // Until it is read back, or has all it wants, the stream is decided again when the ledger moves.
  state.pending.add(plan);
  const left = usableOrdinals(state.shards, { stream: ledger, name, generation: id, ahead });
  if (cut.missing > 0 || left < CLAIM_AHEAD * outcome.count) {
    proposals.push(...moreRange(state, generation, outcome.count, nowMs, cut.missing > 0 ? plan : undefined));
  }
  return proposals;
}

/** Opens what was claimed, else claims, else asks other streams to give back what the last ordinals lie in. */
function moreRange(
  state: AllocationState,
  generation: Generation,
  count: number,
  nowMs: number,
  starved: StreamPlan | undefined,
): Proposal[] {
  const { name, id, definition } = generation;
  const log = partitionOf(name, state.partitionCount);
  const unopened = unopenedClaims(state.ranges(log), state.shards, name);
  if (unopened.length > 0) {
    const fresh = unopened.filter((claim) => launch(state, `open ${log}:${claim.offset}`, nowMs));
    return fresh.map((claim) => shardsProposal(state, openOf(state.ranges(log), claim)));
  }
  const alone = partitionKey(`${name}/`, definition) === name;
  const claim = proposeClaim(generation, state.partition, count, alone);
  if (claim !== undefined) {
    return launch(state, `claim ${name} ${id} ${generation.next}`, nowMs) ? [{ log: 'ranges', partition: log, record: claim }] : [];
  }
  return starved === undefined || starved.waiting === 0 ? [] : recallForExhaustion(state, generation, starved, nowMs);
}

/**
 * Recalls whole shards that fit into the surplus, largest first. Where none fits (one large shard is the stock), a small one is
 * allocated first, and the large one fits a minute later: the stream is never left without stock. An ordered stream can only go
 * on above what it holds, so it gives back from the newest shard down, and replaces nothing.
 */
function giveBack(
  state: AllocationState,
  plan: StreamPlan,
  ledger: StreamLedger | undefined,
  outcome: ReturnOutcome,
  nowMs: number,
): Proposal[] {
  state.pending.delete(plan);
  const open = (ledger?.open ?? []).filter((shard) => !shard.recalled && shard.incarnation === plan.incarnation);
  const newer = open.slice(1).reduce((sum, shard) => sum + shard.end - shard.start, 0);
  const rests = open.map((shard, index) => ({ shard, rest: index === 0 ? Math.max(0, plan.stock - newer) : shard.end - shard.start }));
  const isOrdered = open[0]?.ordered === true;
  // The first one may leave half an order less than a whole: were the rate to grow a little after a replacement was sized, the
  // replacement would go back, not the large shard, and the next one be sized in vain as well.
  let left = outcome.surplus + (outcome.keep - outcome.decision.reorderPoint) / 2;
  const proposals: Proposal[] = [];
  for (const { shard, rest } of isOrdered ? rests.reverse() : rests.sort((a, b) => b.rest - a.rest)) {
    if (isOrdered && rest > left) break;
    if (rest === 0 || rest > left || proposals.length === SHARDS_PER_ORDER_MAX) continue;
    left = Math.min(left, outcome.surplus) - rest;
    proposals.push(shardsProposal(state, { kind: 'ShardRecalled', shard: shard.id, because: 'surplus' }));
  }
  if (proposals.length > 0) {
    plan.lastReturnAtMs = nowMs;
    return proposals;
  }
  const generation = liveGeneration(state, sequenceOfStream(plan.stream));
  if (generation === undefined || isOrdered || outcome.surplus < outcome.keep) return [];
  const decision = outcome.decision;
  return order(state, plan, ledger, generation, { kind: 'order', count: outcome.keep, decision }, nowMs);
}

function planOf(state: AllocationState, stream: string, nowMs: number): StreamPlan {
  let plan = state.plans.get(stream);
  if (plan === undefined) {
    plan = newPlan(stream, nowMs);
    state.plans.set(stream, plan);
  }
  return plan;
}

function liveGeneration(state: AllocationState, name: string): Generation | undefined {
  return state.ranges(partitionOf(name, state.partitionCount)).live.get(name);
}

/**
 * Consumes   seqcast.shards (the allocation topic), folded by the ledger's own rules; seqcast.forecasts, for when to order
 * Produces   load, revoke and forget commands to the pool's store; ShardReturned and ShardBurned records to seqcast.shards
 * State      per shard addressed to this life of the pool: loading, loaded, revoking, returning
 * Guarantee  a shard is loaded at most once, by the incarnation it names; only what the store took out first is returned
 * On failure an unknown outcome of a load is revoked, never guessed; a return is appended again until it is read back
 * Metrics    seqcast_shards_loaded_total, seqcast_shards_returned_total, seqcast_lead_time_seconds
 */
import { assert } from '../core/assertion.ts';
import type { ShardBurned, ShardReturned, ShardsRecord } from '../core/ledger/records.ts';
import { ALL_RULES, type Rules } from '../core/ledger/rules.ts';
import { isFenced, type Shard, type ShardsState } from '../core/ledger/shards-state.ts';
import type { SequenceDefinition } from '../core/sequence.ts';
import { reserve } from '../core/sizing/reserve.ts';
import type { Forecast } from '../schemas/messages.ts';
import type { LoadOutcome, RevokeReply, ShardToLoad } from './ports.ts';

export type FillingPhase = 'loading' | 'loaded' | 'revoking' | 'returning';

const NEXT_PHASES: Readonly<Record<FillingPhase, readonly FillingPhase[]>> = {
  loading: ['loaded', 'revoking'],
  loaded: ['revoking'],
  revoking: ['returning'],
  returning: [],
};

export interface FillingShard {
  readonly partition: number;
  readonly shard: number;
  readonly toLoad: ShardToLoad;
  /** When its allocation was decided: the lead time is measured from here. */
  readonly decidedAtMs: number;
  phase: FillingPhase;
  /** The record that closes it, once the store said what it took out. */
  closing: ClosingRecord | undefined;
  /** When the command or append now under way was sent; sent again after `RESEND_MS`. */
  sentAtMs: number;
}

export type ClosingRecord = ShardReturned | ShardBurned;

export interface FillingState {
  readonly pool: string;
  readonly rules: Rules;
  readonly periodEndOf: PeriodEndOf;
  incarnation: string;
  /** The pool stops: what still arrives goes back as well. */
  draining: boolean;
  /** By partition, then by shard id. */
  readonly shards: Map<number, Map<number, FillingShard>>;
}

export type Effect =
  | { readonly kind: 'load'; readonly shard: ShardToLoad }
  | { readonly kind: 'revoke'; readonly partition: number; readonly shard: number }
  | { readonly kind: 'forget'; readonly partition: number; readonly shard: number }
  | { readonly kind: 'append'; readonly partition: number; readonly record: ClosingRecord }
  /** This living pool was declared lost: its store must begin a new life, or it never gets stock again. */
  | { readonly kind: 'remint' };

/** A command or append whose outcome did not arrive by then is sent again. */
const RESEND_MS = 1_000;

/** When the period of a generation is over, in milliseconds since the epoch; `Infinity` where it has none. */
export type PeriodEndOf = (sequence: string, generation: number) => number;

const NO_PERIODS: PeriodEndOf = () => Number.POSITIVE_INFINITY;

export function emptyFilling(
  pool: string,
  incarnation: string,
  rules: Rules = ALL_RULES,
  periodEndOf: PeriodEndOf = NO_PERIODS,
): FillingState {
  return { pool, incarnation, rules, periodEndOf, draining: false, shards: new Map() };
}

/** A record of a shards partition was folded and accepted; `ledger` is the state after it. */
export function onAccepted(state: FillingState, ledger: ShardsState, offset: number, record: ShardsRecord, nowMs: number): Effect[] {
  switch (record.kind) {
    case 'ShardAllocated':
      return onAllocated(state, ledger, offset, nowMs);
    case 'ShardRecalled':
      return revokeIfHeld(state, ledger.partition, record.shard, nowMs);
    case 'GenerationFenced':
    case 'RangeOpened':
      return revokeFenced(state, ledger, nowMs);
    case 'StreamAssigned':
      return record.pool === state.pool ? [] : revokeWhere(state, ledger, (shard) => mustLeaveAtOnce(shard, record.stream), nowMs);
    case 'ShardReturned':
    case 'ShardBurned':
      return closed(state, ledger.partition, record.shard);
    case 'PoolLost':
      return onLost(state, record.incarnation);
    default:
      return [];
  }
}

function onAllocated(state: FillingState, ledger: ShardsState, offset: number, nowMs: number): Effect[] {
  const shard = ledger.openShards.get(offset);
  if (shard === undefined || shard.pool !== state.pool) return [];
  // What was meant for a former life of this pool may have been issued by it.
  if (state.rules.incarnation && shard.incarnation !== state.incarnation) return [];
  const toLoad = shardToLoad(state, ledger, shard);
  held(state, ledger.partition).set(offset, {
    partition: ledger.partition,
    shard: offset,
    toLoad,
    decidedAtMs: shard.decision.decidedAtMs,
    phase: 'loading',
    closing: undefined,
    sentAtMs: nowMs,
  });
  return [{ kind: 'load', shard: toLoad }];
}

/**
 * This process started anew and has read the log to its end: what is open for this life may or may not be loaded. A load settles
 * it (`held`: it is served on; `seen`: it is not there any more, and is closed); what is wanted back is taken out at once.
 */
export function onCaughtUp(state: FillingState, ledger: ShardsState, nowMs: number): Effect[] {
  if (ledger.lost.has(state.incarnation)) return [{ kind: 'remint' }];
  const effects: Effect[] = [];
  for (const shard of ledger.openShards.values()) {
    const loads = onAllocated(state, ledger, shard.id, nowMs);
    const leaves = shard.ordered && shard.stream.pool !== state.pool;
    const wantedBack = shard.recalled || leaves || isFenced(ledger, shard.name, shard.generation);
    effects.push(...(wantedBack ? revokeIfHeld(state, ledger.partition, shard.id, nowMs) : loads));
  }
  return effects;
}

/** The store answered a load. `unknown`: it may or may not have loaded, so it is asked to take out whatever it has. */
export function onLoadReply(
  state: FillingState,
  partition: number,
  shardId: number,
  outcome: LoadOutcome | 'unknown',
  nowMs: number,
): Effect[] {
  const shard = held(state, partition).get(shardId);
  if (shard === undefined || shard.phase !== 'loading') return [];
  if (outcome === 'loaded' || outcome === 'held') {
    move(shard, 'loaded', nowMs);
    return state.draining ? revoke(shard, nowMs) : [];
  }
  return revoke(shard, nowMs);
}

/** The store answered a revoke: its reply, and nothing else, goes back to the ledger. */
export function onRevokeReply(state: FillingState, partition: number, shardId: number, reply: RevokeReply, nowMs: number): Effect[] {
  const shard = held(state, partition).get(shardId);
  if (shard === undefined || shard.phase !== 'revoking') return [];
  // A store that lives another life cannot say what this one issued: the loss of the incarnation closes the shard.
  if (reply.outcome === 'fenced') return [];
  const { incarnation } = state;
  // Absent may mean lost after it was issued from: nothing of it is freed.
  if (reply.outcome === 'absent') shard.closing = { kind: 'ShardBurned', shard: shardId, incarnation, from: shard.toLoad.start };
  else shard.closing = { kind: 'ShardReturned', shard: shardId, incarnation: reply.incarnation, slices: reply.slices };
  move(shard, 'returning', nowMs);
  return [{ kind: 'append', partition, record: shard.closing }];
}

/** Every unissued ordinal was taken, or somebody wants the shard back: take out what is left and close it. */
export function onWantedBack(state: FillingState, partition: number, shardId: number, nowMs: number): Effect[] {
  return revokeIfHeld(state, partition, shardId, nowMs);
}

/** A clean stop: everything this pool holds goes back, newest first, so that an ordered stream may have all of it again. */
export function onDrain(state: FillingState, nowMs: number): Effect[] {
  state.draining = true;
  return [...state.shards.values()].flatMap((ofPartition) =>
    [...ofPartition.values()]
      .reverse()
      .flatMap((shard) => (shard.phase === 'loading' || shard.phase === 'loaded' ? revoke(shard, nowMs) : [])),
  );
}

/** Once a second: what was sent and not answered is sent again. */
export function onTick(state: FillingState, nowMs: number): Effect[] {
  const effects: Effect[] = [];
  for (const ofPartition of state.shards.values()) {
    for (const shard of ofPartition.values()) {
      if (shard.phase === 'loaded' || nowMs - shard.sentAtMs < RESEND_MS) continue;
      shard.sentAtMs = nowMs;
      if (shard.closing !== undefined) effects.push({ kind: 'append', partition: shard.partition, record: shard.closing });
      // A load without an answer is of unknown outcome.
      else if (shard.phase === 'loading') effects.push(...revoke(shard, nowMs));
      else effects.push({ kind: 'revoke', partition: shard.partition, shard: shard.shard });
    }
  }
  return effects;
}

/** The store lives a new life: nothing of the old one is held any more. */
export function onNewLife(state: FillingState, incarnation: string): void {
  state.incarnation = incarnation;
  state.shards.clear();
}

/** The stock at which the pool orders by itself, as the allocator would see it by this forecast: nobody waits for a tick. */
export function reorderPointOf(
  forecast: Forecast,
  definition: Pick<SequenceDefinition, 'rideThroughMs' | 'rideThroughClass' | 'targetStallsPpm'>,
): number {
  const { leadTimeMs, requestSize, horizons } = forecast;
  const { rideThroughMs, rideThroughClass, targetStallsPpm } = definition;
  return reserve({ leadTimeMs, requestSize, horizons, rideThroughMs, rideThroughClass, targetStallsPpm, declaredRate: 0, fastRate: 0 })
    .reorderPoint;
}

/** True when nothing is held, on its way or not yet read back. */
export function isDrained(state: FillingState): boolean {
  for (const ofPartition of state.shards.values()) if (ofPartition.size > 0) return false;
  return true;
}

/**
 * The stream lives in another pool now. What has no order is served on until it is recalled, when the other pool has stock; where an order
 * is kept, that pool may be given none before this one gave back what it holds.
 */
function mustLeaveAtOnce({ toLoad }: FillingShard, stream: string): boolean {
  return toLoad.ordered && toLoad.stream === stream;
}

function onLost(state: FillingState, incarnation: string): Effect[] {
  return incarnation === state.incarnation ? [{ kind: 'remint' }] : [];
}

function closed(state: FillingState, partition: number, shardId: number): Effect[] {
  return held(state, partition).delete(shardId) ? [{ kind: 'forget', partition, shard: shardId }] : [];
}

function revokeFenced(state: FillingState, ledger: ShardsState, nowMs: number): Effect[] {
  return revokeWhere(state, ledger, (shard) => isFenced(ledger, shard.toLoad.sequence, shard.toLoad.generation), nowMs);
}

function revokeWhere(state: FillingState, ledger: ShardsState, wanted: (shard: FillingShard) => boolean, nowMs: number): Effect[] {
  const effects: Effect[] = [];
  for (const shard of held(state, ledger.partition).values()) {
    if (wanted(shard)) effects.push(...revokeIfHeld(state, ledger.partition, shard.shard, nowMs));
  }
  return effects;
}

function revokeIfHeld(state: FillingState, partition: number, shardId: number, nowMs: number): Effect[] {
  const shard = held(state, partition).get(shardId);
  return shard === undefined || (shard.phase !== 'loading' && shard.phase !== 'loaded') ? [] : revoke(shard, nowMs);
}

function revoke(shard: FillingShard, nowMs: number): Effect[] {
  move(shard, 'revoking', nowMs);
  return [{ kind: 'revoke', partition: shard.partition, shard: shard.shard }];
}

function move(shard: FillingShard, to: FillingPhase, nowMs: number): void {
  assert(NEXT_PHASES[shard.phase].includes(to), `a shard being filled cannot go from ${shard.phase} to ${to}`);
  shard.phase = to;
  shard.sentAtMs = nowMs;
}

function held(state: FillingState, partition: number): Map<number, FillingShard> {
  let ofPartition = state.shards.get(partition);
  if (ofPartition === undefined) {
    ofPartition = new Map();
    state.shards.set(partition, ofPartition);
  }
  return ofPartition;
}

function shardToLoad({ periodEndOf }: FillingState, ledger: ShardsState, shard: Shard): ShardToLoad {
  const { start, end, name, generation, ordered, id, stream } = shard;
  const untilMs = periodEndOf(name, generation);
  const period = untilMs === Number.POSITIVE_INFINITY ? {} : { untilMs };
  return { start, end, stream: stream.id, sequence: name, generation, partition: ledger.partition, shard: id, ordered, ...period };
}

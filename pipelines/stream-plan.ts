/**
 * What an allocator remembers of a stream between decisions: what its pool reported last, what the forecast says, what was
 * ordered last. About 300 bytes beside the forecast message itself; `bench/streams` measures it.
 */
import type { Generation } from '../core/ledger/ranges.ts';
import type { StreamLedger } from '../core/ledger/shards-state.ts';
import type { DecisionInput } from '../core/sizing/decision.ts';
import { allocationsPerHour } from '../core/sizing/order-size.ts';
import type { Forecast, RefillOrder } from '../schemas/messages.ts';
import { type AnnouncedBursts, NO_BURSTS, peakBurstRate } from './announced-bursts.ts';

/** An announced burst counts a lead time before it begins, and so many times earlier as a decision may take to be made again. */
const ANNOUNCED_AHEAD = 8;

export interface StreamPlan {
  readonly stream: string;
  pool: string;
  incarnation: string;
  stock: number;
  waiting: number;
  seenOffset: number;
  /** When the pool said so, by its clock. */
  reportedAtMs: number;
  fastRate: number;
  /** The pool keeps no stock of the stream: only what is waited for is allocated, but for a burst that was announced. */
  isExact: boolean;
  /** How long the last order was on its way here: about half a lead time, and all that is known of it before the first load. */
  orderTravelMs: number;
  forecast: Forecast | undefined;
  declared: AnnouncedBursts;
  lastOrderSize: number;
  lastOrderAtMs: number;
  lastReturnAtMs: number;
  /** Last order number proposed and when: nothing is proposed again while it may still be read back. */
  proposedOrder: number;
  proposedAtMs: number;
}

/** How long an order placed now takes until it is usable, as far as that is known. */
function leadTimeMsOf({ forecast, orderTravelMs }: StreamPlan): number {
  return forecast?.leadTimeMs ?? 2 * orderTravelMs;
}

/** Until when a burst that was announced is decided on now. */
export function foreseenUntilMs(plan: StreamPlan, redecideMs: number, nowMs: number): number {
  return nowMs + leadTimeMsOf(plan) + ANNOUNCED_AHEAD * redecideMs;
}

/** Everything `decide` needs to know of a stream, gathered from report, forecast, announcement and ledger. */
export function decisionInput(
  plan: StreamPlan,
  ledger: StreamLedger | undefined,
  generation: Generation,
  nowMs: number,
  trigger: 'order' | 'forecast',
  /** Until when a burst that begins must find its stock decided. */
  foreseenUntilMs: number,
  /** Values of the generation that nobody holds. */
  left: number,
): DecisionInput {
  const { definition } = generation;
  const { forecast, declared } = plan;
  return {
    trigger,
    nowMs,
    stock: plan.stock,
    waiting: plan.waiting,
    onOrder: onOrderOf(plan, ledger),
    fastRate: plan.fastRate,
    rate: forecast?.rate ?? 0,
    meanSqrtRate: forecast?.meanSqrtRate ?? 0,
    leadTimeMs: leadTimeMsOf(plan),
    requestSize: forecast?.requestSize ?? 1,
    horizons: forecast?.horizons ?? [],
    forecastAtMs: forecast?.cutoffMs ?? 0,
    declaredRate: declared === NO_BURSTS ? 0 : peakBurstRate(declared, nowMs, foreseenUntilMs),
    rideThroughMs: definition.rideThroughMs,
    rideThroughClass: definition.rideThroughClass,
    targetStallsPpm: definition.targetStallsPpm,
    lastOrderSize: plan.lastOrderSize,
    lastOrderAtMs: plan.lastOrderAtMs,
    lastReturnAtMs: plan.lastReturnAtMs,
    allocationsPerHour: allocationsPerHour(definition.burnCost),
    isExact: plan.isExact,
    left,
  };
}

/** What the stream has and will have, less what its callers wait for: negative when somebody waits for more than is on its way. */
export function positionOf(plan: StreamPlan, ledger: StreamLedger | undefined): number {
  return plan.stock - plan.waiting + onOrderOf(plan, ledger);
}

/** Values accepted for this life of the pool since its report: on their way, or loaded and not reported yet. */
function onOrderOf(plan: StreamPlan, ledger: StreamLedger | undefined): number {
  let total = 0;
  for (const shard of ledger?.open ?? []) {
    if (shard.id > plan.seenOffset && shard.incarnation === plan.incarnation && !shard.recalled) total += shard.end - shard.start;
  }
  return total;
}

/** Takes over what a pool says of its stock. */
export function reported(plan: StreamPlan, report: RefillOrder | Forecast): void {
  // Reports overtake each other where topics differ; the one that saw more of the ledger, or as much and later, is the newer one.
  const atMs = report.kind === 'RefillOrder' ? report.atMs : report.cutoffMs;
  const isOlder = report.seenOffset < plan.seenOffset || (report.seenOffset === plan.seenOffset && atMs < plan.reportedAtMs);
  if (report.incarnation === plan.incarnation && isOlder) return;
  plan.pool = report.pool;
  plan.incarnation = report.incarnation;
  plan.stock = report.stock;
  plan.waiting = report.waiting;
  plan.seenOffset = report.seenOffset;
  plan.reportedAtMs = atMs;
}

/** A stream is looked at for a minute before anything of it goes back: a young forecast knows no demand yet. */
export function newPlan(stream: string, nowMs: number): StreamPlan {
  return {
    stream,
    pool: '',
    incarnation: '',
    stock: 0,
    waiting: 0,
    seenOffset: -1,
    reportedAtMs: Number.NEGATIVE_INFINITY,
    fastRate: 0,
    isExact: false,
    orderTravelMs: 0,
    forecast: undefined,
    declared: NO_BURSTS,
    lastOrderSize: 0,
    lastOrderAtMs: Number.NEGATIVE_INFINITY,
    lastReturnAtMs: nowMs,
    proposedOrder: 0,
    proposedAtMs: Number.NEGATIVE_INFINITY,
  };
}

/**
 * What a replay of allocations keeps of each stream: the messages that may still matter, the plans its allocator may have had, and what
 * it said last.
 */
import { RETURN_INTERVAL_MS } from '../core/sizing/surplus.ts';
import type { BurstDeclared, Forecast, RefillOrder } from '../schemas/messages.ts';
import { type AnnouncedBursts, NO_BURSTS, withBurst } from './announced-bursts.ts';
import type { Heard, PossiblePlan } from './replay-plans.ts';
import { newPlan, type StreamPlan } from './stream-plan.ts';

/** What an allocator remembers of its own last words about a stream, and of bursts. */
export type Memory = Pick<StreamPlan, 'lastOrderSize' | 'lastOrderAtMs' | 'lastReturnAtMs' | 'declared'>;

export interface StreamReplay {
  readonly id: string;
  forecasts: Heard<Forecast>[];
  orders: Heard<RefillOrder>[];
  readonly announced: Heard<BurstDeclared>[];
  /** Forecasts before it were heard by the last decision. */
  nextForecast: number;
  possible: readonly PossiblePlan[];
  /** After the last batch that was proposed, and after the last one that was accepted. */
  proposed: Memory;
  accepted: Memory;
  /** Offset of the last record that called a shard of it back. */
  calledBackAt: number;
  /** Log time of the last batch. */
  atMs: number;
  hasAgreed: boolean;
}

/** Forecasts of a partition that a new allocator takes up again; older ones are nobody's concern any more. */
const FORECASTS_READ_BACK = 4_096;
/** Orders before those that were surely read: a standby may answer them later. */
const ORDERS_READ_BACK = 256;
/** Messages are let go in lots, so that it costs nothing per message. */
const LOT = 512;
/** Forecasts behind which nothing is left of what a new allocator heard before. */
const FRESH_FORECASTS = 32;

/** `sinceMs`: when it was heard of first; nothing of it was given back before. */
export function newStreamReplay(id: string, sinceMs: number): StreamReplay {
  const memory = { lastOrderSize: 0, lastOrderAtMs: Number.NEGATIVE_INFINITY, lastReturnAtMs: sinceMs, declared: NO_BURSTS };
  return {
    id,
    forecasts: [],
    orders: [],
    announced: [],
    nextForecast: 0,
    possible: [unheard(id, 0)],
    proposed: memory,
    accepted: memory,
    calledBackAt: Number.NEGATIVE_INFINITY,
    atMs: Number.NEGATIVE_INFINITY,
    hasAgreed: false,
  };
}

function unheard(id: string, nextOrder: number): PossiblePlan {
  return { plan: newPlan(id, Number.NEGATIVE_INFINITY), nextOrder, lastForecast: undefined, orderedAtMs: undefined };
}

/** Where the forecast that a decision names stands; -1 for a decision without one, undefined where it is gone. */
export function offsetOfForecast({ forecasts, nextForecast, possible }: StreamReplay, cutoffMs: number): number | undefined {
  if (cutoffMs === 0) return -1;
  const next = forecasts.find(({ offset, message }) => offset >= nextForecast && message.cutoffMs === cutoffMs);
  if (next !== undefined) return next.offset;
  if (possible[0]?.plan.forecast?.cutoffMs === cutoffMs) return nextForecast - 1;
  return forecasts.find(({ message }) => message.cutoffMs === cutoffMs)?.offset;
}

/** A plan that began empty, and the forecasts it heard since, where the allocator began anew between two decisions. */
export function freshStart(stream: StreamReplay, beganAtMs: number, upTo: number): { from: PossiblePlan; forecasts: Heard<Forecast>[] } {
  const firstOrder = stream.orders.find(({ atMs }) => atMs >= beganAtMs)?.offset ?? Number.POSITIVE_INFINITY;
  const forecasts = stream.forecasts.filter(({ offset }) => offset <= upTo).slice(-FRESH_FORECASTS);
  return { from: unheard(stream.id, firstOrder), forecasts };
}

/** What it may have remembered: its last batch, or the last one that was accepted where another allocator proposed the last; nothing if new. */
export function memoriesOf(stream: StreamReplay, { isFresh, atMs, nowMs }: { isFresh: boolean; atMs: number; nowMs: number }): Memory[] {
  const memories = stream.proposed === stream.accepted ? [stream.proposed] : [stream.proposed, stream.accepted];
  if (isFresh) {
    const lastOrderAtMs = Number.NEGATIVE_INFINITY;
    memories.push({ lastOrderSize: 0, lastOrderAtMs, lastReturnAtMs: lastOrderAtMs, declared: NO_BURSTS });
  }
  if (stream.announced.length === 0) return memories;
  const known = stream.announced.filter((each) => each.atMs <= atMs);
  // The newest one may have been on its way.
  const bursts = [known, known.slice(0, -1)].map((each) => foldedBursts(each, nowMs));
  return memories.flatMap((memory) => bursts.map((declared) => ({ ...memory, declared })));
}

function foldedBursts(announced: readonly Heard<BurstDeclared>[], nowMs: number): AnnouncedBursts {
  return announced.reduce((bursts: AnnouncedBursts, { message }) => withBurst(bursts, message, nowMs), NO_BURSTS);
}

export function noteOrdered(stream: StreamReplay, size: number, decidedAtMs: number, isAccepted: boolean): void {
  stream.proposed = { ...stream.proposed, lastOrderSize: size, lastOrderAtMs: decidedAtMs };
  if (isAccepted) stream.accepted = stream.proposed;
}

/**
 * When shards were called back is not recorded, only that two such decisions are a minute apart: a bound, and all that a return asks for.
 * What stands together in the log was one decision.
 */
export function noteCalledBack(stream: StreamReplay, offset: number): void {
  const isSameDecision = offset === stream.calledBackAt + 1;
  stream.calledBackAt = offset;
  if (isSameDecision) return;
  const lastReturnAtMs = stream.proposed.lastReturnAtMs + RETURN_INTERVAL_MS;
  const isSame = stream.proposed === stream.accepted;
  stream.proposed = { ...stream.proposed, lastReturnAtMs };
  stream.accepted = isSame ? stream.proposed : { ...stream.accepted, lastReturnAtMs };
}

/** Goes on from these plans; what no later decision can depend on is let go. */
export function goOnFrom(stream: StreamReplay, possible: readonly PossiblePlan[], upTo: number): void {
  stream.possible = possible;
  stream.nextForecast = Math.max(0, upTo + 1);
  if (stream.forecasts.length > LOT) {
    const newest = stream.forecasts.at(-1)?.offset ?? 0;
    const kept = Math.min(stream.nextForecast, newest - FORECASTS_READ_BACK);
    stream.forecasts = stream.forecasts.filter(({ offset }) => offset >= kept);
  }
  if (stream.orders.length > LOT) {
    const read = Math.min(...possible.map(({ nextOrder }) => nextOrder));
    const first = stream.orders.findIndex(({ offset }) => offset >= read);
    stream.orders = stream.orders.slice(Math.max(0, (first === -1 ? stream.orders.length : first) - ORDERS_READ_BACK));
  }
}

/**
 * One decision about one stream: order, give back, or nothing; with the numbers it was made by. Pure arithmetic over what the
 * pool reported, what the forecast says and what the ledger shows on order.
 */
import type { Decision } from '../ledger/records.ts';
import { economicSize, orderSize } from './order-size.ts';
import { type HorizonDemand, reserve } from './reserve.ts';
import { withinShare } from './share.ts';
import { surplus } from './surplus.ts';

export interface DecisionInput {
  readonly trigger: Decision['trigger'];
  readonly nowMs: number;
  readonly stock: number;
  readonly waiting: number;
  readonly onOrder: number;
  readonly fastRate: number;
  readonly rate: number;
  readonly meanSqrtRate: number;
  readonly leadTimeMs: number;
  readonly requestSize: number;
  readonly horizons: readonly HorizonDemand[];
  readonly forecastAtMs: number;
  readonly declaredRate: number;
  readonly rideThroughMs: number;
  readonly rideThroughClass: 'expected' | 'insured';
  readonly targetStallsPpm: number;
  readonly lastOrderSize: number;
  readonly lastOrderAtMs: number;
  readonly lastReturnAtMs: number;
  /** What the stream aims at; see `economicSize`. */
  readonly allocationsPerHour?: number | undefined;
  /** Values of the sequence that nobody holds; `Infinity` where left out. */
  readonly left?: number;
  /** The stream keeps no stock: what is waited for and no more, unless a burst is announced. */
  readonly isExact?: boolean;
}

export type Outcome =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'order'; readonly count: number; readonly decision: Decision }
  | { readonly kind: 'return'; readonly surplus: number; readonly keep: number; readonly decision: Decision };

const NOTHING: Outcome = { kind: 'nothing' };

export function decide(input: DecisionInput): Outcome {
  const { stock, waiting, onOrder } = input;
  const position = stock - waiting + onOrder;
  if (input.isExact === true && input.declaredRate === 0) return exactly(input, -position);
  const { reorderPoint, part } = reserve(input);
  const because = (orderUpTo: number, rate: number): Decision => ({
    trigger: input.trigger,
    position,
    reorderPoint,
    orderUpTo,
    rate,
    reserve: waiting > 0 && position < 0 ? 'waiting' : part,
    forecastAtMs: input.forecastAtMs,
    decidedAtMs: input.nowMs,
  });
  if (position <= reorderPoint) {
    const sinceLastOrderMs = input.nowMs - input.lastOrderAtMs;
    const { leadTimeMs, fastRate, meanSqrtRate, lastOrderSize } = input;
    const order = {
      position,
      waiting,
      reorderPoint,
      leadTimeMs,
      rate: input.rate,
      meanSqrtRate,
      fastRate,
      lastOrderSize,
      sinceLastOrderMs,
      allocationsPerHour: input.allocationsPerHour,
    };
    const size = orderSize(order);
    const orderUpTo = withinShare({ position, orderUpTo: size.orderUpTo, left: input.left ?? Number.POSITIVE_INFINITY });
    if (orderUpTo === undefined) return NOTHING;
    return { kind: 'order', count: Math.min(size.count, orderUpTo - position), decision: because(orderUpTo, size.rate) };
  }
  const size = economicSize(input.rate, input.meanSqrtRate, input.allocationsPerHour);
  const sinceLastReturnMs = input.nowMs - input.lastReturnAtMs;
  const over = surplus({ stock, waiting, onOrder, reorderPoint, orderSize: size, sinceLastReturnMs });
  if (over === 0) return NOTHING;
  const keep = Math.ceil(reorderPoint + size);
  return { kind: 'return', surplus: over, keep, decision: { ...because(keep, input.rate), trigger: 'replace' } };
}

/** Cut for those who wait. What is there besides goes back by the pool's own doing. */
function exactly({ trigger, rate, forecastAtMs, nowMs }: DecisionInput, missing: number): Outcome {
  if (missing <= 0) return NOTHING;
  const decision: Decision = {
    ...{ trigger, position: -missing, reorderPoint: 0, orderUpTo: 0, rate, forecastAtMs },
    reserve: 'waiting',
    decidedAtMs: nowMs,
  };
  return { kind: 'order', count: missing, decision };
}

/**
 * How much to order once a stream has reached its reorder point: by what an allocation costs (the economic order quantity), not
 * by a quantile of demand, which hoards after bursts. A burst guard without any model watches how fast the last order was eaten.
 * Source: docs/how-it-works/sizing.md.
 */
import type { BurnCost } from '../sequence.ts';

/** Allocations an hour that a stream aims at: what an allocation costs, in the only unit operators agree on. */
export const ALLOCATIONS_PER_HOUR = 55;
/**
 * Dearer values are held in smaller orders: what a crash burns is about half of one. So many times the allocations make each a quarter, or
 * a sixteenth; still fewer than one in four seconds, at the long-run rate.
 */
const ALLOCATIONS_BY_BURN_COST = { none: 1, low: 4, high: 16 } as const satisfies Record<BurnCost, number>;

/** How many allocations an hour a stream aims at whose values cost so much when they are burnt. */
export function allocationsPerHour(burnCost: BurnCost): number {
  return ALLOCATIONS_PER_HOUR * ALLOCATIONS_BY_BURN_COST[burnCost];
}

/** The drain rate of the last order counts up to this multiple of the fast rate: noise in one order must not hoard. */
const DRAIN_CAP = 1.5;

export interface OrderInput {
  readonly position: number;
  readonly waiting: number;
  readonly reorderPoint: number;
  readonly leadTimeMs: number;
  /** Values per second over the last minute, and the long-run mean of its square root. */
  readonly rate: number;
  readonly meanSqrtRate: number;
  /** Values per second over the last seconds, as the pool sees it. */
  readonly fastRate: number;
  readonly lastOrderSize: number;
  /** Time since the last order; `Infinity` before the first. */
  readonly sinceLastOrderMs: number;
  /** What the stream aims at; `ALLOCATIONS_PER_HOUR` where left out. */
  readonly allocationsPerHour?: number | undefined;
}

export interface OrderSize {
  readonly count: number;
  readonly orderUpTo: number;
  /** The rate the size was computed with. */
  readonly rate: number;
}

/** Without any history an order lasts this long at the rate of the moment: short, because the moment may be a lone burst. */
const COLD_ORDER_S = 10;

/** Square-root law: at the long-run mean this yields so many orders an hour, at any rate the least idle stock. */
export function economicSize(rate: number, meanSqrtRate: number, allocationsPerHour = ALLOCATIONS_PER_HOUR): number {
  if (meanSqrtRate === 0) return Math.max(1, rate * COLD_ORDER_S);
  return Math.max(1, (3_600 / allocationsPerHour) * meanSqrtRate * Math.sqrt(rate));
}

export function orderSize(input: OrderInput): OrderSize {
  const sinceS = Math.max(input.sinceLastOrderMs, 1) / 1_000;
  const drained = Number.isFinite(sinceS) ? input.lastOrderSize / sinceS : 0;
  const guard = Math.min(drained, DRAIN_CAP * input.fastRate);
  const rate = Math.max(input.rate, guard, input.waiting > 0 ? input.fastRate : 0);
  let orderUpTo = input.reorderPoint + economicSize(rate, input.meanSqrtRate, input.allocationsPerHour);
  // Callers wait: whatever the model says, the next lead time and a second will be asked for at the rate seen now.
  if (input.waiting > 0) orderUpTo = Math.max(orderUpTo, input.fastRate * (input.leadTimeMs / 1_000 + 1));
  const count = Math.max(1, Math.ceil(orderUpTo - input.position));
  return { count, orderUpTo: Math.ceil(orderUpTo), rate };
}

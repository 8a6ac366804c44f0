/**
 * Perfect foresight with one order a minute: each holds exactly what will be asked for until the next one is usable, and for a
 * ride-through what will be asked for until supply is back. No forecast with as many orders can hold less and never stall.
 */
import type { Policy, StockView } from '../harness/policy.ts';
import { REVIEW_S } from './newsvendor.ts';
import { positionOf } from './reorder-point.ts';
import { TrueDemand } from './true-demand.ts';

export interface ForesightOptions {
  readonly leadTimeS: number;
  readonly rideThroughS?: number;
}

export function foresight(counts: Uint32Array, { leadTimeS, rideThroughS = 0 }: ForesightOptions): Policy {
  const demand = new TrueDemand(counts);
  /** From an order until the stock it makes up for is made up for by the next one. */
  const coverS = leadTimeS + coverOfRideThroughS(leadTimeS, rideThroughS);
  let isStarted = false;
  function upTo(nextOrderS: number, view: StockView): number {
    isStarted = true;
    // Demand up to now has left the stock already, or waits.
    const gone = demand.before(Math.floor(view.atS)) + (view.elapsedS < 1 ? view.arrived : 0);
    return Math.max(0, demand.before(Math.ceil(nextOrderS + coverS)) - gone - positionOf(view));
  }
  return {
    name: 'foresight, an order a minute',
    lostAfterS: Number.POSITIVE_INFINITY,
    returnsAtStop: true,
    get alertAt() {
      return isStarted ? -1 : 0;
    },
    order: (view) => (isStarted && view.waiting === 0 ? 0 : upTo(REVIEW_S * Math.ceil(view.atS / REVIEW_S), view)),
    secondEnded: (_, view) => (view.atS % REVIEW_S === 0 ? upTo(view.atS + REVIEW_S, view) : 0),
  };
}

/** An allocator that goes away now is back after the ride-through, and its values a lead time later. */
export function coverOfRideThroughS(leadTimeS: number, rideThroughS: number): number {
  return rideThroughS > 0 ? rideThroughS + leadTimeS : 0;
}

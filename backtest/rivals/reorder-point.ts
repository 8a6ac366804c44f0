/**
 * The textbook rules with constants: order when the position (on hand, less what is waited for, and on order) has fallen to s; up to S,
 * or always Q.
 */
import type { Policy, StockView } from '../harness/policy.ts';

/** Those of the measurements that this rule is compared by. */
const REORDER_AT = 5_000;
const UP_TO = 20_000;

export function orderUpTo(reorderAt = REORDER_AT, upTo = UP_TO): Policy {
  return reorderPoint(`(s,S) ${reorderAt}, ${upTo}`, reorderAt, (position) => upTo - position);
}

/** Several orders may be on their way: below s by more than Q it orders again. */
export function orderQuantity(name: string, reorderAt: number, quantity: number): Policy {
  return reorderPoint(name, reorderAt, () => quantity);
}

function reorderPoint(name: string, reorderAt: number, size: (position: number) => number): Policy {
  let onOrder = 0;
  return {
    name,
    lostAfterS: Number.POSITIVE_INFINITY,
    returnsAtStop: true,
    get alertAt() {
      return reorderAt - onOrder;
    },
    reorderPoint: reorderAt,
    order(view) {
      const position = positionOf(view);
      if (position > reorderAt) return 0;
      const count = Math.max(1, Math.ceil(size(position)));
      onOrder += count;
      return count;
    },
    delivered(count) {
      onOrder -= count;
    },
  };
}

export function positionOf({ stock, waiting, onOrder }: StockView): number {
  return stock - waiting + onOrder;
}

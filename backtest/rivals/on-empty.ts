/** Generators without a prefetch: who finds nothing fetches, and everybody waits for it. They differ in how much they fetch. */
import type { Policy, StockView } from '../harness/policy.ts';

/** Stock on hand never makes them do anything: only a caller who waits does. */
export const ONLY_WAITING = -1;

export interface OnEmpty {
  readonly name: string;
  /** Size of the block to fetch, asked when somebody waits and nothing is on its way. */
  size(view: StockView): number;
  delivered?(count: number, view: StockView): void;
  secondEnded?(demand: number, view: StockView): number;
}

export function onEmpty(rule: OnEmpty): Policy {
  return {
    lostAfterS: Number.POSITIVE_INFINITY,
    returnsAtStop: false,
    alertAt: ONLY_WAITING,
    order: (view) => (view.waiting > 0 && view.onOrder === 0 ? rule.size(view) : 0),
    ...rule,
  };
}

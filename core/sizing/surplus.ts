/**
 * When stock goes back: what will not be needed before it can be had again is returned to the ledger, seldom enough that returns
 * stay cheap. Source: docs/how-it-works/sizing.md (ride-through and returns).
 */

/** At most one return a minute and stream: more often costs allocations without less idle stock. */
export const RETURN_INTERVAL_MS = 60_000;
/** Below two order sizes, or a quarter of the reserve, a surplus is ordinary scatter. */
const ORDER_SIZES_KEPT = 2;
const RESERVE_SHARE_KEPT = 0.25;

export interface SurplusInput {
  readonly stock: number;
  readonly waiting: number;
  readonly onOrder: number;
  readonly reorderPoint: number;
  /** Order size at the present rate. */
  readonly orderSize: number;
  readonly sinceLastReturnMs: number;
}

/** Values to give back now, or 0. */
export function surplus(input: SurplusInput): number {
  if (input.onOrder > 0 || input.waiting > 0 || input.sinceLastReturnMs < RETURN_INTERVAL_MS) return 0;
  const over = input.stock - (input.reorderPoint + input.orderSize);
  const kept = Math.max(ORDER_SIZES_KEPT * input.orderSize, RESERVE_SHARE_KEPT * input.reorderPoint);
  return over > kept ? Math.floor(over) : 0;
}

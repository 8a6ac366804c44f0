/** Drives a policy by hand, without a harness: what it is told of its stock, and what it answers. */
import type { Policy, StockView } from '../../../backtest/harness/policy.ts';

export class StockDriver {
  readonly policy: Policy;
  readonly view: { -readonly [K in keyof StockView]: StockView[K] } = { atS: 0, stock: 0, waiting: 0, onOrder: 0, arrived: 0, elapsedS: 0 };

  constructor(policy: Policy) {
    this.policy = policy;
  }

  /** What it orders with so much on hand at that time; asked only if it wants to be. The order stays on its way. */
  ordersAt(atS: number, stock: number, waiting = 0): number {
    Object.assign(this.view, { atS, stock, waiting });
    if (waiting === 0 && stock > this.policy.alertAt) return 0;
    return this.note(this.policy.order(this.view));
  }

  deliver(count: number, atS = this.view.atS): void {
    this.view.atS = atS;
    this.policy.delivered?.(count, this.view);
    this.view.onOrder -= count;
    const served = Math.min(this.view.waiting, count);
    this.view.waiting -= served;
    this.view.stock += count - served;
  }

  /** Orders, has it delivered at once, and says how much it was. */
  fetchAt(atS: number, stock: number, waiting = 0): number {
    const count = this.ordersAt(atS, stock, waiting);
    if (count > 0) this.deliver(count);
    return count;
  }

  /** A second ends at that time with so much on hand. */
  secondEnds(atS: number, demand: number, stock = this.view.stock): number {
    Object.assign(this.view, { atS, stock, elapsedS: 1, arrived: demand });
    const answer = this.policy.secondEnded?.(demand, this.view) ?? 0;
    if (answer < 0) this.view.stock += answer;
    return this.note(answer);
  }

  private note(count: number): number {
    if (count > 0) this.view.onOrder += count;
    return count;
  }
}

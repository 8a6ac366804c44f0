/**
 * Whether the stock on hand would have outlasted an allocator that goes away for a given time, asked now and then: orders on their
 * way are lost, and supply is back a lead time after the allocator. Questions wait until their outage is over.
 */
import type { OutageResult } from './result.ts';

export class Outages {
  private readonly outageS: number;
  /** From the last order that is answered to the first one after it. */
  private readonly withoutSupplyS: number;
  private asked = 0;
  private survived = 0;
  private demanded = 0;
  private lacked = 0;
  /** All outages last alike, so they end in the order in which they began: from `first` on. */
  private endsS: number[] = [];
  private totals: number[] = [];
  private onHands: number[] = [];
  private first = 0;
  /** When the first of them is over. */
  private nextEndS = Infinity;

  constructor(outageS: number, leadTimeS: number) {
    this.outageS = outageS;
    this.withoutSupplyS = outageS + leadTimeS;
  }

  ask(second: number, total: number, onHand: number): void {
    this.endsS.push(second + this.withoutSupplyS);
    this.totals.push(total);
    this.onHands.push(onHand);
    this.nextEndS = this.endsS[this.first] ?? Infinity;
  }

  /** A second's demand comes on top of `total`. */
  pass(second: number, total: number, demand: number): void {
    if (this.nextEndS > second + 1) return;
    while (this.nextEndS <= second + 1) {
      this.answer(total + demand * (this.nextEndS - second) - (this.totals[this.first] ?? 0), this.onHands[this.first] ?? 0);
      this.first++;
      this.nextEndS = this.endsS[this.first] ?? Infinity;
    }
    if (this.first > 64 && 2 * this.first > this.endsS.length) this.forget();
  }

  /** Outages that outlast the trace have no known end and are not counted. */
  result(): OutageResult {
    const { outageS, asked, survived } = this;
    return { outageS, asked, survived, stalledShare: this.lacked / Math.max(1, this.demanded) };
  }

  private answer(demanded: number, onHand: number): void {
    this.asked++;
    this.demanded += demanded;
    if (onHand >= demanded) this.survived++;
    else this.lacked += demanded - Math.max(0, onHand);
  }

  private forget(): void {
    this.endsS = this.endsS.slice(this.first);
    this.totals = this.totals.slice(this.first);
    this.onHands = this.onHands.slice(this.first);
    this.first = 0;
  }
}

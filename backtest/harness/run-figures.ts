/** What a run is judged by, counted as it goes: stock over time, waits, operations, and what would have been had supply stopped. */
import { Autonomy } from './autonomy.ts';
import { Outages } from './outages.ts';
import type { Policy } from './policy.ts';
import type { StreamResult } from './result.ts';
import { STEPS_PER_SECOND } from './split-second.ts';
import { Waits } from './waits.ts';

/** One question each 61 s: coprime to hours and minutes, so that every phase of a schedule is met. */
const ASKED_EVERY_S = 61;

export interface CountedPart {
  readonly countFromS: number;
  readonly outagesS: readonly number[];
  readonly leadTimeS: number;
}

export class RunFigures {
  readonly waits: Waits;
  private readonly countFromS: number;
  private readonly autonomy = new Autonomy();
  private readonly outages: readonly Outages[];
  private counting = false;
  private nextAskS = 0;
  /** Seconds begun, and demand before the present one: of all the trace. */
  private seconds = 0;
  private total = 0;
  private demanded = 0;
  private stalled = 0;
  private stalledAtFirst = 0;
  private isFirstDelivered = false;
  private orders = 0;
  private returns = 0;
  private idleS = 0;
  private onTheWayS = 0;
  private maxIdle = 0;

  constructor(part: CountedPart, lostAfterS: number) {
    this.countFromS = part.countFromS;
    this.waits = new Waits(lostAfterS, part.countFromS);
    this.outages = part.outagesS.map((outageS) => new Outages(outageS, part.leadTimeS));
    this.nextAskS = Math.ceil(part.countFromS / ASKED_EVERY_S) * ASKED_EVERY_S;
  }

  /** A second begins with so much on hand, and so much waited for. */
  begin(second: number, demand: number, stock: number, waiting: number): void {
    this.seconds = second + 1;
    if (second < this.countFromS) return;
    if (!this.counting) {
      this.counting = true;
      this.maxIdle = stock;
    }
    this.demanded += demand;
    if (second < this.nextAskS) return;
    this.nextAskS += ASKED_EVERY_S;
    this.autonomy.ask(second, this.total, stock - waiting);
    for (const outages of this.outages) outages.ask(second, this.total, stock - waiting);
  }

  /** The second is over: questions whose answer lies in it are answered. */
  end(second: number, demand: number): void {
    if (this.counting) {
      this.autonomy.pass(second, this.total, demand);
      for (let i = 0; i < this.outages.length; i++) this.outages[i]?.pass(second, this.total, demand);
    }
    this.total += demand;
  }

  hold(stock: number, onOrder: number, spanS: number): void {
    if (!this.counting) return;
    this.idleS += stock * spanS;
    this.onTheWayS += onOrder * spanS;
  }

  stall(atStep: number, count: number): void {
    this.waits.join(atStep, count);
    if (!this.counting) return;
    this.stalled += count;
    if (!this.isFirstDelivered) this.stalledAtFirst += count;
  }

  ordered(): void {
    if (this.counting) this.orders++;
  }

  delivered(stock: number): void {
    this.isFirstDelivered = true;
    if (this.counting && stock > this.maxIdle) this.maxIdle = stock;
  }

  returned(): void {
    if (this.counting) this.returns++;
  }

  result(of: { policy: Policy; stream: string; leadTime: string; rideThroughS: number }): StreamResult {
    const seconds = Math.max(0, this.seconds - this.countFromS);
    const meanOver = (sumS: number): number => sumS / Math.max(1, seconds);
    const burntAtCrash = meanOver(this.idleS + this.onTheWayS);
    return {
      policy: of.policy.name,
      stream: of.stream,
      leadTime: of.leadTime,
      rideThroughS: of.rideThroughS,
      seconds,
      demanded: this.demanded,
      stalled: this.stalled,
      stalledAtFirst: this.stalledAtFirst,
      ...this.waits.figures(this.seconds * STEPS_PER_SECOND, this.demanded),
      orders: this.orders,
      returns: this.returns,
      meanIdle: meanOver(this.idleS),
      maxIdle: this.maxIdle,
      autonomyMinutes: this.autonomy.minutes(this.seconds, this.total, meanOver(this.demanded)),
      outages: this.outages.map((outages) => outages.result()),
      burntAtCrash,
      burntAtStop: of.policy.returnsAtStop ? 0 : burntAtCrash,
    };
  }
}

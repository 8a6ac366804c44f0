/**
 * One policy over one stream, fed second by second: a trace may be longer than memory, and any number of runs may be fed from the same
 * pieces. A second in which the stock stays above the policy's alert, nobody waits and nothing is delivered is one subtraction; others
 * go by steps of ten milliseconds, within which demand is even: deliveries, and the moment that makes the policy alert, are exact.
 *
 * Who waits longer than the policy's callers do is counted as lost and served all the same: every policy meets the same demand.
 */
import type { HistoryRecorder } from './history-recorder.ts';
import type { LeadTimes, Policy, StockView } from './policy.ts';
import type { StreamResult } from './result.ts';
import { RunFigures } from './run-figures.ts';
import { SplitSecond, STEPS_PER_SECOND } from './split-second.ts';

const STEP_S = 1 / STEPS_PER_SECOND;

export interface RunOptions {
  readonly leadTimes: LeadTimes;
  /** Told in the result: what the policy was set to. */
  readonly rideThroughS: number;
  /** Outages that are asked about, each by its length. */
  readonly outagesS: readonly number[];
  /** Seconds before it only warm the policy up. */
  readonly countFromS: number;
  /** The first second fed, where a policy that knows what came before needs less to warm up; 0 where left out. */
  readonly fromS?: number;
  /** Draws a second's arrivals once for all runs that share it; by default a run has its own, which draws the same. */
  readonly split?: SplitSecond;
  readonly record?: HistoryRecorder;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export class StreamRun {
  readonly stream: string;
  readonly policy: Policy;
  private readonly options: RunOptions;
  private readonly split: SplitSecond;
  private readonly figures: RunFigures;
  private readonly view: Writable<StockView> = { atS: 0, stock: 0, waiting: 0, onOrder: 0, arrived: 0, elapsedS: 0 };
  /** Orders on their way, the next one due last. */
  private readonly due: { readonly atStep: number; readonly count: number }[] = [];
  private nextDueStep = Infinity;
  private nextSecond: number;
  private stalledNow = 0;
  private leastNow = 0;

  constructor(stream: string, policy: Policy, options: RunOptions) {
    this.stream = stream;
    this.policy = policy;
    this.options = options;
    this.split = options.split ?? new SplitSecond();
    const { countFromS, outagesS, leadTimes, fromS = 0 } = options;
    this.nextSecond = fromS;
    this.view.atS = fromS;
    this.figures = new RunFigures({ countFromS, outagesS, leadTimeS: leadTimes.plannedS }, policy.lostAfterS);
  }

  /** The next second's demand. */
  second(demand: number): void {
    const { view, figures, policy } = this;
    const { record } = this.options;
    const second = this.nextSecond++;
    figures.begin(second, demand, view.stock, view.waiting);
    const left = view.stock - demand;
    if (view.waiting === 0 && left >= 0 && left > policy.alertAt && this.nextDueStep >= (second + 1) * STEPS_PER_SECOND) {
      figures.hold(left + demand / 2, view.onOrder, 1);
      view.stock = left;
    } else this.steps(second, demand);
    figures.end(second, demand);
    if (record !== undefined) {
      record.second(second, { demand, stock: view.stock, least: Math.min(this.leastNow, view.stock), stalled: this.stalledNow, policy });
      this.stalledNow = 0;
      this.leastNow = Infinity;
    }
    view.atS = second + 1;
    view.arrived = demand;
    view.elapsedS = 1;
    const answer = policy.secondEnded?.(demand, view) ?? 0;
    if (answer > 0) this.order(answer);
    else if (answer < 0) this.giveBack(-answer);
  }

  /** What was counted so far. */
  result(): StreamResult {
    const { policy, stream } = this;
    const { rideThroughS, leadTimes } = this.options;
    return this.figures.result({ policy, stream, rideThroughS, leadTime: leadTimes.name });
  }

  private steps(second: number, demand: number): void {
    const { view, policy } = this;
    const arrivals = this.split.steps(second, demand);
    view.arrived = 0;
    for (let step = 0; step < STEPS_PER_SECOND; step++) {
      this.step(second * STEPS_PER_SECOND, step, arrivals[step] ?? 0);
      if (view.waiting > 0 || view.stock <= policy.alertAt) this.ask(second, step + 1);
    }
  }

  /** One step's demand comes evenly; what is delivered in it, and what makes the policy alert, happens in between. */
  private step(secondStep: number, step: number, demand: number): void {
    const end = step + 1;
    let at = step;
    let left = demand;
    while (at < end) {
      const until = Math.min(end, this.nextDueStep - secondStep);
      const before = until === end ? left : Math.round((left * (until - at)) / (end - at));
      const untilAlert = this.untilAlert();
      if (untilAlert < before) {
        const alertAt = at + ((end - at) * untilAlert) / left;
        this.demand(secondStep + alertAt, untilAlert, alertAt - at);
        left -= untilAlert;
        at = alertAt;
        this.ask(secondStep / STEPS_PER_SECOND, at);
        continue;
      }
      this.demand(secondStep + until, before, until - at);
      left -= before;
      at = until;
      if (this.nextDueStep <= secondStep + at) this.deliver(secondStep + at);
    }
  }

  /** So many values from now the policy is to be asked; infinitely many where it is asked at the end of each step anyway. */
  private untilAlert(): number {
    const { view, policy } = this;
    return view.waiting > 0 || view.stock <= policy.alertAt ? Infinity : Math.ceil(view.stock - policy.alertAt);
  }

  private ask(second: number, step: number): void {
    const { view, policy } = this;
    view.atS = second + step * STEP_S;
    view.elapsedS = step * STEP_S;
    const count = policy.order(view);
    if (count > 0) this.order(count);
  }

  private demand(atStep: number, count: number, steps: number): void {
    const { view, figures } = this;
    const served = view.waiting > 0 ? 0 : Math.min(view.stock, count);
    view.arrived += count;
    view.stock -= served;
    figures.hold(view.stock + served / 2, view.onOrder, steps * STEP_S);
    if (view.stock < this.leastNow) this.leastNow = view.stock;
    if (served === count) return;
    view.waiting += count - served;
    this.stalledNow += count - served;
    figures.stall(atStep, count - served);
  }

  private deliver(atStep: number): void {
    const { view, due, policy, figures } = this;
    view.atS = atStep / STEPS_PER_SECOND;
    while (this.nextDueStep <= atStep) {
      const order = due.pop();
      this.nextDueStep = due.at(-1)?.atStep ?? Infinity;
      if (order === undefined) return;
      policy.delivered?.(order.count, view);
      view.onOrder -= order.count;
      const served = Math.min(view.waiting, order.count);
      if (served > 0) figures.waits.serve(atStep, served);
      view.waiting -= served;
      view.stock += order.count - served;
      figures.delivered(view.stock);
    }
  }

  private order(count: number): void {
    const { view, due, figures } = this;
    const atStep = Math.max(view.atS, this.options.leadTimes.usableAtS(view.atS)) * STEPS_PER_SECOND;
    // Behind those that are due at the same time: oldest first.
    let at = due.length;
    while (at > 0 && (due[at - 1]?.atStep ?? 0) <= atStep) at--;
    due.splice(at, 0, { atStep, count });
    this.nextDueStep = due.at(-1)?.atStep ?? Infinity;
    view.onOrder += count;
    figures.ordered();
  }

  private giveBack(count: number): void {
    const returned = Math.min(count, this.view.stock);
    if (returned <= 0) return;
    this.view.stock -= returned;
    this.figures.returned();
  }
}

/**
 * One stream's stock under one cost ratio, second by second: the decisions are `core/sizing`'s own, the pool's side of them and the orders
 * on their way are here. A second in which nobody can wait and nothing is ordered is one subtraction; others go by hundredths.
 *
 * Every order takes the same lead time, and one value is one request.
 */
import { type DecisionInput, decide } from '../../../core/sizing/decision.ts';
import { economicSize } from '../../../core/sizing/order-size.ts';
import { surplus } from '../../../core/sizing/surplus.ts';
import type { DayPlan, Reserving } from './day-plans.ts';
import { STEPS_PER_SECOND } from './demand-seconds.ts';
import type { RunFigures } from './what-if.ts';

const STEP_S = 1 / STEPS_PER_SECOND;
/** As in the live meter: the rate of the last seconds, and the least part of a second that is taken for a rate. */
const FAST_GAIN = 1 / 5;
const FAST_SPAN_S_MIN = 0.1;

export interface ReplayOptions {
  readonly reserving: Reserving;
  readonly allocationsPerHour: number;
  /** Seconds of one point of the stock. */
  readonly pointS: number;
  /** Hundredths of a second's demand. */
  readonly split: { steps(second: number, demand: number): Float64Array };
}

export class ReplayedStock {
  readonly #options: ReplayOptions;
  readonly #due: { readonly atS: number; readonly count: number }[] = [];
  readonly #points: number[] = [];
  #plan: DayPlan;
  #orderSize = 0;
  #stock = 0;
  #waiting = 0;
  #onOrder = 0;
  #fastEwma: number;
  #lastOrderSize = 0;
  #lastOrderAtS = Number.NEGATIVE_INFINITY;
  #lastReturnAtS = 0;
  #seconds = 0;
  #demanded = 0;
  #stalled = 0;
  #idle = 0;
  #idleMax = 0;
  #pointIdle = 0;
  #orders = 0;
  #ordered = 0;
  #orderMax = 0;
  #returns = 0;

  /** Begins with a full stock: what was before is not replayed. */
  constructor(options: ReplayOptions, plan: DayPlan) {
    this.#options = options;
    this.#plan = plan;
    this.#fastEwma = plan.rate;
    this.follow(plan);
    this.#stock = Math.ceil(plan.reorderPoint + this.#orderSize);
  }

  /** What the rule knows from now on. */
  follow(plan: DayPlan): void {
    this.#plan = plan;
    this.#orderSize = economicSize(plan.rate, plan.meanSqrtRate, this.#options.allocationsPerHour);
  }

  second(demand: number): void {
    const second = this.#seconds++;
    this.#demanded += demand;
    if (this.#isQuiet(demand, second + 1)) {
      this.#stock -= demand;
      this.#hold(this.#stock + demand / 2, 1);
    } else this.#steps(second, demand);
    this.#fastEwma += (demand - this.#fastEwma) * FAST_GAIN;
    this.#review(second + 1);
    if (this.#seconds % this.#options.pointS === 0) this.#endPoint(this.#options.pointS);
  }

  figures(): RunFigures {
    const rest = this.#seconds % this.#options.pointS;
    if (rest > 0) this.#endPoint(rest);
    const seconds = Math.max(1, this.#seconds);
    return {
      idleMean: this.#idle / seconds,
      idleMax: this.#idleMax,
      stalled: this.#stalled,
      stalledPpm: (1e6 * this.#stalled) / Math.max(1, this.#demanded),
      allocations: this.#orders,
      allocationsPerHour: (3_600 * this.#orders) / seconds,
      returns: this.#returns,
      orderMean: this.#ordered / Math.max(1, this.#orders),
      orderMax: this.#orderMax,
      stock: this.#points,
    };
  }

  #steps(second: number, demand: number): void {
    const arrivals = this.#options.split.steps(second, demand);
    let arrived = 0;
    for (let step = 0; step < STEPS_PER_SECOND; step++) {
      if (this.#isQuiet(demand - arrived, second + 1)) {
        this.#stock -= demand - arrived;
        this.#hold(this.#stock + (demand - arrived) / 2, 1 - step * STEP_S);
        return;
      }
      const endS = second + (step + 1) * STEP_S;
      const count = arrivals[step] ?? 0;
      arrived += count;
      this.#take(count);
      this.#deliver(endS);
      if (this.#position <= this.#plan.reorderPoint) {
        const soFar = arrived / Math.max(FAST_SPAN_S_MIN, endS - second);
        this.#decide('order', endS, Math.max(this.#fastEwma, soFar));
      }
    }
  }

  /** So much may be asked for until then, and nothing happens but that it is given out. */
  #isQuiet(demand: number, untilS: number): boolean {
    const left = this.#stock - demand;
    const isSupplied = this.#waiting === 0 && left >= 0 && left + this.#onOrder > this.#plan.reorderPoint;
    return isSupplied && (this.#due[0]?.atS ?? Infinity) > untilS;
  }

  get #position(): number {
    return this.#stock - this.#waiting + this.#onOrder;
  }

  #take(count: number): void {
    const served = this.#waiting > 0 ? 0 : Math.min(this.#stock, count);
    this.#stock -= served;
    this.#hold(this.#stock + served / 2, STEP_S);
    this.#waiting += count - served;
    this.#stalled += count - served;
  }

  /** All orders take as long: the oldest is the next. */
  #deliver(nowS: number): void {
    for (let order = this.#due[0]; order !== undefined && order.atS <= nowS; order = this.#due[0]) {
      this.#due.shift();
      const served = Math.min(this.#waiting, order.count);
      this.#onOrder -= order.count;
      this.#waiting -= served;
      this.#stock += order.count - served;
    }
  }

  /** Each second a forecast reaches the allocator, with what the pool holds. */
  #review(nowS: number): void {
    const { rate, reorderPoint } = this.#plan;
    const [stock, waiting, onOrder, orderSize] = [this.#stock, this.#waiting, this.#onOrder, this.#orderSize];
    const sinceLastReturnMs = (nowS - this.#lastReturnAtS) * 1_000;
    const isLow = this.#position <= reorderPoint;
    if (!isLow && surplus({ stock, waiting, onOrder, reorderPoint, orderSize, sinceLastReturnMs }) === 0) return;
    this.#decide('forecast', nowS, waiting > 0 ? Math.max(rate, this.#fastEwma) : rate);
  }

  #decide(trigger: DecisionInput['trigger'], nowS: number, fastRate: number): void {
    const { reserving, allocationsPerHour } = this.#options;
    const { rate, meanSqrtRate, horizons } = this.#plan;
    const outcome = decide({
      ...reserving,
      trigger,
      nowMs: nowS * 1_000,
      stock: this.#stock,
      waiting: this.#waiting,
      onOrder: this.#onOrder,
      fastRate,
      rate,
      meanSqrtRate,
      horizons,
      forecastAtMs: 0,
      declaredRate: 0,
      lastOrderSize: this.#lastOrderSize,
      lastOrderAtMs: this.#lastOrderAtS * 1_000,
      lastReturnAtMs: this.#lastReturnAtS * 1_000,
      allocationsPerHour,
    });
    if (outcome.kind === 'order') this.#order(outcome.count, nowS);
    if (outcome.kind !== 'return') return;
    this.#stock -= outcome.surplus;
    this.#lastReturnAtS = nowS;
    this.#returns++;
  }

  #order(count: number, nowS: number): void {
    this.#due.push({ atS: nowS + Math.max(STEP_S, this.#options.reserving.leadTimeMs / 1_000), count });
    this.#onOrder += count;
    this.#lastOrderSize = count;
    this.#lastOrderAtS = nowS;
    this.#orders++;
    this.#ordered += count;
    this.#orderMax = Math.max(this.#orderMax, count);
  }

  #hold(stock: number, seconds: number): void {
    this.#idle += stock * seconds;
    this.#pointIdle += stock * seconds;
    this.#idleMax = Math.max(this.#idleMax, stock);
  }

  #endPoint(seconds: number): void {
    this.#points.push(this.#pointIdle / seconds);
    this.#pointIdle = 0;
  }
}

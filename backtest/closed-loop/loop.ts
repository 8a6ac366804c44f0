/**
 * The closed loop: demand second by second against the live sizing rule, with orders that take a lead time and returns that are
 * instant. Exact to steps of ten milliseconds in seconds where something can happen; a second in which the stock stays above the
 * reorder point and nothing is on its way or waited for is one subtraction.
 *
 * The decisions are `core/sizing`'s own; what is here is the pool's side: stock, callers that wait, and the fast rate.
 */
import { seededRng } from '../../core/rng.ts';
import { type DecisionInput, decide } from '../../core/sizing/decision.ts';
import { economicSize } from '../../core/sizing/order-size.ts';
import { type HorizonDemand, type ReserveInput, reserve } from '../../core/sizing/reserve.ts';
import { surplus } from '../../core/sizing/surplus.ts';
import type { DemandSeconds } from '../traces/demand-seconds.ts';
import { BIN_S, type ForecastTrack } from './forecast-track.ts';
import { LoopCounts, type LoopResult } from './loop-counts.ts';
import { SplitSecond, STEPS_PER_SECOND } from './split-second.ts';

const STEP_S = 1 / STEPS_PER_SECOND;
/** As in the live meter: the rate of the last seconds, and the least part of a second that is taken for a rate. */
const FAST_GAIN = 1 / 5;
const FAST_SPAN_S_MIN = 0.1;
const STEPS_SEED = 11;
/** Stock forgets within hours what it was; the forecasts have seen all of the trace. */
const LOOP_WARM_UP_S = 86_400;

export interface LoopOptions {
  readonly leadTimeMs: number;
  readonly rideThroughMs: number;
  readonly rideThroughClass: 'expected' | 'insured';
  readonly targetStallsPpm: number;
  /** Multiplies what is held for the ride-through: the knob by which policies are brought to the same survival. */
  readonly rideThroughFactor?: number;
  /** Stock that is not needed goes back to the ledger. */
  readonly returns: boolean;
  /** Seconds before it only warm the state up. */
  readonly countFrom: number;
}

export function runLoop(demand: DemandSeconds, track: ForecastTrack, options: LoopOptions): LoopResult {
  const loop = new Loop(track, options, new LoopCounts(demand.counts, options));
  const seconds = track.rate.length * BIN_S;
  const first = Math.max(0, Math.floor((options.countFrom - LOOP_WARM_UP_S) / BIN_S) * BIN_S);
  loop.begin(first);
  for (let second = first; second < seconds; second++) loop.second(second, demand.counts[second] ?? 0);
  return loop.counts.result();
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

class Loop {
  readonly counts: LoopCounts;
  private readonly track: ForecastTrack;
  private readonly options: LoopOptions;
  private readonly split = new SplitSecond(seededRng(STEPS_SEED));
  /** What `reserve` is asked with, written over bin by bin: objects of their own would cost more than the loop. */
  private readonly horizons: Writable<HorizonDemand>[];
  private readonly input: Writable<ReserveInput>;
  private readonly due: { readonly atS: number; readonly count: number }[] = [];
  private stock = 0;
  private waiting = 0;
  private onOrder = 0;
  private rate = 0;
  private meanSqrtRate = 0;
  private reorderPoint = 0;
  private orderSize = 0;
  private fastEwma = 0;
  private fastSeconds = 0;
  private lastOrderSize = 0;
  private lastOrderAtS = Number.NEGATIVE_INFINITY;
  private lastReturnAtS = 0;

  constructor(track: ForecastTrack, options: LoopOptions, counts: LoopCounts) {
    this.track = track;
    this.options = options;
    this.counts = counts;
    this.horizons = track.horizons.map(({ horizonMs }) => ({ horizonMs, median: 0, upper: 0, cap: 0, insured: 0 }));
    const { leadTimeMs, rideThroughMs, rideThroughClass, targetStallsPpm } = options;
    // Before the first forecast there are no horizons.
    this.input = {
      leadTimeMs,
      rideThroughMs,
      rideThroughClass,
      targetStallsPpm,
      horizons: [],
      requestSize: 1,
      declaredRate: 0,
      fastRate: 0,
    };
  }

  /** The first second that is replayed: what was forecast by then is known. */
  begin(second: number): void {
    this.lastReturnAtS = second;
    if (second > 0) this.forecast(second / BIN_S - 1);
  }

  /** Demand of one second meets the stock; at the end of a bin its forecast is taken over. */
  second(second: number, demand: number): void {
    this.counts.begin(second, this.stock - this.waiting);
    if (this.onOrder === 0 && this.waiting === 0 && this.stock - demand > this.reorderPoint) {
      this.counts.pass(demand, this.stock - demand / 2, 0, 1);
      this.stock -= demand;
    } else this.steps(second, demand);
    this.fastSeconds++;
    this.fastEwma += (demand - this.fastEwma) * Math.max(FAST_GAIN, 1 / this.fastSeconds);
    if ((second + 1) % BIN_S === 0) this.forecast((second + 1) / BIN_S - 1);
    this.review(second + 1);
  }

  private steps(second: number, demand: number): void {
    const arrivals = this.split.steps(demand);
    let arrived = 0;
    for (let step = 0; step < STEPS_PER_SECOND; step++) {
      const atS = second + step * STEP_S;
      this.deliver(atS);
      const here = arrivals[step] ?? 0;
      arrived += here;
      const served = this.waiting > 0 ? 0 : Math.min(this.stock, here);
      this.stock -= served;
      this.waiting += here - served;
      this.counts.pass(here, this.stock, here - served, STEP_S);
      if (this.stock - this.waiting + this.onOrder > this.reorderPoint) continue;
      const elapsedS = Math.max(FAST_SPAN_S_MIN, (step + 1) * STEP_S);
      this.decide('order', atS + STEP_S, Math.max(this.fastEwma, arrived / elapsedS));
    }
  }

  private deliver(atS: number): void {
    for (let first = this.due[0]; first !== undefined && first.atS <= atS; first = this.due[0]) {
      this.due.shift();
      this.onOrder -= first.count;
      const served = Math.min(this.waiting, first.count);
      this.waiting -= served;
      this.stock += first.count - served;
    }
  }

  private forecast(bin: number): void {
    const { track, horizons, input } = this;
    this.rate = track.rate[bin] ?? 0;
    this.meanSqrtRate = track.meanSqrtRate[bin] ?? 0;
    this.orderSize = economicSize(this.rate, this.meanSqrtRate);
    for (let i = 0; i < horizons.length; i++) {
      const horizon = horizons[i];
      const said = track.horizons[i];
      if (horizon === undefined || said === undefined) continue;
      const factor = i === 0 ? 1 : (this.options.rideThroughFactor ?? 1);
      horizon.median = said.median[bin] ?? 0;
      horizon.upper = factor * (said.upper[bin] ?? 0);
      horizon.cap = said.cap[bin] ?? 0;
      horizon.insured = factor * (said.insured[bin] ?? 0);
    }
    input.horizons = horizons;
    input.fastRate = this.rate;
    this.reorderPoint = reserve(input).reorderPoint;
  }

  /** Each second a forecast message reaches the allocator, with what the pool holds. */
  private review(atS: number): void {
    const { stock, waiting, onOrder, reorderPoint } = this;
    if (stock - waiting + onOrder > reorderPoint && !this.isOverfull(atS)) return;
    this.decide('forecast', atS, waiting > 0 ? Math.max(this.rate, this.fastEwma) : this.rate);
  }

  /** Asked before `decide`, which says the same: a decision costs more than most seconds are worth. */
  private isOverfull(atS: number): boolean {
    const { stock, waiting, onOrder, reorderPoint, orderSize } = this;
    if (!this.options.returns || stock <= reorderPoint + orderSize) return false;
    const sinceLastReturnMs = (atS - this.lastReturnAtS) * 1_000;
    return surplus({ stock, waiting, onOrder, reorderPoint, orderSize, sinceLastReturnMs }) > 0;
  }

  private decide(trigger: DecisionInput['trigger'], atS: number, fastRate: number): void {
    const { stock, waiting, onOrder, rate, meanSqrtRate, options, lastOrderSize } = this;
    const outcome = decide({
      ...this.input,
      trigger,
      nowMs: atS * 1_000,
      stock,
      waiting,
      onOrder,
      fastRate,
      rate,
      meanSqrtRate,
      forecastAtMs: 0,
      lastOrderSize,
      lastOrderAtMs: this.lastOrderAtS * 1_000,
      lastReturnAtMs: this.lastReturnAtS * 1_000,
    });
    if (outcome.kind === 'order') this.order(outcome.count, atS);
    else if (outcome.kind === 'return' && options.returns) {
      this.stock -= outcome.surplus;
      this.lastReturnAtS = atS;
      this.counts.returned();
    }
  }

  private order(count: number, atS: number): void {
    this.due.push({ atS: atS + this.options.leadTimeMs / 1_000, count });
    this.onOrder += count;
    this.lastOrderSize = count;
    this.lastOrderAtS = atS;
    this.counts.ordered(count);
  }
}

/**
 * Replays one rule on demand slices, exact to the event: a slice's requests arrive when it starts, an order is usable one lead
 * time after it was decided, nothing happens in between. For rules that decide by the stock alone: nobody tells them of seconds.
 *
 * A request is one call of at most COUNT_MAX values (`requestsOf`), as in the demo. It is *stalled* when it is not answered at
 * once, be it for want of values or behind an earlier one of its stream. A request that lacks values takes what is there and
 * waits for the rest, in order of arrival. It is *lost* when it waits longer than the rival's callers do; it is served all the
 * same, so that every rule meets the same demand.
 */
import { type DemandSlices, requestsOf } from './demand.ts';
import type { Policy, StockView } from './harness/policy.ts';

export interface ReplayOptions {
  /** From the decision to order until the values can be used. */
  readonly leadTimeMs: number;
  /** Leaf answers a caller with an error after about 10 ms. Where time is sped up, this is as well. */
  readonly lostAfterMs?: number;
  /** How many of the slices count; all by default. */
  readonly slices?: number;
}

export interface RivalResult {
  readonly rival: string;
  readonly requests: number;
  readonly stalledPpm: number;
  readonly lostPpm: number;
  /** Unissued values on hand, averaged over time; and the most there ever were. */
  readonly meanIdle: number;
  readonly maxIdle: number;
  readonly allocationsPerHour: number;
  /** What a crash at a random moment burns: on hand and on the way, averaged over time. */
  readonly burnAtCrash: number;
}

const LOST_AFTER_MS = 10;
const HOUR_MS = 3_600_000;

export function replayRival(policy: Policy, demand: DemandSlices, options: ReplayOptions): RivalResult {
  const holder = new StockHolder(policy, options.leadTimeMs, options.lostAfterMs ?? LOST_AFTER_MS);
  const slices = Math.min(options.slices ?? demand.counts.length, demand.counts.length);
  for (let slice = 0; slice < slices; slice++) {
    holder.advanceTo(slice * demand.sliceMs);
    for (const count of requestsOf(demand.counts[slice] ?? 0)) holder.request(count);
  }
  const endMs = slices * demand.sliceMs;
  holder.advanceTo(endMs);
  return holder.result(endMs);
}

interface Waiting {
  readonly sinceMs: number;
  left: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The stock of a rule, the requests that wait for it, and the sums the result is made of. */
class StockHolder {
  readonly #policy: Policy;
  readonly #leadTimeMs: number;
  readonly #lostAfterMs: number;
  readonly #view: Writable<StockView> = { atS: 0, stock: 0, waiting: 0, onOrder: 0, arrived: 0, elapsedS: 0 };
  /** Orders on their way, the next one due first: all take as long. */
  readonly #due: { readonly count: number; readonly atMs: number }[] = [];
  readonly #waiting: Waiting[] = [];
  #nowMs = 0;
  #requests = 0;
  #stalled = 0;
  #lost = 0;
  #orders = 0;
  #maxIdle = 0;
  #idleTimesMs = 0;
  #burnTimesMs = 0;

  constructor(policy: Policy, leadTimeMs: number, lostAfterMs: number) {
    this.#policy = policy;
    this.#leadTimeMs = leadTimeMs;
    this.#lostAfterMs = lostAfterMs;
  }

  advanceTo(toMs: number): void {
    for (let order = this.#due[0]; order !== undefined && order.atMs <= toMs; order = this.#due[0]) {
      this.#due.shift();
      this.#pass(order.atMs);
      this.#policy.delivered?.(order.count, this.#view);
      this.#view.onOrder -= order.count;
      this.#view.stock += order.count;
      this.#serveWaiting();
    }
    this.#pass(toMs);
  }

  request(count: number): void {
    const request = { sinceMs: this.#nowMs, left: count };
    this.#requests += 1;
    this.#view.waiting += count;
    if (this.#waiting.length === 0) this.#take(request);
    if (request.left > 0) {
      this.#stalled += 1;
      this.#waiting.push(request);
    }
    this.#decide();
  }

  result(endMs: number): RivalResult {
    const perMillion = 1_000_000 / Math.max(1, this.#requests);
    const stillWaiting = this.#waiting.filter((each) => endMs - each.sinceMs > this.#lostAfterMs).length;
    return {
      rival: this.#policy.name,
      requests: this.#requests,
      stalledPpm: this.#stalled * perMillion,
      lostPpm: (this.#lost + stillWaiting) * perMillion,
      meanIdle: this.#idleTimesMs / Math.max(1, endMs),
      maxIdle: this.#maxIdle,
      allocationsPerHour: (this.#orders * HOUR_MS) / Math.max(1, endMs),
      burnAtCrash: this.#burnTimesMs / Math.max(1, endMs),
    };
  }

  #pass(toMs: number): void {
    const { stock, onOrder } = this.#view;
    this.#idleTimesMs += stock * (toMs - this.#nowMs);
    this.#burnTimesMs += (stock + onOrder) * (toMs - this.#nowMs);
    this.#maxIdle = Math.max(this.#maxIdle, stock);
    this.#nowMs = toMs;
    this.#view.atS = toMs / 1_000;
  }

  #take(request: Waiting): void {
    const taken = Math.min(request.left, this.#view.stock);
    this.#view.stock -= taken;
    this.#view.waiting -= taken;
    request.left -= taken;
  }

  #serveWaiting(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      this.#take(first);
      if (first.left > 0) break;
      if (this.#nowMs - first.sinceMs > this.#lostAfterMs) this.#lost += 1;
      this.#waiting.shift();
    }
    this.#decide();
  }

  #decide(): void {
    const count = this.#policy.order(this.#view);
    if (count === 0) return;
    this.#orders += 1;
    this.#view.onOrder += count;
    this.#due.push({ count, atMs: this.#nowMs + this.#leadTimeMs });
  }
}

/**
 * Replays one rival on demand slices, exact to the event: a slice's requests arrive when it starts, a fetch is usable one lead
 * time after it was decided, nothing happens in between.
 *
 * A request is one call of at most COUNT_MAX values (`requestsOf`), as in the demo. It is *stalled* when it is not answered at
 * once, be it for want of values or behind an earlier one of its stream. A request that lacks values takes what is there and
 * waits for the rest, in order of arrival. It is *lost* when it waits longer than the rival's callers do; it is served all the
 * same, so that every rule meets the same demand.
 */
import { type DemandSlices, requestsOf } from './demand.ts';
import type { Rival } from './rivals/rival.ts';

export interface ReplayOptions {
  /** From the decision to fetch until the block can be used. */
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

export function replayRival(rival: Rival, demand: DemandSlices, options: ReplayOptions): RivalResult {
  const buffers = new Buffers(rival, options.leadTimeMs, options.lostAfterMs ?? LOST_AFTER_MS);
  const slices = Math.min(options.slices ?? demand.counts.length, demand.counts.length);
  for (let slice = 0; slice < slices; slice++) {
    buffers.advanceTo(slice * demand.sliceMs);
    for (const count of requestsOf(demand.counts[slice] ?? 0)) buffers.request(count);
  }
  const endMs = slices * demand.sliceMs;
  buffers.advanceTo(endMs);
  return buffers.result(endMs);
}

interface Waiting {
  readonly sinceMs: number;
  left: number;
}

/** The two buffers of a rival, the requests that wait for them, and the sums the result is made of. */
class Buffers {
  readonly #rival: Rival;
  readonly #leadTimeMs: number;
  readonly #lostAfterMs: number;
  #nowMs = 0;
  #blockSize = 0;
  #blockLeft = 0;
  /** Size of the loaded next block; 0 while there is none. */
  #next = 0;
  #fetch: { readonly size: number; readonly atMs: number } | undefined;
  readonly #waiting: Waiting[] = [];
  #requests = 0;
  #stalled = 0;
  #lost = 0;
  #fetches = 0;
  #maxIdle = 0;
  #idleTimesMs = 0;
  #burnTimesMs = 0;

  constructor(rival: Rival, leadTimeMs: number, lostAfterMs: number) {
    this.#rival = rival;
    this.#leadTimeMs = leadTimeMs;
    this.#lostAfterMs = lostAfterMs;
  }

  advanceTo(toMs: number): void {
    while (this.#fetch !== undefined && this.#fetch.atMs <= toMs) {
      this.#pass(this.#fetch.atMs);
      this.#next = this.#fetch.size;
      this.#fetch = undefined;
      this.#serveWaiting();
    }
    this.#pass(toMs);
  }

  request(count: number): void {
    const request = { sinceMs: this.#nowMs, left: count };
    this.#requests += 1;
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
      rival: this.#rival.name,
      requests: this.#requests,
      stalledPpm: this.#stalled * perMillion,
      lostPpm: (this.#lost + stillWaiting) * perMillion,
      meanIdle: this.#idleTimesMs / Math.max(1, endMs),
      maxIdle: this.#maxIdle,
      allocationsPerHour: (this.#fetches * HOUR_MS) / Math.max(1, endMs),
      burnAtCrash: this.#burnTimesMs / Math.max(1, endMs),
    };
  }

  #pass(toMs: number): void {
    const idle = this.#blockLeft + this.#next;
    this.#idleTimesMs += idle * (toMs - this.#nowMs);
    this.#burnTimesMs += (idle + (this.#fetch?.size ?? 0)) * (toMs - this.#nowMs);
    this.#maxIdle = Math.max(this.#maxIdle, idle);
    this.#nowMs = toMs;
  }

  #take(request: Waiting): void {
    while (request.left > 0) {
      if (this.#blockLeft === 0) {
        if (this.#next === 0) return;
        this.#blockSize = this.#next;
        this.#blockLeft = this.#next;
        this.#next = 0;
      }
      const taken = Math.min(request.left, this.#blockLeft);
      this.#blockLeft -= taken;
      request.left -= taken;
    }
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
    const size = this.#rival.fetch({
      nowMs: this.#nowMs,
      blockSize: this.#blockSize,
      blockLeft: this.#blockLeft,
      hasNext: this.#next > 0,
      isFetching: this.#fetch !== undefined,
    });
    if (size === 0 || this.#fetch !== undefined) return;
    this.#fetches += 1;
    this.#fetch = { size, atMs: this.#nowMs + this.#leadTimeMs };
  }
}

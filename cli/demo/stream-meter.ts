/**
 * What a stream's status says over time: means weighted by demo time, counters since the demo began, and the recent history
 * that the sparklines draw. A status holds from its sample to the next one.
 */
import type { StreamStatus } from '../../workers/runtime/service/service.ts';

/** As many as a sparkline has columns. */
const HISTORY_MAX = 72;

export interface MeterFigures {
  /** Unissued values on hand, averaged over demo time. */
  readonly meanIdle: number;
  readonly maxIdle: number;
  readonly allocations: number;
  /** Decision to usable stock as the service measured it, averaged over demo time. */
  readonly leadTimeMs: number;
}

export class StreamMeter {
  readonly #bucketMs: number;
  #last: StreamStatus | undefined;
  #lastMs = 0;
  #allocationsBefore = 0;
  #spanMs = 0;
  #idleTimesMs = 0;
  #maxIdle = 0;
  #leadTimesMs = 0;
  #leadSpanMs = 0;
  #bucket = { startMs: 0, demand: 0, stockTimesMs: 0, spanMs: 0 };
  readonly demandHistory: number[] = [];
  readonly stockHistory: number[] = [];

  /** `bucketMs` is the demo time of one column of history. */
  constructor(bucketMs: number) {
    this.#bucketMs = bucketMs;
  }

  get latest(): StreamStatus | undefined {
    return this.#last;
  }

  /** A reused sequence brings its counters along: what was allocated before the demo is not the demo's. */
  begin(status: StreamStatus | undefined): void {
    this.#allocationsBefore = status?.allocationsTotal ?? 0;
  }

  asked(values: number): void {
    this.#bucket.demand += values;
  }

  /** `atMs` is demo time since the demo began; an unknown stream has no stock yet. */
  sample(atMs: number, status: StreamStatus | undefined): void {
    const spanMs = atMs - this.#lastMs;
    const stock = this.#last?.stock ?? 0;
    this.#spanMs += spanMs;
    this.#idleTimesMs += stock * spanMs;
    this.#bucket.stockTimesMs += stock * spanMs;
    this.#bucket.spanMs += spanMs;
    // A lead time of 0 has not been measured yet.
    if (this.#last !== undefined && this.#last.leadTimeMs > 0) {
      this.#leadTimesMs += this.#last.leadTimeMs * spanMs;
      this.#leadSpanMs += spanMs;
    }
    this.#maxIdle = Math.max(this.#maxIdle, status?.stock ?? 0);
    this.#last = status ?? this.#last;
    this.#lastMs = atMs;
    if (atMs - this.#bucket.startMs >= this.#bucketMs) this.#closeBucket(atMs);
  }

  get figures(): MeterFigures {
    return {
      meanIdle: this.#idleTimesMs / Math.max(1, this.#spanMs),
      maxIdle: this.#maxIdle,
      allocations: (this.#last?.allocationsTotal ?? this.#allocationsBefore) - this.#allocationsBefore,
      leadTimeMs: this.#leadTimesMs / Math.max(1, this.#leadSpanMs),
    };
  }

  #closeBucket(atMs: number): void {
    const { demand, stockTimesMs, spanMs } = this.#bucket;
    this.demandHistory.push((demand * 1_000) / Math.max(1, spanMs));
    this.stockHistory.push(stockTimesMs / Math.max(1, spanMs));
    if (this.demandHistory.length > HISTORY_MAX) this.demandHistory.shift();
    if (this.stockHistory.length > HISTORY_MAX) this.stockHistory.shift();
    this.#bucket = { startMs: atMs, demand: 0, stockTimesMs: 0, spanMs: 0 };
  }
}

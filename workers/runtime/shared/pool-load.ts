/** What a pool does, as its filler counts it between two heartbeats, and what its operator says it can do. */
import { SHARD_BYTES, STREAM_BYTES } from '../../../pipelines/placement.ts';
import type { MemberEvent } from '../../../schemas/messages.ts';
import type { FilledStream } from './filled-stream.ts';

export type SaidLoad = Pick<
  MemberEvent,
  | 'capacityOperationsPerSecond'
  | 'capacityValues'
  | 'capacityBytes'
  | 'operationsPerSecond'
  | 'latencyP99Ms'
  | 'stockValues'
  | 'stockBytes'
  | 'streams'
>;

export interface PoolCapacity {
  readonly operationsPerSecond: number;
  readonly values: number;
  readonly bytes: number;
}

/** Polls of which the slow ones are looked at: the last two or three seconds. */
const LATENCIES_KEPT = 200;
const HIGH_QUANTILE = 0.99;
const MS_PER_S = 1_000;

export class PoolLoad {
  readonly #capacity: PoolCapacity;
  readonly #latenciesMs: number[] = [];
  #requests = 0;
  #sinceMs: number;

  constructor(capacity: PoolCapacity, nowMs: number) {
    this.#capacity = capacity;
    this.#sinceMs = nowMs;
  }

  answered(requests: number): void {
    this.#requests += requests;
  }

  polled(latencyMs: number): void {
    if (this.#latenciesMs.push(latencyMs) > LATENCIES_KEPT) this.#latenciesMs.shift();
  }

  /** What was counted since it was said last. `openShards`: of this life of the pool. */
  said(streams: Iterable<FilledStream>, openShards: number, nowMs: number): SaidLoad {
    const elapsedMs = Math.max(1, nowMs - this.#sinceMs);
    const requests = this.#requests;
    this.#requests = 0;
    this.#sinceMs = nowMs;
    let count = 0;
    let stockValues = 0;
    for (const { stock } of streams) {
      count++;
      stockValues += stock.available;
    }
    const sorted = [...this.#latenciesMs].sort((a, b) => a - b);
    return {
      capacityOperationsPerSecond: this.#capacity.operationsPerSecond,
      capacityValues: this.#capacity.values,
      capacityBytes: this.#capacity.bytes,
      operationsPerSecond: (MS_PER_S * requests) / elapsedMs,
      latencyP99Ms: sorted[Math.min(sorted.length - 1, Math.floor(HIGH_QUANTILE * sorted.length))] ?? 0,
      stockValues,
      stockBytes: STREAM_BYTES * count + SHARD_BYTES * openShards,
      streams: count,
    };
  }
}

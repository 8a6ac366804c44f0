/**
 * The last quarter of an hour of the busiest streams, second by second: what the dashboard draws before its own first minute is over.
 * Kept in plain arrays of one size, so that a process holds the same few megabytes however many streams it has.
 */
import type { StreamStatus } from '../service/stream-status.ts';

/** A quarter of an hour of seconds: longer than any lead time and most bursts, and it fits a screen. */
const SECONDS_KEPT = 900;
/** Streams with a past of their own; with 9 columns of 8 bytes and 900 seconds each, 13 MB in all. */
const STREAMS_KEPT = 200;

const COLUMNS = ['demand', 'forecastMedian', 'forecastUpper', 'stock', 'reorderPoint', 'orderUpTo', 'stalls', 'allocations'] as const;
type PastColumn = (typeof COLUMNS)[number];

/** Oldest first. `demand` in values per second since the sample before, `stalls` and `allocations` in counts since then. */
export type StreamPastView = { readonly stream: string; readonly atMs: readonly number[] } & Readonly<
  Record<PastColumn, readonly number[]>
>;

interface Kept {
  readonly atMs: Float64Array;
  readonly columns: Record<PastColumn, Float64Array>;
  /** Samples ever written: the next place is this modulo the size. */
  written: number;
  last: StreamStatus;
  lastMs: number;
}

export class StreamPasts {
  readonly #kept = new Map<string, Kept>();

  /** One look at all streams; `isBusy` says which of them were asked for something since the last one. */
  note(streams: readonly StreamStatus[], nowMs: number, isBusy: (stream: StreamStatus) => boolean): void {
    for (const now of streams) {
      const kept = this.#kept.get(now.stream) ?? this.#begin(now, nowMs, isBusy);
      if (kept !== undefined && nowMs > kept.lastMs) write(kept, now, nowMs);
    }
  }

  of(stream: string): StreamPastView | undefined {
    const kept = this.#kept.get(stream);
    if (kept === undefined) return undefined;
    const columns = Object.fromEntries(COLUMNS.map((name) => [name, inOrder(kept.columns[name], kept.written)]));
    return { stream, atMs: inOrder(kept.atMs, kept.written), ...(columns as Record<PastColumn, number[]>) };
  }

  /** A stream is remembered while there is room; a busy one in the place of one that has been silent for as long as anything is kept. */
  #begin(now: StreamStatus, nowMs: number, isBusy: (stream: StreamStatus) => boolean): Kept | undefined {
    if (this.#kept.size >= STREAMS_KEPT && !(isBusy(now) && this.#forgetSilent())) return undefined;
    const columns = Object.fromEntries(COLUMNS.map((name) => [name, new Float64Array(SECONDS_KEPT)]));
    const kept = { atMs: new Float64Array(SECONDS_KEPT), columns: columns as Kept['columns'], written: 0, last: now, lastMs: nowMs };
    this.#kept.set(now.stream, kept);
    return kept;
  }

  #forgetSilent(): boolean {
    for (const [stream, { columns, written }] of this.#kept) {
      if (written < SECONDS_KEPT || columns.demand.some((values) => values > 0)) continue;
      return this.#kept.delete(stream);
    }
    return false;
  }
}

function write(kept: Kept, now: StreamStatus, nowMs: number): void {
  const { last, lastMs, columns } = kept;
  const place = kept.written % SECONDS_KEPT;
  kept.atMs[place] = nowMs;
  // Totals begin again where a process was restarted.
  columns.demand[place] = (1_000 * Math.max(0, now.issuedTotal - last.issuedTotal)) / (nowMs - lastMs);
  columns.forecastMedian[place] = now.forecastMedian;
  columns.forecastUpper[place] = now.forecastUpper;
  columns.stock[place] = now.stock;
  columns.reorderPoint[place] = now.reorderPoint;
  columns.orderUpTo[place] = now.orderUpTo;
  columns.stalls[place] = Math.max(0, now.stallsTotal - last.stallsTotal);
  columns.allocations[place] = Math.max(0, now.allocationsTotal - last.allocationsTotal);
  kept.written++;
  kept.last = now;
  kept.lastMs = nowMs;
}

function inOrder(column: Float64Array, written: number): number[] {
  if (written <= SECONDS_KEPT) return [...column.subarray(0, written)];
  const oldest = written % SECONDS_KEPT;
  return [...column.subarray(oldest), ...column.subarray(0, oldest)];
}

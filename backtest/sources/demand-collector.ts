/**
 * Collects rows of demand, whatever they were read from, into streams of cells: seconds, or the bins that rows count. Rows of a stream may
 * be late by a window; memory is bounded by the number of streams, never by the length of the trace.
 */
import { CellSpool } from './cell-spool.ts';
import { DemandHash } from './demand-hash.ts';
import type { DemandSource } from './demand-source.ts';
import { type CellClock, spooledSource } from './spooled-source.ts';
import { StreamCells } from './stream-cells.ts';

/** What goes over a second is no demand that anybody can have measured. */
export const PER_SECOND_MAX = 2 ** 32 - 1;
/** Buffers of all streams together, and the most that one of them gets. */
const BUFFERS_BYTES = 64 * 1_024 * 1_024;
const CHUNK_BYTES_MAX = 32 * 1_024;
const CHUNK_BYTES_MIN = 256;
const SECOND_MS = 1_000;
/** Of a source's start. */
const START_STEP_MS = 10_000;

export interface CollectorOptions {
  /** Length of a cell: one second for events, a whole number of them for counts. */
  readonly cellMs: number;
  /** Where a cell begins. */
  readonly originMs: number;
  /** Cells behind the newest of its stream in which a row still counts. */
  readonly windowCells: number;
  readonly maxStreams: number;
  /** Streams that have cells of their own; undefined where all do. What is none of them goes to `overflow`. */
  readonly kept?: ReadonlySet<string>;
  readonly overflow: string;
  readonly seed: number;
}

/** Names of streams that can be told apart at all: some hundred megabytes of names. */
export const NAMES_MAX = 1_000_000;
/** No trace is silent for longer: a time that is, is misread or damaged, and would make a trace of decades. */
export const SILENCE_DAYS_MAX = 366;
const SILENCE_MS_MAX = SILENCE_DAYS_MAX * 86_400_000;

/** Why a row does not count: the reader knows where it stands and says so. */
export type Misfit = 'too late' | 'too far ahead' | 'too many values' | 'too many names';

export interface Collected {
  readonly sources: readonly DemandSource[];
  readonly sha256: string;
  readonly lateRows: number;
  readonly latestByMs: number;
  /** Bins between the first and the last of a stream without a row. */
  readonly missingCells: number;
}

export class DemandCollector {
  readonly #options: CollectorOptions;
  readonly #streams = new Map<string, StreamCells>();
  readonly #spool = new CellSpool();
  readonly #chunkBytes: number;
  readonly #perCellMax: number;
  #newestMs = Number.NEGATIVE_INFINITY;
  #lateRows = 0;
  #latestByMs = 0;
  #lastName: string | undefined;
  #lastStream: StreamCells | undefined;
  /** Values by stream, once there are more of them than may have cells. */
  #totals: Map<string, number> | undefined;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#chunkBytes = Math.max(CHUNK_BYTES_MIN, Math.min(CHUNK_BYTES_MAX, Math.floor(BUFFERS_BYTES / options.maxStreams)));
    this.#perCellMax = PER_SECOND_MAX * (options.cellMs / SECOND_MS);
  }

  /** The names of all streams where they are more than may be kept: nothing was collected then, and whoever reads begins again. */
  get totals(): ReadonlyMap<string, number> | undefined {
    return this.#totals;
  }

  add(name: string, timeMs: number, count: number): Misfit | undefined {
    if (this.#totals !== undefined) {
      this.#totals.set(name, (this.#totals.get(name) ?? 0) + count);
      return this.#totals.size > NAMES_MAX ? 'too many names' : undefined;
    }
    const stream = name === this.#lastName ? this.#lastStream : this.#streamOf(name);
    if (stream === undefined) return this.add(name, timeMs, count);
    if (timeMs > this.#newestMs) {
      if (timeMs - this.#newestMs > SILENCE_MS_MAX && this.#newestMs !== Number.NEGATIVE_INFINITY) return 'too far ahead';
      this.#newestMs = timeMs;
    }
    if (timeMs >= stream.newestMs) stream.newestMs = timeMs;
    else {
      this.#lateRows++;
      this.#latestByMs = Math.max(this.#latestByMs, stream.newestMs - timeMs);
    }
    const { cellMs, originMs } = this.#options;
    // A second holds what happened in it; the clock of a bin may be a little off.
    const cell = cellMs === SECOND_MS ? Math.floor(timeMs / SECOND_MS) : Math.round((timeMs - originMs) / cellMs);
    const total = stream.add(cell, count);
    if (total === undefined) return 'too late';
    return total > this.#perCellMax ? 'too many values' : undefined;
  }

  collected(): Collected {
    const { cellMs, originMs, seed } = this.#options;
    const streams = [...this.#streams].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [, stream] of streams) stream.end();
    const first = streams.reduce((least, [, { firstSeen }]) => Math.min(least, firstSeen), Number.POSITIVE_INFINITY);
    const end = streams.reduce((most, [, { newest }]) => Math.max(most, newest + 1), Number.NEGATIVE_INFINITY);
    const isSeconds = cellMs === SECOND_MS;
    const startMs = streams.length === 0 ? 0 : floorTo(START_STEP_MS, isSeconds ? first * cellMs : originMs + first * cellMs);
    const zero = isSeconds ? startMs / SECOND_MS : first;
    const clock: CellClock = { startMs, cells: streams.length === 0 ? 0 : end - zero, cellS: cellMs / SECOND_MS, seed };
    const hash = new DemandHash();
    let missing = 0;
    const sources = streams.map(([name, stream]) => {
      const run = { name, first: (stream.first ?? zero) - zero, chunks: () => stream.chunks() };
      hash.addRun(run, clock);
      if (stream.seen > 0) missing += stream.newest - stream.firstSeen + 1 - stream.seen;
      return spooledSource(run, clock);
    });
    return {
      sources,
      sha256: hash.digest(),
      lateRows: this.#lateRows,
      latestByMs: this.#latestByMs,
      missingCells: isSeconds ? 0 : missing,
    };
  }

  #streamOf(wanted: string): StreamCells | undefined {
    const { kept, overflow, maxStreams, windowCells } = this.#options;
    const name = kept === undefined || kept.has(wanted) ? wanted : overflow;
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      if (this.#streams.size >= maxStreams) {
        this.#totals = new Map([...this.#streams].map(([each, { total }]) => [each, total]));
        this.#streams.clear();
        this.#spool.discard();
        return undefined;
      }
      stream = new StreamCells(windowCells, this.#chunkBytes, this.#spool);
      this.#streams.set(name, stream);
    }
    this.#lastName = wanted;
    this.#lastStream = stream;
    return stream;
  }
}

function floorTo(step: number, value: number): number {
  return Math.floor(value / step) * step;
}

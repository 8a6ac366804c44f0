/**
 * The shards of one generation in one partition. Most ascend, so one run holds them; what was given back is cut again below, and goes to
 * the first run that still ends below it. An ordinal is looked for in each run by halving: they are few, about the root of how many
 * shards were cut out of order.
 */
import type { Interval } from '../../../core/interval.ts';
import { without } from '../../../core/interval.ts';
import { type NewRow, ShardRun } from './shard-run.ts';

/** Shards cut in descending order would be a run each: beyond so many, the rest is looked through one by one. */
const RUNS_MAX = 128;

/** Where a shard stands. */
export interface Place {
  readonly book: ShardBook;
  readonly run: ShardRun;
  readonly row: number;
}

export class ShardBook {
  readonly name: string;
  readonly generation: number;
  readonly runs: ShardRun[] = [];
  /** In no order of ordinals. */
  loose = new ShardRun();

  constructor(name: string, generation: number) {
    this.name = name;
    this.generation = generation;
  }

  append(row: NewRow): Place {
    let run = this.runs.find((each) => each.lastEnd <= row.start);
    if (run === undefined && this.runs.length < RUNS_MAX) {
      run = new ShardRun();
      this.runs.push(run);
    }
    run ??= this.loose;
    return { book: this, run, row: run.append(row) };
  }

  /** The newest shard in whose live part the ordinal lies. */
  holderOf(ordinal: number): Place | undefined {
    let newest: Place | undefined;
    const consider = (run: ShardRun, row: number): void => {
      if (!run.isLive(row, ordinal)) return;
      if (newest === undefined || run.id(row) > newest.run.id(newest.row)) newest = { book: this, run, row };
    };
    for (const run of this.runs) {
      const row = run.rowAt(ordinal);
      if (row >= 0) consider(run, row);
    }
    for (let row = 0; row < this.loose.length; row++) consider(this.loose, row);
    return newest;
  }

  placeOf(id: number): Place | undefined {
    for (const run of [...this.runs, this.loose]) {
      const row = run.rowOf(id);
      if (row >= 0) return { book: this, run, row };
    }
    return undefined;
  }

  get size(): number {
    return this.runs.reduce((sum, run) => sum + run.length, this.loose.length);
  }

  /** Bytes of all pages, the room that is left in them included. */
  get bytes(): number {
    return [...this.runs, this.loose].flatMap((run) => run.pages).reduce((sum, page) => sum + page.buffer.byteLength, 0);
  }

  /** The live parts of each run in the order of ordinals, and of what is loose, sorted. */
  livePartsByRun(): Iterable<Interval>[] {
    const { loose } = this;
    const rows = Uint32Array.from({ length: loose.length }, (_, row) => row).sort((a, b) => loose.start(a) - loose.start(b));
    return [...this.runs.map((run) => livePartsOf(run, rowsOf(run))), livePartsOf(loose, rows)];
  }
}

function* rowsOf(run: ShardRun): Generator<number> {
  for (let row = 0; row < run.length; row++) yield row;
}

function* livePartsOf(run: ShardRun, rows: Iterable<number>): Generator<Interval> {
  for (const row of rows) {
    const whole = { start: run.start(row), end: run.end(row) };
    if (run.ending(row) === 'returned') yield* without(whole, run.slices(row));
    else yield whole;
  }
}

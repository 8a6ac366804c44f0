/**
 * A set of demand from rows in their order of time. Where there are more streams than may be told apart, the rows are read once more and
 * the smallest streams share one.
 */

import { sharedStreamId } from '../../core/stream.ts';
import { dataError } from '../accuracy/data-file.ts';
import { DemandCollector, type Misfit, NAMES_MAX, PER_SECOND_MAX, SILENCE_DAYS_MAX } from './demand-collector.ts';
import type { DemandSet } from './demand-source.ts';

const SECOND_MS = 1_000;
/** Between two words on how far the reading is: a tenth of a second or so. */
const ROWS_BETWEEN = 100_000;

/** Whoever reads rows hands each to `add`. */
export interface RowSink {
  /** `row` says where it stands: the line of a file, the offset of a record. */
  add(stream: string, timeMs: number, count: number, row: number): void;
}

export interface RowSource {
  /** What it is read from, as errors and reports name it. */
  readonly from: string;
  /** What `row` counts, for errors; lines unless said otherwise. */
  readonly rowWord?: string;
  /** Hands over all rows, the same ones each time; returns what was mended on the way. */
  read(sink: RowSink): Promise<readonly string[]>;
}

export interface CollectOptions {
  /** One second for events; the length of the bins that rows count. */
  readonly cellMs: number;
  /** Where bins begin. */
  readonly originMs: number;
  /** How late a row may be behind the newest of its stream. */
  readonly sortWindowMs: number;
  readonly maxStreams: number;
  /** Of the spreading of bins over their seconds. */
  readonly seed: number;
  /** Bins without a row are what the source is like, no repair. */
  readonly gapsAreUsual?: boolean | undefined;
  /** Told now and then how many rows were read. */
  readonly onRows?: ((rows: number) => void) | undefined;
  /** Multiplies all values; 1 where it is left out. */
  readonly factor?: number | undefined;
}

export async function collectDemand(source: RowSource, options: CollectOptions): Promise<DemandSet> {
  const { cellMs, sortWindowMs, maxStreams } = options;
  const windowCells = Math.max(1, Math.ceil(sortWindowMs / cellMs)) + 1;
  const shared = { ...options, windowCells, overflow: '' };
  const first = new DemandCollector(shared);
  const repairs = await source.read(sinkOf(first, source, options));
  if (first.totals === undefined) return demandSet(source.from, first, repairs, options);

  const { kept, overflow } = largest(first.totals, maxStreams - 1);
  const second = new DemandCollector({ ...shared, kept, overflow });
  const again = await source.read(sinkOf(second, source, options));
  const shares = `${first.totals.size - kept.size} streams beyond the ${kept.size} largest share the stream ${overflow}`;
  return demandSet(source.from, second, [...again, shares], options);
}

function sinkOf(collector: DemandCollector, { from, rowWord }: RowSource, options: CollectOptions): RowSink {
  const { factor = 1, sortWindowMs, onRows } = options;
  let rows = 0;
  return {
    add(stream, timeMs, count, row) {
      const misfit = collector.add(stream, timeMs, count * factor);
      if (misfit !== undefined) throw dataError(from, problemOf(misfit, sortWindowMs), row, rowWord);
      if (++rows % ROWS_BETWEEN === 0) onRows?.(rows);
    },
  };
}

function problemOf(misfit: Misfit, sortWindowMs: number): string {
  switch (misfit) {
    case 'too late': {
      const window = `rows may be late by ${sortWindowMs / SECOND_MS} s`;
      return `its time is too far behind another row of its stream (${window}); sort them by time, as sort -t, -k1,1 does for a first column, or allow more with --sort-window`;
    }
    case 'too far ahead':
      return `its time is more than ${SILENCE_DAYS_MAX} days after all rows before it: one of them is wrong, or misread`;
    case 'too many values':
      return `with it, more than ${PER_SECOND_MAX} values fall into a second: nobody can have asked for so many`;
    case 'too many names':
      return `more than ${NAMES_MAX} different streams: name columns that tell fewer of them apart`;
  }
}

/** The largest streams, and the name of the one that the others share. */
function largest(totals: ReadonlyMap<string, number>, count: number): { kept: Set<string>; overflow: string } {
  const ranked = [...totals].sort(([a, inA], [b, inB]) => inB - inA || (a < b ? -1 : 1));
  const kept = new Set(ranked.slice(0, count).map(([name]) => name));
  const sequences = new Set(ranked.map(([name]) => (name.includes('/') ? name.slice(0, name.indexOf('/')) : '*')));
  const [only] = sequences.size === 1 ? sequences : ['*'];
  return { kept, overflow: sharedStreamId(only ?? '*') };
}

function demandSet(from: string, collector: DemandCollector, repairs: readonly string[], { gapsAreUsual }: CollectOptions): DemandSet {
  const { sources, sha256, lateRows, latestByMs, missingCells } = collector.collected();
  if (sources.length === 0) throw dataError(from, 'it holds no demand: not one row');
  const late = `${lateRows} rows out of order by at most ${Math.ceil(latestByMs / SECOND_MS)} s were sorted`;
  const missing = `${missingCells} bins without a row were taken as 0`;
  const ours = [...(lateRows > 0 ? [late] : []), ...(missingCells > 0 && gapsAreUsual !== true ? [missing] : [])];
  return { from, sha256, streams: sources, repairs: [...repairs, ...ours] };
}

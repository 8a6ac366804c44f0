/**
 * Demand from a table of rows, CSV or Parquet: events with a time each, or counts per bin. What rows are is found from the first thousands,
 * then all are read, piece by piece, so that the table may be longer than memory.
 */
import { dataError } from '../accuracy/data-file.ts';
import { type CollectOptions, collectDemand, type RowSink } from './collected-demand.ts';
import type { ColumnChoice, WantedColumns } from './column-choice.ts';
import type { DemandSet } from './demand-source.ts';
import { regularStep } from './regular-step.ts';

export interface TableOptions extends Omit<CollectOptions, 'cellMs' | 'originMs'> {
  /** Rows are events at their time, or count what happened in a bin; found from their times where it is left out. */
  readonly rows?: 'events' | 'counts' | undefined;
  /** Length of the bins, where it should not be found from their times. */
  readonly binMs?: number | undefined;
  readonly columns: WantedColumns;
  /** Of times without a zone; UTC, and counted as a repair, where it is left out. */
  readonly timeZone?: string | undefined;
  /** Leaves out copies of lines seen shortly before. A column of ids always does. */
  readonly dropRepeatedLines: boolean;
}

/** A look at the first rows only. */
export interface Look {
  readonly rowsMax: number;
  readonly onColumns: (choice: ColumnChoice) => void;
}

/** Hands over the rows of a table, all or the first; returns what was mended on the way. */
export type ReadTable = (sink: RowSink, look?: Look) => Promise<readonly string[]>;

const SECOND_MS = 1_000;
/** Rows by which a file is judged: thousands of bins, or a moment of events. */
const SAMPLE_ROWS = 2_000;
/** Fewer distances between times show no rhythm by themselves. */
const DISTANCES_MIN = 4;

export async function readRowedDemand(from: string, rowWord: string, read: ReadTable, options: TableOptions): Promise<DemandSet> {
  const { stepMs, originMs, found } = await rhythmOf(from, read, options);
  const sortWindowMs = Math.max(options.sortWindowMs, stepMs === SECOND_MS ? 0 : stepMs);
  const source = { from, rowWord, read: (sink: RowSink) => read(sink) };
  const demand = await collectDemand(source, { ...options, cellMs: stepMs, originMs, sortWindowMs });
  const said = `rows were read as counts of ${stepMs / SECOND_MS} s, the distance of most; their values were spread over seconds by chance`;
  return found ? { ...demand, repairs: [said, ...demand.repairs] } : demand;
}

interface Rhythm {
  readonly stepMs: number;
  readonly originMs: number;
  /** The rows themselves had to tell. */
  readonly found: boolean;
}

async function rhythmOf(from: string, read: ReadTable, { rows, binMs }: TableOptions): Promise<Rhythm> {
  const events = { stepMs: SECOND_MS, originMs: 0, found: false };
  if (rows === 'events') return events;
  const sample = await sampled(from, read);
  const originMs = Math.min(...sample.times.flat());
  if (binMs !== undefined) return { stepMs: binMs, originMs, found: false };
  const step = sample.hasCount ? regularStep(sample.times, rows === 'counts' ? 1 : DISTANCES_MIN) : undefined;
  if (step !== undefined && step > SECOND_MS && step % SECOND_MS === 0) return { stepMs: step, originMs, found: true };
  if (rows !== 'counts' || step === SECOND_MS) return events;
  throw dataError(from, 'its rows are no counts at a regular distance of whole seconds: --bin says how long each counts');
}

async function sampled(from: string, read: ReadTable): Promise<{ times: number[][]; hasCount: boolean }> {
  const byStream = new Map<string, number[]>();
  const add = (stream: string, timeMs: number): void => {
    const times = byStream.get(stream);
    if (times === undefined) byStream.set(stream, [timeMs]);
    else times.push(timeMs);
  };
  let hasCount = false;
  const onColumns = (choice: ColumnChoice): void => {
    hasCount = choice.count !== undefined;
  };
  await read({ add }, { rowsMax: SAMPLE_ROWS, onColumns });
  if (byStream.size === 0) throw dataError(from, 'it holds no demand: not one row');
  return { times: [...byStream.values()], hasCount };
}

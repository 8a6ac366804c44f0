/** Demand from plain text, plain or gzip: one count a line, bin after bin without a gap. */
import { dataError } from '../accuracy/data-file.ts';
import { START_MS } from '../traces/demand-seconds.ts';
import { type CollectOptions, collectDemand, type RowSink } from './collected-demand.ts';
import { CountReader } from './count-reader.ts';
import type { DemandSet } from './demand-source.ts';
import { fileBytes, plainName } from './file-bytes.ts';
import { splitRows } from './row-splitter.ts';

export interface LineOptions extends Omit<CollectOptions, 'cellMs' | 'originMs' | 'sortWindowMs'> {
  /** When the first bin begins; a Monday where nobody knows. */
  readonly startMs?: number | undefined;
  readonly binMs: number;
}

/** A line is one cell: no byte of text separates. */
const NO_SEPARATOR = -2;

export async function readCountLines(path: string, options: LineOptions): Promise<DemandSet> {
  const { startMs = START_MS, binMs } = options;
  const source = { from: path, read: (sink: RowSink) => readLines(path, { startMs, binMs }, sink) };
  const demand = await collectDemand(source, { ...options, cellMs: binMs, originMs: startMs, sortWindowMs: 0 });
  const assumed = 'when it begins is not said: taken as Monday 2024-01-01T00:00:00Z; --start names another';
  return options.startMs === undefined ? { ...demand, repairs: [assumed, ...demand.repairs] } : demand;
}

async function readLines(path: string, { startMs, binMs }: { startMs: number; binMs: number }, sink: RowSink): Promise<readonly string[]> {
  const counts = new CountReader();
  const name = plainName(path);
  let bin = 0;
  await splitRows(
    path,
    fileBytes(path),
    () => NO_SEPARATOR,
    (row) => {
      const count = counts.read(row.bytes, row.starts[0] ?? 0, row.ends[0] ?? 0);
      if (Number.isNaN(count)) throw dataError(path, `${counts.problem}: one count a line is expected`, row.line);
      sink.add(name, startMs + bin++ * binMs, count, row.line);
      return true;
    },
  );
  return counts.repairs();
}

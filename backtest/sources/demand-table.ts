/**
 * A table that somebody else's engine reads (Parquet through DuckDB), and demand from it. What the engine hands over is typed: times are
 * no text that has to be understood, and a wrong type is refused before a row is read.
 */
import { dataError } from '../accuracy/data-file.ts';
import type { RowSink } from './collected-demand.ts';
import { type ColumnChoice, type ColumnKey, chooseColumns, streamNamer } from './column-choice.ts';
import { CountReader } from './count-reader.ts';
import type { DemandSet } from './demand-source.ts';
import { plainName } from './file-bytes.ts';
import { RecentLines } from './recent-lines.ts';
import { type Look, readRowedDemand, type TableOptions } from './rowed-demand.ts';
import { TimeReader } from './time-reader.ts';

/** `instant`: a time with its zone; `wall`: one without; numbers and text as they are; anything else is `other`. */
export type ColumnKind = 'instant' | 'wall' | 'number' | 'text' | 'other';

export interface TableColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  /** What the engine calls its type, for messages. */
  readonly type: string;
}

export type TableCell = number | string | null;

export interface DemandTable {
  readonly columns: readonly TableColumn[];
  /**
   * Rows in their order, some thousand at a time, column by column as they were asked for (by position). Times are milliseconds since 1970,
   * those without a zone as if they were UTC.
   */
  rows(positions: readonly number[]): AsyncIterable<readonly (readonly TableCell[])[]>;
}

/** Opens the table, hands it on, and closes it. */
export type WithTable = <T>(work: (table: DemandTable) => Promise<T>) => Promise<T>;

const FITTING: Readonly<Record<ColumnKey, readonly ColumnKind[]>> = {
  time: ['instant', 'wall', 'number', 'text'],
  count: ['number'],
  stream: ['text', 'number'],
  sequence: ['text', 'number'],
  'client-type': ['text', 'number'],
  service: ['text', 'number'],
  id: ['text', 'number'],
};

export async function readTableDemand(from: string, withTable: WithTable, options: TableOptions): Promise<DemandSet> {
  if (options.dropRepeatedLines)
    throw dataError(from, 'it has no lines to be repeated: --columns id=NAME names a column that tells copies');
  return readRowedDemand(from, 'row', (sink, look) => withTable((table) => readTable(from, table, options, sink, look)), options);
}

async function readTable(from: string, table: DemandTable, options: TableOptions, sink: RowSink, look?: Look): Promise<readonly string[]> {
  const choice = checkedColumns(from, table, options);
  look?.onColumns(choice);
  const keys = Object.keys(choice) as ColumnKey[];
  const positions = keys.map((key) => choice[key] ?? 0);
  // Where the chosen columns stand in what the engine hands over.
  const own = Object.fromEntries(keys.map((key, at) => [key, at])) as unknown as ColumnChoice;
  const times = new TimeReader(options.timeZone);
  const counts = new CountReader();
  const ids = new RecentLines();
  const nameOf = streamNamer(own, plainName(from));
  const timeKind = table.columns[choice.time]?.kind ?? 'other';
  let row = 0;
  for await (const columns of table.rows(positions)) {
    const cell = { at: 0, text: (column: number): string => String(columns[column]?.[cell.at] ?? '') };
    const length = columns[0]?.length ?? 0;
    for (cell.at = 0; cell.at < length; cell.at++) {
      row++;
      if (own.id !== undefined && ids.isCopy(cell.text(own.id))) continue;
      const timeMs = timeOf(times, timeKind, columns[own.time]?.[cell.at] ?? null);
      if (Number.isNaN(timeMs)) throw dataError(from, times.problem, row, 'row');
      const values = own.count === undefined ? 1 : countOf(counts, columns[own.count]?.[cell.at] ?? null);
      if (Number.isNaN(values)) throw dataError(from, counts.problem, row, 'row');
      sink.add(nameOf(cell), timeMs, values, row);
      if (row === look?.rowsMax) return [];
    }
  }
  const copies = ids.copies > 0 ? [`${ids.copies} rows with the id of a row shortly before were left out`] : [];
  return [...times.repairs(), ...counts.repairs(), ...copies];
}

function checkedColumns(from: string, { columns }: DemandTable, options: TableOptions): ColumnChoice {
  const names = columns.map(({ name }) => name);
  const choice = chooseColumns(from, names, names.length, options.columns, undefined);
  for (const [key, at] of Object.entries(choice) as [ColumnKey, number][]) {
    const column = columns[at];
    if (column === undefined || FITTING[key].includes(column.kind)) continue;
    const expected = key === 'time' ? 'a time, a number or text' : key === 'count' ? 'a number' : 'text or a number';
    throw dataError(from, `the column ${column.name} is ${column.type}: ${expected} is expected for ${key}`);
  }
  return choice;
}

function timeOf(times: TimeReader, kind: ColumnKind, value: TableCell): number {
  if (kind === 'instant' && typeof value === 'number') return value;
  if (kind === 'wall' && typeof value === 'number') return times.wall(value);
  return typeof value === 'number' ? times.readNumber(value) : times.readText(value ?? '');
}

function countOf(counts: CountReader, value: TableCell): number {
  return typeof value === 'number' ? counts.whole(value) : counts.empty();
}

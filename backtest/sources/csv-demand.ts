/** Demand from a CSV file, plain or gzip. What is odd is mended and counted, or refused with its line. */
import { dataError } from '../accuracy/data-file.ts';
import type { RowSink } from './collected-demand.ts';
import { type ColumnChoice, chooseColumns, streamNamer, type WantedColumns } from './column-choice.ts';
import { CountReader } from './count-reader.ts';
import type { DemandSet } from './demand-source.ts';
import { fileBytes, plainName } from './file-bytes.ts';
import { RecentLines } from './recent-lines.ts';
import { type Row, splitRows } from './row-splitter.ts';
import { type Look, readRowedDemand, type TableOptions } from './rowed-demand.ts';
import { TimeReader } from './time-reader.ts';

const SEPARATORS = [',', ';', '\t', '|'].map((each) => each.charCodeAt(0));
const NEWLINE = 0x0a;

export async function readCsvDemand(path: string, options: TableOptions): Promise<DemandSet> {
  return readRowedDemand(path, 'line', (sink, look) => readCsv(path, options, sink, look), options);
}

async function readCsv(path: string, options: TableOptions, sink: RowSink, look?: Look): Promise<readonly string[]> {
  const rows = new CsvRows(path, options, sink, look);
  await splitRows(path, fileBytes(path), separatorOf, (row) => rows.add(row));
  return rows.repairs();
}

class CsvRows {
  readonly #path: string;
  readonly #options: TableOptions;
  readonly #sink: RowSink;
  readonly #look: Look | undefined;
  readonly #times: TimeReader;
  readonly #counts = new CountReader();
  readonly #ids = new RecentLines();
  readonly #lines = new RecentLines();
  #columns: ColumnChoice | undefined;
  #nameOf: () => string = () => '';
  #width = 0;
  #rows = 0;

  constructor(path: string, options: TableOptions, sink: RowSink, look: Look | undefined) {
    this.#path = path;
    this.#options = options;
    this.#sink = sink;
    this.#look = look;
    this.#times = new TimeReader(options.timeZone);
  }

  /** False where no more rows are wanted. */
  add(row: Row): boolean {
    if (this.#columns === undefined) {
      const { choice, isHeader } = columnsOf(this.#path, row, this.#options.columns);
      this.#columns = choice;
      this.#width = Math.max(...Object.values(choice)) + 1;
      const nameOf = streamNamer(choice, plainName(this.#path));
      const names = { text: (column: number) => row.repeatedText(column) };
      // The same object stands for every row.
      this.#nameOf = () => nameOf(names);
      this.#look?.onColumns(choice);
      if (isHeader) return true;
    }
    if (row.cells < this.#width) throw this.#error(`it has ${row.cells} columns, at least ${this.#width} are expected`, row);
    const { time, count, id } = this.#columns;
    if (id !== undefined && this.#ids.isCopy(row.text(id))) return true;
    if (this.#options.dropRepeatedLines && this.#lines.isCopy(row.wholeText)) return true;
    const timeMs = this.#times.read(row.bytes, row.starts[time] ?? 0, row.ends[time] ?? 0);
    if (Number.isNaN(timeMs)) throw this.#error(this.#times.problem, row);
    const values = count === undefined ? 1 : this.#counts.read(row.bytes, row.starts[count] ?? 0, row.ends[count] ?? 0);
    if (Number.isNaN(values)) throw this.#error(this.#counts.problem, row);
    this.#sink.add(this.#nameOf(), timeMs, values, row.line);
    return ++this.#rows !== this.#look?.rowsMax;
  }

  repairs(): string[] {
    const [ids, lines] = [this.#ids.copies, this.#lines.copies];
    return [
      ...this.#times.repairs(),
      ...this.#counts.repairs(),
      ...(ids > 0 ? [`${ids} rows with the id of a row shortly before were left out`] : []),
      ...(lines > 0 ? [`${lines} lines like one shortly before were left out`] : []),
    ];
  }

  #error(problem: string, row: Row): Error {
    return dataError(this.#path, problem, row.line);
  }
}

/** A first row without any time is a header. Without one, the first column says when, and a number beside it how many. */
function columnsOf(path: string, row: Row, wanted: WantedColumns): { choice: ColumnChoice; isHeader: boolean } {
  const cells = Array.from({ length: row.cells }, (_, cell) => row.text(cell));
  const isTime = (cell: number): boolean =>
    !Number.isNaN(new TimeReader('UTC').read(row.bytes, row.starts[cell] ?? 0, row.ends[cell] ?? 0));
  const isHeader = !cells.some((_, cell) => isTime(cell));
  if (isHeader) return { choice: chooseColumns(path, cells, cells.length, wanted), isHeader };
  const isNumber = cells.length > 1 && cells[1] !== '' && Number.isFinite(Number(cells[1]));
  const usual = { time: '1', ...(isNumber && wanted.time === undefined ? { count: '2' } : {}) };
  return { choice: chooseColumns(path, undefined, cells.length, { ...usual, ...wanted }), isHeader };
}

/** The one that stands most often in the first line. */
function separatorOf(piece: Buffer): number {
  const end = piece.indexOf(NEWLINE);
  const line = piece.subarray(0, end === -1 ? piece.length : end);
  const often = (separator: number): number => line.reduce((sum, byte) => sum + (byte === separator ? 1 : 0), 0);
  return SEPARATORS.reduce((best, each) => (often(each) > often(best) ? each : best));
}

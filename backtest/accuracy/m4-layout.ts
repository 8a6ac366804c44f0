/**
 * Reads series in the layout of the M4 competition: one row a series, its id first, then its values, then empty cells; a header of
 * V1, V2, … Values that follow may be in a test file of the same layout. Where there is none, the last points are held back.
 */
import type { SeriesHistory } from '../../models/contract.ts';
import { type DataFile, dataError } from './data-file.ts';

/** The whole competition has 100,000 series. */
const SERIES_MAX = 100_000;
/** Rows are bounded one by one, so that a file without line ends is refused instead of read. */
const POINTS_MAX = 2_100_000;

export interface LayoutRow {
  readonly id: string;
  readonly values: Float64Array;
}

export function parseM4Rows(file: Pick<DataFile, 'name' | 'text'>): LayoutRow[] {
  const rows: LayoutRow[] = [];
  const seen = new Set<string>();
  let line = 0;
  for (const text of linesOf(file.text)) {
    line++;
    if (text === '' || (line === 1 && isHeader(text))) continue;
    const row = parsedRow(file.name, line, text);
    if (seen.has(row.id)) throw dataError(file.name, `the series ${row.id} is there twice`, line);
    seen.add(row.id);
    rows.push(row);
    if (rows.length > SERIES_MAX) throw dataError(file.name, `more than ${SERIES_MAX} series`, line);
  }
  if (rows.length === 0) throw dataError(file.name, 'no series: one row each is expected, the id first');
  return rows;
}

/** Histories that end with the values to be forecast: those of the test rows, or else the last of the training rows. */
export function m4Histories(train: readonly LayoutRow[], test: readonly LayoutRow[] | undefined, binMs: number): SeriesHistory[] {
  const following = new Map(test?.map(({ id, values }) => [id, values]));
  return train.map(({ id, values }) => {
    const more = following.get(id);
    if (test !== undefined && more === undefined) throw dataError('test file', `it has no row for the series ${id}`);
    return { key: id, binMs, startMs: 0, demand: more === undefined ? values : joined(values, more) };
  });
}

function parsedRow(name: string, line: number, text: string): LayoutRow {
  const cells = text.split(',');
  const id = unquoted(cells[0] ?? '');
  if (id === '') throw dataError(name, 'a row begins with the id of its series', line);
  let count = cells.length;
  while (count > 1 && isEmpty(cells[count - 1] ?? '')) count--;
  if (count - 1 > POINTS_MAX) throw dataError(name, `the series ${id} has more than ${POINTS_MAX} values`, line);
  const values = new Float64Array(count - 1);
  for (let i = 1; i < count; i++) {
    const cell = unquoted(cells[i] ?? '');
    const value = cell === '' ? NaN : Number(cell);
    if (!Number.isFinite(value) || value < 0) throw dataError(name, `value ${i} of ${id} is "${cell}": numbers from 0 are expected`, line);
    values[i - 1] = value;
  }
  return { id, values };
}

/** Line by line, without a copy of them all. */
function* linesOf(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const until = end === -1 ? text.length : end;
    yield text.slice(from, until).trimEnd();
    from = until + 1;
  }
}

function isHeader(text: string): boolean {
  return /^"?V1"?(,|$)/.test(text);
}

function isEmpty(cell: string): boolean {
  return unquoted(cell) === '' || unquoted(cell) === 'NA';
}

function unquoted(cell: string): string {
  const text = cell.trim();
  return text.startsWith('"') && text.endsWith('"') && text.length >= 2 ? text.slice(1, -1) : text;
}

function joined(first: Float64Array, second: Float64Array): Float64Array {
  const both = new Float64Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

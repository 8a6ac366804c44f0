/**
 * Columns of text for a terminal: words to the left, numbers to the right. What is wider than the terminal is made to fit: columns without a
 * word go, long texts are shortened, and where that is not enough each row becomes a few lines of its own, with nothing left out.
 */
import { NO_TERMINAL, styled, type Terminal } from './terminal.ts';
import { oneLine, padEnd, shortened, widthOf } from './text-width.ts';

export type Cell = string | number;

const GAP = '  ';
/** Less of a text tells nothing apart. */
const SHORTENED_MIN = 12;
/** As text for reading: groups of digits, a share, a time. */
const NUMBER = /^[-+]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?(e[-+]?\d+)?( ?(%|ms|s|ppm))?$/;
const DATE = /^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/;

export function table(head: readonly string[], rows: readonly (readonly Cell[])[], terminal = NO_TERMINAL): string {
  const texts = rows.map((row) => row.map(cellText));
  const all = head.map((title, at) =>
    columnOf(
      title,
      texts.map((row) => row[at] ?? ''),
    ),
  );
  // What is too wide does first without the columns in which nothing stands.
  const columns =
    excess(
      all.map(({ width }) => width),
      terminal.columns,
    ) > 0
      ? all.filter(({ isEmpty }) => !isEmpty)
      : all;
  const widths = fittedWidths(columns, terminal.columns);
  if (widths === undefined) return texts.map((_, row) => record(columns, row, terminal)).join('\n');
  const line = (cellOf: (column: Column) => string, style: (text: string) => string = (text) => text): string =>
    columns
      .map((column, at) => {
        const width = widths[at] ?? 0;
        const shown = shortened(cellOf(column), width);
        // Coloured before it is padded, as colours have no width.
        const margin = ' '.repeat(Math.max(0, width - widthOf(shown)));
        return column.isNumber ? margin + style(shown) : style(shown) + margin;
      })
      .join(GAP)
      .trimEnd();
  const titles = line(
    ({ title }) => title,
    (title) => styled('bold', title, terminal),
  );
  return `${titles}\n${texts.map((_, row) => `${line(({ cells }) => cells[row] ?? '')}\n`).join('')}`;
}

/** `name  value`, one a line. */
export function fields(values: Readonly<Record<string, unknown>>): string {
  const width = Math.max(...Object.keys(values).map((name) => name.length));
  return Object.entries(values)
    .map(([name, value]) => `${name.padEnd(width)}${GAP}${typeof value === 'number' ? cellText(value) : String(value)}\n`)
    .join('');
}

/** As a date that sorts; undefined stays empty. */
export function timeText(ms: number | undefined): string {
  return ms === undefined ? '' : new Date(ms).toISOString();
}

interface Column {
  readonly title: string;
  readonly cells: readonly string[];
  readonly width: number;
  /** As narrow as it may become. */
  readonly least: number;
  readonly isNumber: boolean;
  readonly isEmpty: boolean;
}

function columnOf(title: string, cells: readonly string[]): Column {
  const width = Math.max(widthOf(title), ...cells.map(widthOf));
  const said = cells.filter((cell) => cell !== '');
  const isNumber = said.length > 0 && said.every((cell) => NUMBER.test(cell));
  const isWhole = isNumber || (said.length > 0 && said.every((cell) => DATE.test(cell)));
  const least = isWhole ? width : Math.min(width, Math.max(SHORTENED_MIN, widthOf(title)));
  return { title, cells, width, least, isNumber, isEmpty: rowsAreEmpty(cells) };
}

/** Of a table without rows every column is as empty as the others: then they all stay. */
function rowsAreEmpty(cells: readonly string[]): boolean {
  return cells.length > 0 && cells.every((cell) => cell === '');
}

/** Columns of the terminal that are missing; none where there is room enough. */
function excess(widths: readonly number[], room: number | undefined): number {
  return room === undefined ? 0 : widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1)) - room;
}

/** Takes from the widest first; undefined where all of them at their least are still too wide. */
function fittedWidths(columns: readonly Column[], room: number | undefined): number[] | undefined {
  const widths = columns.map(({ width }) => width);
  while (excess(widths, room) > 0) {
    const spare = widths.map((width, at) => (width > (columns[at]?.least ?? 0) ? width : 0));
    const widest = spare.indexOf(Math.max(...spare));
    if (spare[widest] === 0 || spare[widest] === undefined) return undefined;
    widths[widest] = spare[widest] - 1;
  }
  return widths;
}

/** One row on lines of its own. */
function record(columns: readonly Column[], row: number, terminal: Terminal): string {
  const width = Math.max(...columns.map(({ title }) => widthOf(title)));
  const line = ({ title, cells }: Column): string => `${styled('bold', padEnd(title, width), terminal)}${GAP}${cells[row] ?? ''}\n`;
  return columns.map(line).join('');
}

function cellText(cell: Cell): string {
  if (typeof cell === 'string') return oneLine(cell);
  return Number.isInteger(cell) ? String(cell) : cell.toPrecision(4);
}

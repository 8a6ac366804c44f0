/** Columns of text for a terminal: words to the left, numbers to the right. */
export type Cell = string | number;

const GAP = '  ';

export function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const texts = rows.map((row) => row.map(cellText));
  const widths = head.map((title, column) => Math.max(title.length, ...texts.map((row) => row[column]?.length ?? 0)));
  const isNumber = head.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (isNumber[column] === true ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join(GAP)
      .trimEnd();
  return [head, ...texts].map((cells) => `${line(cells)}\n`).join('');
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

function cellText(cell: Cell): string {
  return typeof cell === 'number' && !Number.isInteger(cell) ? cell.toPrecision(4) : String(cell);
}

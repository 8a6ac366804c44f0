/** Columns that fit a terminal: the first to the left, figures to the right, and the least important ones left out where it is narrow. */

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** 0 stays; of the others the largest goes first. */
  readonly leaveOut: number;
}

const GAP = '  ';
const FIRST_WIDTH_MAX = 34;

export function fittedTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], width: number): string {
  let shown = [...columns];
  for (;;) {
    const lines = linesOf(shown, rows);
    const last = shown.reduce((most, each) => Math.max(most, each.leaveOut), 0);
    if (last === 0 || lines.every((line) => line.length <= width)) return lines.map((line) => `${line}\n`).join('');
    shown = shown.filter((each) => each.leaveOut !== last);
  }
}

function linesOf<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ text }) => text(row)))];
  const widths = columns.map((_, i) => cells.reduce((most, each) => Math.max(most, each[i]?.length ?? 0), 0));
  return cells.map((each) => {
    const padded = each.map((cell, i) => {
      const wide = widths[i] ?? 0;
      return i === 0 ? shortened(cell, Math.min(wide, FIRST_WIDTH_MAX)) : cell.padStart(wide);
    });
    return padded.join(GAP).trimEnd();
  });
}

function shortened(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`;
}

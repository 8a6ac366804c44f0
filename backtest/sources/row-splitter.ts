/**
 * Cuts the bytes of a CSV into rows and cells. It looks at every byte once and makes no text: a long file is read at the speed of the disk.
 * Cells may stand in quotes; a quoted cell ends on its line.
 */
import { dataError } from '../accuracy/data-file.ts';
import { RepeatedTexts } from './repeated-texts.ts';

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;
const SPACE = 0x20;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
/** A longer row is no row: the file has no line ends, or is not text. */
const ROW_BYTES_MAX = 1_024 * 1_024;
/** What stands further right is not looked at. */
const CELLS_MAX = 4_096;

/** One row: `bytes` from `starts[i]` to `ends[i]` is cell i, without spaces and quotes around it. The same object stands for each row. */
export class Row {
  bytes: Buffer = Buffer.alloc(0);
  readonly starts = new Int32Array(CELLS_MAX);
  readonly ends = new Int32Array(CELLS_MAX);
  cells = 0;
  line = 0;
  /** The whole row, without its line end. */
  start = 0;
  end = 0;
  readonly #texts = new RepeatedTexts();

  text(cell: number): string {
    if (cell >= this.cells) return '';
    const text = this.bytes.toString('utf8', this.starts[cell], this.ends[cell]);
    // Where the quotes of a cell were taken off, what is quoted inside stands double.
    return text.includes('""') ? text.replaceAll('""', '"') : text;
  }

  /** The same for cells that say the same in many rows, without making the text again. */
  repeatedText(cell: number): string {
    return cell >= this.cells ? '' : this.#texts.of(this.bytes, this.starts[cell] ?? 0, this.ends[cell] ?? 0, () => this.text(cell));
  }

  get wholeText(): string {
    return this.bytes.toString('utf8', this.start, this.end);
  }
}

/** Hands each row that is not empty to `onRow` until that says false. `separator` is a byte; 0 where a row is one cell. */
export async function splitRows(
  path: string,
  pieces: AsyncIterable<Buffer>,
  separator: (firstPiece: Buffer) => number,
  onRow: (row: Row) => boolean | undefined,
): Promise<void> {
  const row = new Row();
  let carried: Buffer | undefined;
  let between = -1;
  for await (const piece of pieces) {
    let bytes = carried === undefined ? piece : Buffer.concat([carried, piece]);
    if (between === -1) {
      if (BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte)) bytes = bytes.subarray(BYTE_ORDER_MARK.length);
      between = separator(bytes);
    }
    let at = 0;
    row.bytes = bytes;
    for (;;) {
      const next = split(path, row, at, between);
      if (next === -1) break;
      at = next;
      if (row.end > row.start && onRow(row) === false) return;
    }
    carried = at === bytes.length ? undefined : bytes.subarray(at);
    if (carried !== undefined && carried.length > ROW_BYTES_MAX) {
      throw dataError(path, `a row of more than ${ROW_BYTES_MAX} bytes: rows are expected on lines of their own`, row.line + 1);
    }
  }
  if (carried === undefined) return;
  row.bytes = Buffer.concat([carried, Buffer.of(NEWLINE)]);
  split(path, row, 0, between);
  if (row.end > row.start) onRow(row);
}

/** Splits the row that begins at `from`; where the next one begins, or -1 where the bytes end before it does. */
function split(path: string, row: Row, from: number, separator: number): number {
  const { bytes, starts, ends } = row;
  const length = bytes.length;
  let cell = 0;
  let start = from;
  for (let at = from; at < length; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE && at === start) {
      at = closingQuote(path, row, at);
      if (at === -1) return -1;
      continue;
    }
    if (byte !== separator && byte !== NEWLINE) continue;
    if (cell < CELLS_MAX) {
      starts[cell] = start;
      ends[cell] = at;
      cell++;
    }
    if (byte === NEWLINE) {
      row.line++;
      row.cells = cell;
      row.start = from;
      row.end = at > from && bytes[at - 1] === RETURN ? at - 1 : at;
      for (let each = 0; each < cell; each++) trim(row, each);
      return at + 1;
    }
    start = at + 1;
  }
  return -1;
}

/** The quote that ends the cell which begins at `open`; -1 where the bytes end before. */
function closingQuote(path: string, { bytes, line }: Row, open: number): number {
  for (let at = open + 1; at < bytes.length; at++) {
    if (bytes[at] === NEWLINE) throw dataError(path, 'a quoted cell does not end on its line', line + 1);
    if (bytes[at] !== QUOTE) continue;
    if (bytes[at + 1] !== QUOTE) return at;
    at++;
  }
  return -1;
}

function trim({ bytes, starts, ends }: Row, cell: number): void {
  let start = starts[cell] as number;
  let end = ends[cell] as number;
  while (start < end && (bytes[start] as number) <= SPACE) start++;
  while (end > start && (bytes[end - 1] as number) <= SPACE) end--;
  if (end - start >= 2 && bytes[start] === QUOTE && bytes[end - 1] === QUOTE) {
    start++;
    end--;
  }
  starts[cell] = start;
  ends[cell] = end;
}

/**
 * Shards of one generation in the order in which they were allocated, a row each. In an ascending run they also ascend by ordinal and do
 * not touch, so that the one that may hold an ordinal is found by halving.
 */
import type { Interval } from '../../../core/interval.ts';
import type { Ending } from '../../../core/ledger/audit.ts';
import { type HalfColumn, PAGE_ROWS, ROW_BYTES, ShardPage, TOO_WIDE, type WordColumn } from './shard-page.ts';

const ENDINGS = ['open', 'returned', 'burnt', 'lost'] as const satisfies readonly Ending[];
const WORD_VALUES = 2 ** 32;
/** Time takes 46 bits, until the year 4199; the two above them say how the shard ended. */
const TIME_HALF_MASK = 0x3fff;
const TIME_MS_MAX = WORD_VALUES * (TIME_HALF_MASK + 1) - 1;
const ENDING_SHIFT = 14;

/** A shard as it is allocated; stream and holder are numbers of names. */
export interface NewRow extends Interval {
  readonly id: number;
  readonly allocatedAtMs: number;
  readonly stream: number;
  readonly holder: number;
}

/** The last report that moved the cursor of a shard, in ordinals and milliseconds. */
export interface Report {
  readonly from: number;
  readonly to: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a run is beside its pages, as JSON. */
export interface RunExtras {
  readonly length: number;
  readonly wide: readonly (readonly [string, number])[];
  readonly slices: readonly (readonly [number, readonly Interval[]])[];
  readonly short: readonly (readonly [number, number])[];
}

export class ShardRun {
  readonly pages: ShardPage[] = [];
  length = 0;
  /** One past the last ordinal of the last row. */
  lastEnd = 0;
  /** Numbers that did not fit their column, by column and row. */
  readonly #wide = new Map<string, number>();
  /** Returned slices of rows whose live part is more than a beginning. */
  readonly #slices = new Map<number, readonly Interval[]>();
  /** Ordinals below the cursor that no report says were issued: given back, or reports are gone. */
  readonly #short = new Map<number, number>();

  append(row: NewRow): number {
    const at = this.length;
    const page = this.#pageForNext();
    page.start[at % PAGE_ROWS] = row.start;
    this.length++;
    this.lastEnd = row.end;
    const atMs = Math.min(Math.max(Math.trunc(row.allocatedAtMs), 0), TIME_MS_MAX);
    page.words.allocatedLow[at % PAGE_ROWS] = atMs % WORD_VALUES;
    page.halves.endingAndTime[at % PAGE_ROWS] = Math.floor(atMs / WORD_VALUES);
    this.#setWord('id', at, row.id);
    this.#setWord('size', at, row.end - row.start);
    this.#setWord('liveSize', at, row.end - row.start);
    this.#setWord('stream', at, row.stream);
    this.#setWord('holder', at, row.holder);
    return at;
  }

  start(row: number): number {
    return this.#page(row).start[row % PAGE_ROWS] as number;
  }

  end(row: number): number {
    return this.start(row) + this.#word('size', row);
  }

  id(row: number): number {
    return this.#word('id', row);
  }

  stream(row: number): number {
    return this.#word('stream', row);
  }

  holder(row: number): number {
    return this.#word('holder', row);
  }

  allocatedAtMs(row: number): number {
    const { words, halves } = this.#page(row);
    const high = (halves.endingAndTime[row % PAGE_ROWS] as number) & TIME_HALF_MASK;
    return high * WORD_VALUES + (words.allocatedLow[row % PAGE_ROWS] as number);
  }

  ending(row: number): Ending {
    return ENDINGS[(this.#page(row).halves.endingAndTime[row % PAGE_ROWS] as number) >> ENDING_SHIFT] as Ending;
  }

  /** Returned: what is no longer live. Burnt: the burnt rest. */
  slices(row: number): readonly Interval[] {
    const several = this.#slices.get(row);
    if (several !== undefined) return several;
    const from = this.start(row) + this.#word('liveSize', row);
    const end = this.end(row);
    return from < end ? [{ start: from, end }] : [];
  }

  close(row: number, ending: Ending, slices: readonly Interval[]): void {
    const { endingAndTime } = this.#page(row).halves;
    const time = (endingAndTime[row % PAGE_ROWS] as number) & TIME_HALF_MASK;
    endingAndTime[row % PAGE_ROWS] = time | (ENDINGS.indexOf(ending) << ENDING_SHIFT);
    const [first] = slices;
    if (first === undefined) return;
    if (slices.length === 1 && first.end === this.end(row)) this.#setWord('liveSize', row, first.start - this.start(row));
    else this.#slices.set(row, slices);
  }

  /** True where the ordinal lies in the row, and did not come back from it. */
  isLive(row: number, ordinal: number): boolean {
    const start = this.start(row);
    if (ordinal < start || ordinal >= start + this.#word('size', row)) return false;
    return this.ending(row) !== 'returned' || !this.slices(row).some((slice) => ordinal >= slice.start && ordinal < slice.end);
  }

  report(row: number): Report | undefined {
    const to = this.#word('issuedTo', row);
    if (to === 0) return undefined;
    const start = this.start(row);
    const toMs = this.allocatedAtMs(row) + this.#word('issuedAfterMs', row);
    return { from: start + this.#word('issuedFrom', row), to: start + to, fromMs: toMs - this.#half('issuedSpanMs', row), toMs };
  }

  setReport(row: number, { from, to, fromMs, toMs }: Report): void {
    const start = this.start(row);
    this.#setWord('issuedFrom', row, from - start);
    this.#setWord('issuedTo', row, to - start);
    this.#setWord('issuedAfterMs', row, toMs - this.allocatedAtMs(row));
    this.#setHalf('issuedSpanMs', row, toMs - fromMs);
  }

  short(row: number): number {
    return this.#short.get(row) ?? 0;
  }

  setShort(row: number, ordinals: number): void {
    if (ordinals === 0) this.#short.delete(row);
    else this.#short.set(row, ordinals);
  }

  /** In an ascending run: the row that begins at the ordinal or last before it, or -1. */
  rowAt(ordinal: number): number {
    return this.#lastRow((row) => this.start(row) <= ordinal);
  }

  /** The row of that id, or -1. */
  rowOf(id: number): number {
    const row = this.#lastRow((each) => this.id(each) <= id);
    return row >= 0 && this.id(row) === id ? row : -1;
  }

  extras(): RunExtras {
    return { length: this.length, wide: [...this.#wide], slices: [...this.#slices], short: [...this.#short] };
  }

  /** The run that had these extras, and rows that begin at `from` of the bytes; where the next ones begin. */
  static restored(extras: RunExtras, bytes: Uint8Array, from: number): { readonly run: ShardRun; readonly next: number } {
    const run = new ShardRun();
    let next = from;
    for (let rows = 0; rows < extras.length; rows += PAGE_ROWS) {
      const capacity = Math.min(PAGE_ROWS, extras.length - rows);
      const own = new Uint8Array(bytes.subarray(next, next + capacity * ROW_BYTES));
      run.pages.push(new ShardPage(capacity, own.buffer));
      next += capacity * ROW_BYTES;
    }
    for (const [key, value] of extras.wide) run.#wide.set(key, value);
    for (const [row, slices] of extras.slices) run.#slices.set(row, slices);
    for (const [row, ordinals] of extras.short) run.#short.set(row, ordinals);
    run.length = extras.length;
    if (run.length > 0) run.lastEnd = run.end(run.length - 1);
    return { run, next };
  }

  /** The bytes of each page, without the room that is left. */
  rowBytes(): Uint8Array[] {
    return this.pages.map((page, index) => {
      const rows = Math.min(PAGE_ROWS, this.length - index * PAGE_ROWS);
      return new Uint8Array(rows === page.capacity ? page.buffer : page.resized(rows).buffer);
    });
  }

  #lastRow(isAtOrBefore: (row: number) => boolean): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isAtOrBefore(middle)) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #page(row: number): ShardPage {
    return this.pages[Math.floor(row / PAGE_ROWS)] as ShardPage;
  }

  #pageForNext(): ShardPage {
    const last = this.pages.at(-1);
    const used = this.length - (this.pages.length - 1) * PAGE_ROWS;
    if (last !== undefined && used < last.capacity) return last;
    const grows = last !== undefined && last.capacity < PAGE_ROWS;
    const page = grows ? last.resized(Math.min(PAGE_ROWS, last.capacity * 2)) : new ShardPage();
    if (grows) this.pages[this.pages.length - 1] = page;
    else this.pages.push(page);
    return page;
  }

  #word(column: WordColumn, row: number): number {
    const value = this.#page(row).words[column][row % PAGE_ROWS] as number;
    return value === TOO_WIDE.word ? (this.#wide.get(`${column} ${row}`) ?? value) : value;
  }

  #setWord(column: WordColumn, row: number, value: number): void {
    const isWide = !(Number.isInteger(value) && value >= 0 && value < TOO_WIDE.word);
    this.#page(row).words[column][row % PAGE_ROWS] = isWide ? TOO_WIDE.word : value;
    if (isWide) this.#wide.set(`${column} ${row}`, value);
  }

  #half(column: Exclude<HalfColumn, 'endingAndTime'>, row: number): number {
    const value = this.#page(row).halves[column][row % PAGE_ROWS] as number;
    return value === TOO_WIDE.half ? (this.#wide.get(`${column} ${row}`) ?? value) : value;
  }

  #setHalf(column: Exclude<HalfColumn, 'endingAndTime'>, row: number, value: number): void {
    const isWide = !(Number.isInteger(value) && value >= 0 && value < TOO_WIDE.half);
    this.#page(row).halves[column][row % PAGE_ROWS] = isWide ? TOO_WIDE.half : value;
    if (isWide) this.#wide.set(`${column} ${row}`, value);
  }
}

/**
 * A page of shards in columns, 48 bytes a shard: a ledger of ten million shards is half a gigabyte, where objects would be several. What
 * does not fit its column is said by `TOO_WIDE`, and stands beside the page.
 */

/** Rows of a full page: large enough that pages are few, small enough that the last one wastes little. */
export const PAGE_ROWS = 4_096;
export const ROW_BYTES = 48;
const FIRST_ROWS = 16;
/** The largest word of a column: its number stands elsewhere. */
export const TOO_WIDE = { word: 0xffff_ffff, half: 0xffff } as const;

/** Whole numbers of 32 bits; ordinals are counted from the shard's start, times from its allocation. */
export const WORD_COLUMNS = [
  'id',
  'allocatedLow',
  'size',
  'liveSize',
  'stream',
  'holder',
  'issuedFrom',
  'issuedTo',
  'issuedAfterMs',
] as const;
export type WordColumn = (typeof WORD_COLUMNS)[number];
/** Of 16 bits: how the shard ended with the high bits of its time, and how long the event lasted that moved it last. */
export const HALF_COLUMNS = ['endingAndTime', 'issuedSpanMs'] as const;
export type HalfColumn = (typeof HALF_COLUMNS)[number];

const START_BYTES = 8;
const WORD_BYTES = 4;
const HALF_BYTES = 2;

export class ShardPage {
  readonly capacity: number;
  readonly buffer: ArrayBuffer;
  readonly start: Float64Array;
  readonly words: Readonly<Record<WordColumn, Uint32Array>>;
  readonly halves: Readonly<Record<HalfColumn, Uint16Array>>;

  constructor(capacity = FIRST_ROWS, buffer = new ArrayBuffer(capacity * ROW_BYTES)) {
    this.capacity = capacity;
    this.buffer = buffer;
    this.start = new Float64Array(buffer, 0, capacity);
    const wordsAt = capacity * START_BYTES;
    const words = WORD_COLUMNS.map((name, column) => [name, new Uint32Array(buffer, wordsAt + column * capacity * WORD_BYTES, capacity)]);
    this.words = Object.fromEntries(words) as Record<WordColumn, Uint32Array>;
    const halvesAt = wordsAt + WORD_COLUMNS.length * capacity * WORD_BYTES;
    const halves = HALF_COLUMNS.map((name, column) => [name, new Uint16Array(buffer, halvesAt + column * capacity * HALF_BYTES, capacity)]);
    this.halves = Object.fromEntries(halves) as Record<HalfColumn, Uint16Array>;
  }

  /** The first rows of this page in one with more room, or with less. */
  resized(capacity: number): ShardPage {
    const page = new ShardPage(capacity);
    const rows = Math.min(capacity, this.capacity);
    page.start.set(this.start.subarray(0, rows));
    for (const name of WORD_COLUMNS) page.words[name].set(this.words[name].subarray(0, rows));
    for (const name of HALF_COLUMNS) page.halves[name].set(this.halves[name].subarray(0, rows));
    return page;
  }
}

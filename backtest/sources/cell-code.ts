/**
 * Cells of demand as bytes: how many seconds (or bins) after the one before it, and how many values. Where nothing was asked for there is
 * no cell, so that the quiet streams of a long trace take no room. The same demand is the same bytes, however it was cut into chunks.
 */

/** Two numbers of at most eight bytes each. */
const CELL_BYTES_MAX = 16;
const FIRST_CHUNK_BYTES = 64;
const BITS = 7;
const RADIX = 1 << BITS;
/** Up to here bit operations are exact. */
const SMALL_MAX = 2 ** 31;

export class CellWriter {
  readonly #chunkBytes: number;
  readonly #full: (chunk: Uint8Array) => void;
  #bytes = new Uint8Array(FIRST_CHUNK_BYTES);
  #length = 0;
  #last: number | undefined;
  /** Index of the first cell; the bytes begin with its count. */
  first: number | undefined;

  /** `full` is given each chunk of about `chunkBytes` once it holds whole cells; it must not keep it. */
  constructor(chunkBytes: number, full: (chunk: Uint8Array) => void) {
    this.#chunkBytes = chunkBytes;
    this.#full = full;
  }

  /** Indices ascend; counts are whole numbers from 1. */
  put(index: number, count: number): void {
    if (this.#length + CELL_BYTES_MAX > this.#bytes.length) this.#makeRoom();
    if (this.#last === undefined) this.first = index;
    else this.#write(index - this.#last);
    this.#write(count);
    this.#last = index;
  }

  /** What was not handed on yet. */
  rest(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #write(value: number): void {
    let left = value;
    while (left >= RADIX) {
      this.#bytes[this.#length++] = (left % RADIX) | RADIX;
      left = left < SMALL_MAX ? left >>> BITS : Math.floor(left / RADIX);
    }
    this.#bytes[this.#length++] = left;
  }

  #makeRoom(): void {
    if (this.#bytes.length < this.#chunkBytes) {
      const larger = new Uint8Array(Math.min(this.#chunkBytes, 2 * this.#bytes.length));
      larger.set(this.rest());
      this.#bytes = larger;
    } else {
      this.#full(this.rest());
      this.#length = 0;
    }
  }
}

/** Goes over cells from the first on. The same object stands for each cell in turn. */
export class CellReader {
  readonly #chunks: Iterator<Uint8Array>;
  #chunk = new Uint8Array(0);
  #at = 0;
  #isFirst = true;
  index: number;
  count = 0;

  constructor(first: number, chunks: Iterable<Uint8Array>) {
    this.index = first;
    this.#chunks = chunks[Symbol.iterator]();
  }

  next(): boolean {
    while (this.#at >= this.#chunk.length) {
      const following = this.#chunks.next();
      if (following.done === true) return false;
      this.#chunk = following.value as Uint8Array<ArrayBuffer>;
      this.#at = 0;
    }
    if (!this.#isFirst) this.index += this.#read();
    this.#isFirst = false;
    this.count = this.#read();
    return true;
  }

  #read(): number {
    let value = 0;
    let weight = 1;
    for (;;) {
      const byte = this.#chunk[this.#at++] ?? 0;
      if (byte < RADIX) return value + byte * weight;
      value += (byte - RADIX) * weight;
      weight *= RADIX;
    }
  }
}

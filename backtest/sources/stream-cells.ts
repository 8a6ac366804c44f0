/**
 * The cells of one stream while it is read. The newest are kept open for a while, so that what comes late still finds its cell; what is
 * older is written down in order.
 */
import { CellWriter } from './cell-code.ts';
import type { CellSpool, SpoolPlace } from './cell-spool.ts';

/** A cell that no row named yet: not the same as one with a count of 0. */
const UNSEEN = -1;

export class StreamCells {
  readonly #open: Float64Array;
  readonly #writer: CellWriter;
  readonly #spool: CellSpool;
  readonly #places: SpoolPlace[] = [];
  #newest = Number.NEGATIVE_INFINITY;
  /** What is before it is written down. */
  #oldest = Number.NEGATIVE_INFINITY;
  /** The first cell that a row named, one with a count of 0 too; and how many cells were named. */
  firstSeen = Number.POSITIVE_INFINITY;
  seen = 0;
  total = 0;
  newestMs = Number.NEGATIVE_INFINITY;

  constructor(windowCells: number, chunkBytes: number, spool: CellSpool) {
    this.#open = new Float64Array(windowCells).fill(UNSEEN);
    this.#spool = spool;
    this.#writer = new CellWriter(chunkBytes, (chunk) => this.#places.push(spool.add(chunk)));
  }

  /** Adds to a cell, and returns what it holds then; undefined where the cell is written down already. */
  add(index: number, count: number): number | undefined {
    if (index > this.#newest) {
      this.#close(index - this.#open.length + 1);
      this.#newest = index;
    } else if (index < this.#oldest) return undefined;
    const slot = this.#slotOf(index);
    const held = this.#open[slot] ?? UNSEEN;
    if (held === UNSEEN) {
      this.seen++;
      if (index < this.firstSeen) this.firstSeen = index;
    }
    const inCell = (held === UNSEEN ? 0 : held) + count;
    this.#open[slot] = inCell;
    this.total += count;
    return inCell;
  }

  /** Writes down what is still open. */
  end(): void {
    this.#close(this.#newest + 1);
  }

  get newest(): number {
    return this.#newest;
  }

  /** Of the first cell with a count above 0. */
  get first(): number | undefined {
    return this.#writer.first;
  }

  *chunks(): Generator<Uint8Array> {
    for (const place of this.#places) yield this.#spool.get(place);
    yield this.#writer.rest();
  }

  /** Writes down the open cells before `until`. */
  #close(until: number): void {
    const end = Math.min(until, this.#newest + 1);
    for (let index = Math.max(this.#oldest, this.#newest - this.#open.length + 1); index < end; index++) {
      const slot = this.#slotOf(index);
      const count = this.#open[slot] ?? UNSEEN;
      if (count > 0) this.#writer.put(index, count);
      this.#open[slot] = UNSEEN;
    }
    this.#oldest = until;
  }

  #slotOf(index: number): number {
    const slot = index % this.#open.length;
    return slot < 0 ? slot + this.#open.length : slot;
  }
}

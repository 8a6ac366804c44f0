/**
 * The values a client has in hand: the block it counts out and those prefetched behind it.
 *
 * Taking must cost next to nothing, so the hand knows beforehand how many takes are *quiet*: after those nothing needs to be looked
 * at, and one comparison with zero is all a take has to do. The take after them is the one that starts a prefetch or turns to the
 * next block.
 */
import type { ValueBlock } from './transport.ts';

export class Hand {
  /** The next value. */
  #value = 0n;
  #increment = 1n;
  /** Values of the current block that may be taken quietly, and those behind them. */
  #quiet = 0;
  #loud = 0;
  #current: ValueBlock | undefined;
  #later: ValueBlock[] = [];
  #laterCount = 0;

  get quiet(): number {
    return this.#quiet;
  }

  get count(): number {
    return this.#quiet + this.#loud + this.#laterCount;
  }

  /** Only while `quiet` is above zero. */
  take(): bigint {
    this.#quiet -= 1;
    const value = this.#value;
    this.#value = value + this.#increment;
    return value;
  }

  /** Takes any number that is in hand, and leaves no quiet takes: the caller must look and say how many there are. */
  takeMany(count: number): bigint[] {
    this.allowQuiet(0);
    const values: bigint[] = [];
    while (values.length < count) {
      values.push(this.#value);
      this.#value += this.#increment;
      this.#loud -= 1;
      if (this.#loud === 0) this.#turn();
    }
    return values;
  }

  put(blocks: readonly ValueBlock[]): void {
    for (const block of blocks) {
      this.#later.push(block);
      this.#laterCount += block.count;
    }
    if (this.#quiet + this.#loud === 0) this.#turn();
  }

  /** At most one less than the current block has left, because turning to the next block is not quiet. */
  allowQuiet(count: number): void {
    const left = this.#quiet + this.#loud;
    this.#quiet = Math.max(0, Math.min(count, left - 1));
    this.#loud = left - this.#quiet;
  }

  /** Ends every block in hand; what was in it is never handed out afterwards. */
  drain(): { readonly blocks: readonly ValueBlock[]; readonly used: number } {
    const current = this.#current;
    const blocks = current === undefined ? [] : [current, ...this.#later];
    const used = current === undefined ? 0 : current.count - this.#quiet - this.#loud;
    this.#current = undefined;
    this.#later = [];
    this.#laterCount = 0;
    this.#quiet = 0;
    this.#loud = 0;
    return { blocks, used };
  }

  #turn(): void {
    const block = this.#later.shift();
    this.#current = block;
    if (block === undefined) return;
    this.#laterCount -= block.count;
    this.#value = block.start;
    this.#increment = block.increment;
    this.#loud = block.count;
  }
}

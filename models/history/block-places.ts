/**
 * Where the blocks of a packed ring lie, two numbers each: where it ends, and where its bytes begin. Sixteen bits are enough for most,
 * and half the memory.
 */

/** Beyond it places take 32 bits. */
export const NARROW_MAX = 65_535;

export type Blocks = Uint16Array | Uint32Array;

/** The first of the blocks from `first` to `last` that ends after that place. */
export function firstEndingAfter(blocks: Blocks, place: number, first: number, last: number): number {
  let [low, high] = [first, last];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((blocks[2 * middle] ?? 0) > place) high = middle;
    else low = middle + 1;
  }
  return low;
}

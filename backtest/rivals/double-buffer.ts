/**
 * Two buffers, as Leaf, TinyID, OceanBase and NebulaGraph keep them: the block in use and the next one. The next is fetched while the
 * first is eaten, one at a time; what is left of the one in use is the stock less the next block.
 */
import type { StockView } from '../harness/policy.ts';
import { ONLY_WAITING } from './on-empty.ts';

export class DoubleBuffer {
  /** How many values of a block must be given out before the next one is fetched. */
  private readonly fetchAtUsed: (size: number) => number;
  private size = 0;
  private next = 0;
  private isFetching = false;

  constructor(fetchAtUsed: (size: number) => number) {
    this.fetchAtUsed = (size) => Math.min(size, fetchAtUsed(size));
  }

  /** Nothing is to be decided while more than this is on hand. */
  get alertAt(): number {
    // Before the first block only a caller who waits makes anything happen, and while a fetch is on its way nothing does.
    const block = this.next > 0 ? this.next : this.size;
    return block === 0 || this.isFetching ? ONLY_WAITING : block - this.fetchAtUsed(block);
  }

  delivered(count: number): void {
    this.next += count;
    this.isFetching = false;
  }

  /** A fetch is due, and is begun: enough of the block in use is gone, and no other is there or on its way. */
  begins({ stock, waiting }: StockView): boolean {
    if (stock < this.next) {
      this.size = this.next;
      this.next = 0;
    }
    if (this.isFetching || this.next > 0) return false;
    this.isFetching = this.size === 0 ? waiting > 0 : this.size - stock >= this.fetchAtUsed(this.size);
    return this.isFetching;
  }
}

/** More than a share of a block must be used. */
export function morePassed(share: number): (size: number) => number {
  return (size) => Math.floor(share * size) + 1;
}

/** A share of a block must be used. */
export function reached(share: number): (size: number) => number {
  return (size) => Math.ceil(share * size);
}

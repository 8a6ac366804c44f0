/**
 * What a sequence needs from whoever issues its values: numbered blocks, and a place to give their remainders back.
 *
 * Over HTTP that is the gateway (`http-transport.ts`); in the same process it is the service itself, which may answer at once.
 */
/** A run of values: start, start + increment, … `count` of them. */
export interface ValueBlock {
  readonly start: bigint;
  readonly count: number;
  readonly increment: bigint;
  /** What a remainder is given back under; a block without it cannot be given back. */
  readonly id?: string;
}

export interface BlocksAnswer {
  /** Left out where the sequence promises no order. */
  readonly order?: 'none' | 'stream' | 'sequence';
  readonly blocks: readonly ValueBlock[];
}

/** A numbered block of which the first `used` values were used and the rest never will be. */
export interface ReturnedBlock {
  readonly id: string;
  readonly used: number;
}

/** The way to the values of one sequence, on behalf of one caller. */
export interface Transport {
  /** Exactly `count` values, in one attempt without retries. Asking again is always safe: what a lost answer held is burnt. */
  next(count: number): BlocksAnswer | Promise<BlocksAnswer>;
  /**
   * Called once per block, after the client has ended it: whatever comes of it, the client never uses the block again. Resolves to
   * how many values the store took back.
   */
  giveBack(blocks: readonly ReturnedBlock[]): Promise<number>;
}

export function valueCount(blocks: readonly ValueBlock[]): number {
  let count = 0;
  for (const block of blocks) count += block.count;
  return count;
}

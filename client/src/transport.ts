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

/** Whose demand this is: a registered client id, or the client's type and service. */
export interface Caller {
  readonly clientId?: string;
  readonly clientType?: string;
  readonly service?: string;
}

export interface BlocksRequest extends Caller {
  readonly sequence: string;
  readonly count: number;
  readonly numbered: true;
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

export interface Transport {
  /** One attempt, no retries. Asking again after an unknown outcome is safe: the values of a lost answer are burnt. */
  next(request: BlocksRequest): BlocksAnswer | Promise<BlocksAnswer>;
  /**
   * Called once per block, after the client has ended it: whatever comes of it, the client never uses the block again. Resolves to
   * how many values the store took back.
   */
  giveBack(sequence: string, blocks: readonly ReturnedBlock[]): Promise<number>;
}

export function valueCount(blocks: readonly ValueBlock[]): number {
  let count = 0;
  for (const block of blocks) count += block.count;
  return count;
}

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

export interface FormattedValue {
  readonly value: bigint;
  /** As the sequence prints it. */
  readonly formatted: string;
}

export interface BlocksAnswer {
  /** Left out where the sequence promises no order. */
  readonly order?: 'none' | 'stream' | 'sequence';
  readonly blocks: readonly ValueBlock[];
  /** First day of the period that the values belong to, where they begin again: they are not kept in hand, and so not beyond it. */
  readonly period?: string;
}

/** A numbered block of which the first `used` values were used and the rest never will be. */
export interface ReturnedBlock {
  readonly id: string;
  readonly used: number;
}

/** Numbers that are held, or were. */
export interface HeldNumbers {
  readonly id: string;
  readonly state: 'reserved' | 'confirmed' | 'cancelled' | 'expired';
  readonly values: readonly bigint[];
  /** As the sequence prints them; empty where it has no format. */
  readonly formatted: readonly string[];
  readonly expiresAtMs: number | undefined;
}

/** The way to numbers without a gap. Each call may be made again: the same key, or id, finds what the first one did. */
export interface Reserving {
  reserve(request: { readonly count: number; readonly key: string; readonly ttlMs: number; readonly owner: string }): Promise<HeldNumbers>;
  confirm(id: string, by: string): Promise<void>;
  cancel(id: string, because: string, by: string): Promise<void>;
}

/** What else a transport may know of a request for values. */
export interface NextWish {
  /** Fewer values than asked for will do, down to this: whoever waits wants no more. */
  readonly least: number;
  /** Fires when nobody wants the answer any more; what arrives all the same is given back. */
  readonly signal: AbortSignal;
}

/** The way to the values of one sequence, on behalf of one caller. */
export interface Transport {
  /**
   * `count` values, or fewer where the wish allows it, in one attempt without retries. Asking again is always safe: what a lost answer
   * held is burnt.
   */
  next(count: number, wish?: NextWish): BlocksAnswer | Promise<BlocksAnswer>;
  /**
   * Exactly `count` values as they are printed, likewise; none where the sequence has no format. Left out where nobody on the way knows
   * the format.
   */
  nextFormatted?(count: number): Promise<readonly FormattedValue[]>;
  /**
   * Called once per block, after the client has ended it: whatever comes of it, the client never uses the block again. Resolves to
   * how many values the store took back.
   */
  giveBack(blocks: readonly ReturnedBlock[]): Promise<number>;
  /** Left out where numbers cannot be reserved that way. */
  readonly reservations?: Reserving;
  /** False where what is not used could never be given back: nothing is asked for that nobody waits for. */
  readonly fetchesAhead?: boolean;
}

export function valueCount(blocks: readonly ValueBlock[]): number {
  let count = 0;
  for (const block of blocks) count += block.count;
  return count;
}

export function valuesOf({ start, count, increment }: ValueBlock): bigint[] {
  return Array.from({ length: count }, (_, index) => start + BigInt(index) * increment);
}

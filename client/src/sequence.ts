/** What an application does with a sequence, and with which settings. */
import type { Block } from './block.ts';
import { SeqcastClientError } from './client-error.ts';
import type { Reservation, ReserveOptions } from './reservations.ts';
import type { FormattedValue } from './transport.ts';
import type { WaitOptions } from './waiting-line.ts';

export interface Sequence {
  readonly name: string;
  /** The next value: at once from the block in hand, else as soon as one arrives. */
  next(options?: WaitOptions): Promise<bigint>;
  /**
   * The next value if one is in hand. Otherwise undefined, and a block is on its way. Always undefined where none may lie in hand: on an
   * ordered sequence, and on one whose values begin again each day, month or year.
   */
  tryNext(): bigint | undefined;
  /** `count` values (1 to 10,000), all or none. They need not be neighbours. */
  take(count: number, options?: WaitOptions): Promise<bigint[]>;
  /** `count` values one after the other; endless without a count. */
  values(count?: number, options?: WaitOptions): AsyncIterable<bigint>;
  /**
   * `count` values (1 to 10,000) as the sequence prints them, asked for one by one: none of them lies in hand before. Refused with
   * `SEQ_UNSUPPORTED` over Redis, where nobody knows the format.
   */
  takeFormatted(count: number, options?: WaitOptions): Promise<readonly FormattedValue[]>;
  /** A block of `count` values (1 to 10,000) of its own, to be counted out as numbers. The taker closes it. */
  takeBlock(count: number, options?: WaitOptions): Promise<Block>;
  /** Numbers of a gapless sequence, to be confirmed or cancelled: over HTTP and in the same process, elsewhere `SEQ_UNSUPPORTED`. */
  reserve(options?: ReserveOptions): Promise<Reservation>;
  figures(): SequenceFigures;
  readonly isClosed: boolean;
  /** Ends the blocks in hand and gives the rest back. Never fails: what cannot be given back is burnt, and never handed out. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface SequenceFigures {
  /** Values that arrived, and what has become of them; those neither in hand nor given back nor lost were handed out. */
  readonly fetched: number;
  readonly inHand: number;
  readonly givenBack: number;
  /** Ended without knowing that the server took them back. */
  readonly lost: number;
  /** Callers that wait. */
  readonly waiting: number;
  /** Callers that waited longer than a tenth of a second, for an allocation or for a server that was away. */
  readonly stalls: number;
  /** Values that the next block is asked for with. */
  readonly blockSize: number;
}

export interface SequenceSettings {
  /** How long a call may wait, retries included. */
  readonly timeoutMs: number;
  /** The pause before the first retry; later ones double. */
  readonly firstPauseMs: number;
  /** Blocks unused for this long are given back; 0 keeps them for ever, as the server does. */
  readonly idleMs: number;
}

const DEFAULT_SETTINGS: SequenceSettings = {
  // Long enough for an allocator to be replaced, short enough for a caller to hear of it.
  timeoutMs: 10_000,
  // A server that is busy or restarting is back within a few doublings of this.
  firstPauseMs: 50,
  idleMs: 0,
};

/** The longest time that Node's timers can wait; a longer one would fire at once. */
const TIME_MS_MAX = 2 ** 31 - 1;

export function checkedSettings(given: Partial<SequenceSettings>): SequenceSettings {
  const settings = { ...DEFAULT_SETTINGS, ...given };
  for (const name of ['timeoutMs', 'firstPauseMs', 'idleMs'] as const) {
    const ms = settings[name];
    if (ms >= 0 && ms <= TIME_MS_MAX) continue;
    throw new SeqcastClientError('SEQ_INVALID_REQUEST', `${name} is a number of milliseconds from 0 to ${TIME_MS_MAX}, not ${ms}`);
  }
  return settings;
}

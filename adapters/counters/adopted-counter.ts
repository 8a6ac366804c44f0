/**
 * Somebody else's counter that values are still drawn from, by its own atomic step, so that its old callers go on beside: a sequence, or
 * the row of a step table as Leaf and TinyID have it. Whatever a draw takes is moved past by the counter itself before it is told.
 */
import { SequenceError } from '../../core/errors.ts';
import { VALUE_MAX } from '../../core/limits.ts';
import { type ObservedWords, observedAddress } from './observed-address.ts';
import { misnamed } from './observed-source.ts';

/** `count` values from `first` on, in the counter's steps. */
export interface DrawnRun {
  readonly first: bigint;
  readonly count: number;
}

export interface CounterFacts {
  /** `leaf` owns [before, after) of its row, `tinyid` (before, after]: the same two numbers, and one value apart. */
  readonly generator: 'sequence' | 'leaf' | 'tinyid';
  readonly increment: bigint;
  readonly min: bigint;
  readonly max: bigint;
}

export interface AdoptedCounter extends CounterFacts {
  /** For messages: what it is and where, without user and password. */
  readonly shown: string;
  /** At least one value and at most `count`; runs where others drew meanwhile. Throws `SEQ_EXHAUSTED` where it has none. */
  draw(count: number): Promise<readonly DrawnRun[]>;
  /** So many values in one run, for good: the counter goes on beyond it. Left out: half of what it has left, up to 2^40. */
  reserve(values: number | undefined): Promise<DrawnRun>;
  close(): Promise<void>;
}

/** 35 years at 1,000 values a second: more than that is not worth what it takes from those who stay. */
const RESERVED_DEFAULT_MAX = 2 ** 40;
/** A statement of ours waits for whoever holds the counter no longer than this: nobody should wait behind it. */
export const DRAW_TIMEOUT_MS = 4_000;

export interface AdoptedAddress {
  readonly url: URL;
  readonly words: ObservedWords;
  readonly shown: string;
}

/** The address as it may be kept in the log. */
export function adoptedAddress(text: string): AdoptedAddress {
  const { url, words, shown } = observedAddress(text);
  if (url.password !== '' || url.searchParams.has('password')) {
    throw misnamed(
      'the address has a password, and addresses are kept in the log: leave it out, and give it to the server as SEQCAST_ADOPT_PASSWORD',
    );
  }
  if (words.sequence === undefined && (words.table === undefined || words.id === undefined)) {
    throw misnamed('say what to adopt: ?sequence=NAME, or ?table=leaf_alloc&id=TAG, or ?table=tiny_id_info&id=TYPE');
  }
  if (words.column !== undefined || words.key !== undefined || words.step !== undefined) {
    throw misnamed('a table that is adopted has the columns of Leaf or TinyID: name the table and the id of the row only');
  }
  return { url, words, shown };
}

export interface StepRow {
  readonly generator: 'leaf' | 'tinyid';
  readonly delta: bigint;
  readonly remainder: bigint;
}

/** Which kind of row it is, by the columns of its table. */
export function stepTable(columns: readonly string[], table: string): { readonly generator: 'leaf' | 'tinyid'; readonly key: string } {
  const has = (...names: readonly string[]): boolean => names.every((name) => columns.includes(name));
  if (has('biz_tag', 'max_id', 'step')) return { generator: 'leaf', key: 'biz_tag' };
  if (has('biz_type', 'max_id', 'step', 'delta', 'remainder', 'version')) return { generator: 'tinyid', key: 'biz_type' };
  throw misnamed(
    `${table} has the columns of neither Leaf (biz_tag, max_id, step) nor TinyID (biz_type, max_id, step, delta, remainder, version)`,
  );
}

/** The values that belong to whoever moved the row from `before` to `after`. */
export function runBetween({ generator, delta, remainder }: StepRow, before: bigint, after: bigint): DrawnRun {
  if (generator === 'leaf') return { first: before, count: Number(after - before) };
  const from = before + 1n;
  const ahead = (((remainder - from) % delta) + delta) % delta;
  const first = from + ahead;
  return { first, count: first > after ? 0 : Number((after - first) / delta) + 1 };
}

/** What is refused because the counter may count in another way than a sequence that goes on with it. */
export function checkStepRow({ generator, delta, remainder }: StepRow, position: bigint, what: string): void {
  if (delta < 1n || remainder < 0n || remainder >= delta)
    throw unadoptable(`${what} has delta ${delta} and remainder ${remainder}, which no value fits`);
  if (position < 0n) throw unadoptable(`${what} stands at ${position}: ${generator} counts from 0`);
}

export function unadoptable(message: string): SequenceError {
  return new SequenceError('SEQ_UNSUPPORTED', message);
}

export function exhausted(shown: string): SequenceError {
  return new SequenceError('SEQ_EXHAUSTED', `${shown} has no value left`);
}

/** How many values are set aside at a cut-over, of those that are left. */
export function reservedCount(asked: number | undefined, left: bigint, shown: string): number {
  if (left < 1n) throw exhausted(shown);
  const half = left > 1n ? left / 2n : 1n;
  const count = asked ?? (half > BigInt(RESERVED_DEFAULT_MAX) ? RESERVED_DEFAULT_MAX : Number(half));
  if (!Number.isSafeInteger(count) || count < 1)
    throw new SequenceError('SEQ_INVALID_COUNT', `values is ${count}: it is no whole number from 1 on`);
  if (BigInt(count) <= left) return count;
  throw new SequenceError('SEQ_INVALID_COUNT', `${shown} has ${left} values left, and ${count} were asked for`, { left: String(left) });
}

/** The largest value of a column of this type that a sequence can give. */
export function columnMaximum(bits: number): bigint {
  const max = 2n ** BigInt(bits - 1) - 1n;
  return max > VALUE_MAX ? VALUE_MAX : max;
}

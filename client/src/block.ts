/**
 * A block of values that belongs to its taker alone, to be counted out as plain numbers.
 *
 * Whether a run of values is within ±(2^53 − 1), where numbers are exact, is checked once per run and not once per value: that makes
 * counting as cheap as a counter. Most blocks are one run; one shard did not suffice where there are more.
 */
import { type Returns, remainders } from './returns.ts';
import { type ValueBlock, valueCount } from './transport.ts';

export class Block {
  /** Values the block was taken with. */
  readonly count: number;
  readonly #returns: Returns;
  /** The first of them is counted out now. */
  #runs: readonly ValueBlock[];
  /**
   * What is left of it. Exact numbers one apart are counted quickly: from the number behind the last one back, so that one small
   * integer is all that changes, and in a field that begins as NaN, which makes it floating point from the start.
   */
  #quickLeft = 0;
  #quickEnd = Number.NaN;
  #otherLeft = 0;
  #otherAreExact = false;
  /** Values of the runs behind it. */
  #laterCount = 0;
  #ended: Promise<void> | undefined;

  constructor(runs: readonly ValueBlock[], returns: Returns) {
    this.count = valueCount(runs);
    this.#returns = returns;
    this.#runs = runs;
    this.#begin(runs);
  }

  /** Values not used yet. */
  get left(): number {
    return this.#quickLeft + this.#otherLeft + this.#laterCount;
  }

  /** The next value as a number. Throws a RangeError when nothing is left or the value is no exact number; `left` says which. */
  nextNumber(): number {
    const left = this.#quickLeft;
    if (left === 0) return this.#nextOtherNumber();
    this.#quickLeft = left - 1;
    return this.#quickEnd - left;
  }

  /** The next value, however large; undefined when nothing is left. */
  next(): bigint | undefined {
    this.#turn();
    const run = this.#runs[0];
    if (run === undefined) return undefined;
    const value = run.start + BigInt(this.#usedOfRun()) * run.increment;
    if (this.#quickLeft > 0) this.#quickLeft -= 1;
    else this.#otherLeft -= 1;
    return value;
  }

  /** Ends the block and gives the rest back. Never fails: where the answer is lost, the rest is burnt. */
  close(): Promise<void> {
    if (this.#ended === undefined) {
      const rest = remainders(this.#runs, this.#usedOfRun());
      this.#begin([]);
      this.#ended = rest.length === 0 ? Promise.resolve() : this.#returns.give(rest);
    }
    return this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #nextOtherNumber(): number {
    this.#turn();
    if (this.#quickLeft > 0) return this.nextNumber();
    const run = this.#runs[0];
    if (run === undefined) throw new RangeError('the block is used up');
    if (!this.#otherAreExact) throw new RangeError('the next value is beyond the numbers that are exact: take it with next()');
    const value = Number(run.start) + this.#usedOfRun() * Number(run.increment);
    this.#otherLeft -= 1;
    return value;
  }

  #usedOfRun(): number {
    const run = this.#runs[0];
    return run === undefined ? 0 : run.count - this.#quickLeft - this.#otherLeft;
  }

  #turn(): void {
    if (this.#quickLeft + this.#otherLeft === 0) this.#begin(this.#runs.slice(1));
  }

  #begin(runs: readonly ValueBlock[]): void {
    this.#runs = runs;
    const run = runs[0];
    const count = run === undefined ? 0 : run.count;
    this.#laterCount = valueCount(runs) - count;
    const first = run === undefined ? Number.NaN : Number(run.start);
    const step = run === undefined ? Number.NaN : Number(run.increment);
    this.#otherAreExact = isExact(first, step, count);
    this.#quickLeft = this.#otherAreExact && step === 1 ? count : 0;
    this.#quickEnd = first + count;
    this.#otherLeft = count - this.#quickLeft;
  }
}

/**
 * The first value, the distance to the last one and the last one: then every step of the way is exact too. What is no exact number
 * is still none after rounding, because rounding keeps the order.
 */
function isExact(first: number, step: number, count: number): boolean {
  const distance = (count - 1) * step;
  return (
    Number.isSafeInteger(first) && Number.isSafeInteger(step) && Number.isSafeInteger(distance) && Number.isSafeInteger(first + distance)
  );
}

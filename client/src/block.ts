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
  #runs: readonly ValueBlock[];
  /** The run counted out now, as numbers and as bigints; `index` values of it are used. */
  #index = 0;
  #numberCount = 0;
  #firstNumber = 0;
  #step = 0;
  #ended: Promise<void> | undefined;

  constructor(runs: readonly ValueBlock[], returns: Returns) {
    this.count = valueCount(runs);
    this.#returns = returns;
    this.#runs = runs;
    this.#begin();
  }

  /** Values not used yet. */
  get left(): number {
    return valueCount(this.#runs) - this.#index;
  }

  /** The next value as a number. Throws a RangeError when nothing is left or the value is no exact number; `left` says which. */
  nextNumber(): number {
    const index = this.#index;
    if (index >= this.#numberCount) return this.#numberOfNextRun();
    this.#index = index + 1;
    return this.#firstNumber + index * this.#step;
  }

  /** The next value, however large; undefined when nothing is left. */
  next(): bigint | undefined {
    this.#turn();
    const run = this.#runs[0];
    if (run === undefined) return undefined;
    const index = this.#index;
    this.#index = index + 1;
    return run.start + BigInt(index) * run.increment;
  }

  /** Ends the block and gives the rest back. Never fails: where the answer is lost, the rest is burnt. */
  close(): Promise<void> {
    if (this.#ended === undefined) {
      const rest = remainders(this.#runs, this.#index);
      this.#runs = [];
      this.#begin();
      this.#ended = rest.length === 0 ? Promise.resolve() : this.#returns.give(rest);
    }
    return this.#ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #numberOfNextRun(): number {
    this.#turn();
    if (this.#index < this.#numberCount) return this.nextNumber();
    throw new RangeError(
      this.#runs.length === 0 ? 'the block is used up' : 'the next value is beyond the numbers that are exact: take it with next()',
    );
  }

  #turn(): void {
    const run = this.#runs[0];
    if (run === undefined || this.#index < run.count) return;
    this.#runs = this.#runs.slice(1);
    this.#begin();
  }

  #begin(): void {
    const run = this.#runs[0];
    this.#index = 0;
    this.#firstNumber = Number(run?.start);
    this.#step = Number(run?.increment);
    this.#numberCount = run !== undefined && isExact(this.#firstNumber, this.#step, run.count) ? run.count : 0;
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

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
  /** What is left of it: all exact numbers, or all bigints. */
  #numbersLeft = 0;
  #bigintsLeft = 0;
  /** Values of the runs behind it. */
  #laterCount = 0;
  #number = 0;
  #step = 0;
  #ended: Promise<void> | undefined;

  constructor(runs: readonly ValueBlock[], returns: Returns) {
    this.count = valueCount(runs);
    this.#returns = returns;
    this.#runs = runs;
    this.#begin(runs);
  }

  /** Values not used yet. */
  get left(): number {
    return this.#numbersLeft + this.#bigintsLeft + this.#laterCount;
  }

  /** The next value as a number. Throws a RangeError when nothing is left or the value is no exact number; `left` says which. */
  nextNumber(): number {
    if (this.#numbersLeft === 0) return this.#numberOfNextRun();
    this.#numbersLeft -= 1;
    const value = this.#number;
    this.#number = value + this.#step;
    return value;
  }

  /** The next value, however large; undefined when nothing is left. */
  next(): bigint | undefined {
    this.#turn();
    if (this.#numbersLeft > 0) return BigInt(this.nextNumber());
    const run = this.#runs[0];
    if (run === undefined) return undefined;
    const value = run.start + BigInt(this.#usedOfRun()) * run.increment;
    this.#bigintsLeft -= 1;
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

  #numberOfNextRun(): number {
    this.#turn();
    if (this.#numbersLeft > 0) return this.nextNumber();
    const isUsedUp = this.#runs.length === 0;
    throw new RangeError(isUsedUp ? 'the block is used up' : 'the next value is beyond the numbers that are exact: take it with next()');
  }

  #usedOfRun(): number {
    const run = this.#runs[0];
    return run === undefined ? 0 : run.count - this.#numbersLeft - this.#bigintsLeft;
  }

  #turn(): void {
    if (this.#numbersLeft + this.#bigintsLeft === 0) this.#begin(this.#runs.slice(1));
  }

  #begin(runs: readonly ValueBlock[]): void {
    this.#runs = runs;
    const run = runs[0];
    const count = run === undefined ? 0 : run.count;
    this.#laterCount = valueCount(runs) - count;
    this.#number = run === undefined ? 0 : Number(run.start);
    this.#step = run === undefined ? 0 : Number(run.increment);
    this.#numbersLeft = isExact(this.#number, this.#step, count) ? count : 0;
    this.#bigintsLeft = count - this.#numbersLeft;
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

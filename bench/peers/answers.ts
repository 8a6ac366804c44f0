/**
 * What the answers of one run have in common: whether any came twice, whether they left gaps, and whether they came in order. In order
 * means: a call that began after another had ended got the greater value; of two under way at once either may have it.
 */
import type { Value } from './peer.ts';

export interface AnswerFacts {
  readonly values: number;
  readonly duplicates: number;
  /** Values between the first and the last that nobody got; undefined where values are not counted one by one. */
  readonly gaps: number | undefined;
  /** Calls that got less than one that had ended before they began. */
  readonly outOfOrder: number;
  /** Of these such as came after a greater value of the same caller. */
  readonly outOfOrderOfCaller: number;
}

export class Answers {
  readonly #seen = new Set<Value>();
  readonly #lastOf: (Value | undefined)[] = [];
  #greatest: Value | undefined;
  #duplicates = 0;
  #outOfOrder = 0;
  #outOfOrderOfCaller = 0;

  /** To be called when a call begins; returns what `end` is given. */
  begin(): Value | undefined {
    return this.#greatest;
  }

  end(caller: number, value: Value, greatestBefore: Value | undefined): void {
    if (this.#seen.has(value)) this.#duplicates++;
    this.#seen.add(value);
    if (greatestBefore !== undefined && value <= greatestBefore) this.#outOfOrder++;
    const last = this.#lastOf[caller];
    if (last !== undefined && value <= last) this.#outOfOrderOfCaller++;
    this.#lastOf[caller] = value;
    if (this.#greatest === undefined || value > this.#greatest) this.#greatest = value;
  }

  /** Values that would be counted one by one were they consecutive. */
  facts(isCounted: boolean): AnswerFacts {
    const common = { duplicates: this.#duplicates, outOfOrder: this.#outOfOrder, outOfOrderOfCaller: this.#outOfOrderOfCaller };
    return { values: this.#seen.size + this.#duplicates, gaps: isCounted ? this.#gaps() : undefined, ...common };
  }

  #gaps(): number {
    const numbers = [...this.#seen].map(Number);
    if (numbers.length === 0) return 0;
    const least = numbers.reduce((a, b) => Math.min(a, b));
    return numbers.reduce((a, b) => Math.max(a, b)) - least + 1 - numbers.length;
  }
}

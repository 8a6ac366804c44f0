/** Reads how many values a row stands for: a whole number from 0. */

const ZERO = 0x30;
/** More digits than a double holds exactly are left to the slow way. */
const QUICK_DIGITS_MAX = 15;

export class CountReader {
  #rounded = 0;
  #empty = 0;
  /** Why the last count could not be read. */
  problem = '';

  /** The count, or NaN: `problem` says why. */
  read(bytes: Uint8Array, start: number, end: number): number {
    let count = 0;
    if (end > start && end - start <= QUICK_DIGITS_MAX) {
      for (let at = start; at < end; at++) {
        const digit = (bytes[at] as number) - ZERO;
        if (digit < 0 || digit > 9) return this.#slowly(bytes, start, end);
        count = count * 10 + digit;
      }
      return count;
    }
    return this.#slowly(bytes, start, end);
  }

  /** A count that is a number already. */
  whole(count: number): number {
    if (!Number.isFinite(count) || count < 0) {
      this.problem = `the count ${count} is no whole number from 0`;
      return Number.NaN;
    }
    if (!Number.isInteger(count)) this.#rounded++;
    return Math.round(count);
  }

  empty(): number {
    this.#empty++;
    return 0;
  }

  repairs(): string[] {
    return [
      ...(this.#rounded > 0 ? [`${this.#rounded} counts with a fraction were rounded`] : []),
      ...(this.#empty > 0 ? [`${this.#empty} rows without a count were taken as 0`] : []),
    ];
  }

  #slowly(bytes: Uint8Array, start: number, end: number): number {
    const text = new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 80)));
    if (text === '' || text === 'NA' || text === 'NULL' || text === 'null') return this.empty();
    const count = this.whole(Number(text));
    if (Number.isNaN(count)) this.problem = `the count "${text}" is no whole number from 0`;
    return count;
  }
}

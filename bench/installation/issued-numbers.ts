/** Values that reached a caller, remembered exactly: says at once when one comes a second time. */
const BITS = 32;

export class IssuedNumbers {
  #bits = new Uint32Array(1 << 15);
  count = 0;
  duplicates = 0;

  add(start: number, count: number): void {
    for (let value = start; value < start + count; value++) {
      const word = Math.floor(value / BITS);
      if (word >= this.#bits.length) this.#grow(word);
      const bit = 1 << (value % BITS);
      const before = this.#bits[word] ?? 0;
      if ((before & bit) !== 0) this.duplicates++;
      this.#bits[word] = before | bit;
      this.count++;
    }
  }

  #grow(word: number): void {
    let size = this.#bits.length;
    while (size <= word) size *= 2;
    const grown = new Uint32Array(size);
    grown.set(this.#bits);
    this.#bits = grown;
  }
}

/**
 * Which lines or ids were seen lately. Copies follow their original soon (a producer that tries again, a file that was joined twice), so
 * that memory of some hundred thousand finds them, however long the file.
 */

const KEPT_MAX = 200_000;

export class RecentLines {
  #newer = new Set<string>();
  #older = new Set<string>();
  copies = 0;

  /** True where it was seen within the last 200,000; counted then. */
  isCopy(text: string): boolean {
    if (this.#newer.has(text) || this.#older.has(text)) {
      this.copies++;
      return true;
    }
    if (this.#newer.size >= KEPT_MAX) {
      this.#older = this.#newer;
      this.#newer = new Set();
    }
    this.#newer.add(text);
    return false;
  }
}

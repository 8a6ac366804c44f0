/** Texts of cells that repeat, such as names of streams: found by their bytes, so that a text is made once and not for each row. */

/** More different texts than this hardly repeat. */
const KEPT_MAX = 100_000;
const FNV_START = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

interface Kept {
  readonly bytes: Uint8Array;
  readonly text: string;
}

export class RepeatedTexts {
  readonly #kept = new Map<number, Kept>();

  of(bytes: Uint8Array, start: number, end: number, make: () => string): string {
    let hash = FNV_START;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), FNV_PRIME);
    const kept = this.#kept.get(hash);
    if (kept !== undefined && isSame(kept.bytes, bytes, start, end)) return kept.text;
    const text = make();
    // Of two texts with one hash, the first is kept; the other is made for each row.
    if (kept === undefined && this.#kept.size < KEPT_MAX)
      this.#kept.set(hash, { bytes: Uint8Array.from(bytes.subarray(start, end)), text });
    return text;
  }
}

function isSame(kept: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (kept.length !== end - start) return false;
  for (let at = 0; at < kept.length; at++) if (kept[at] !== bytes[start + at]) return false;
  return true;
}

/** Hashes of what requests ask for: most ask for what another one asked for before, and a hash costs as much as reading the request. */
import { payloadHashOf } from '../ledger/answer-once.ts';

/** Callers may ask for anything: beyond this many the memory begins anew. */
const KNOWN_MAX = 1_000;

export class PayloadHashes {
  readonly #known = new Map<string, string>();

  of(caller: string, count: number): string {
    const key = `${count} ${caller}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    const hash = payloadHashOf(caller, count);
    this.#known.set(key, hash);
    return hash;
  }
}

/** A set of whole numbers of any size, as sorted spans: whether something was in it before is one search, however much was drawn. */

/** Half-open. */
interface Span {
  from: bigint;
  to: bigint;
}

export class ValueSpans {
  readonly #spans: Span[] = [];

  /** Adds `[from, to)` where none of it was there; says whether it did. */
  add(from: bigint, to: bigint): boolean {
    const at = this.#after(from);
    const before = this.#spans[at - 1];
    const next = this.#spans[at];
    if (to <= from || (before !== undefined && before.to > from) || (next !== undefined && next.from < to)) return false;
    const meetsBefore = before?.to === from;
    const meetsNext = next?.from === to;
    if (meetsBefore && meetsNext) {
      before.to = next.to;
      this.#spans.splice(at, 1);
    } else if (meetsBefore) before.to = to;
    else if (meetsNext) next.from = from;
    else this.#spans.splice(at, 0, { from, to });
    return true;
  }

  /** Index of the first span that begins beyond the value; counters go up, so it is nearly always the end. */
  #after(value: bigint): number {
    const last = this.#spans.at(-1);
    if (last === undefined || last.from <= value) return this.#spans.length;
    let low = 0;
    let high = this.#spans.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#spans[middle] as Span).from <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

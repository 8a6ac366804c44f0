/**
 * A running proof that nothing is given out twice: every ordinal the demo was answered, kept as merged intervals. Neighbours
 * melt together, so hundreds of millions of values are a handful of intervals: one open edge per shard in use.
 */
export class IssuedValues {
  /** Sorted, disjoint, not touching: interval i is [starts[i], ends[i]). */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #count = 0;
  #duplicates = 0;

  /** Distinct ordinals seen. */
  get count(): number {
    return this.#count;
  }

  /** Ordinals that came again: must stay 0. */
  get duplicates(): number {
    return this.#duplicates;
  }

  get intervalCount(): number {
    return this.#starts.length;
  }

  /** How many ordinals of [start, end) were added before. */
  seen(start: number, end: number): number {
    let seen = 0;
    for (let i = this.#firstEndingAtOrAfter(start); i < this.#starts.length; i++) {
      const otherStart = this.#starts[i] ?? 0;
      if (otherStart >= end) break;
      seen += Math.max(0, Math.min(end, this.#ends[i] ?? 0) - Math.max(start, otherStart));
    }
    return seen;
  }

  /** Adds [start, end); what was there already is counted as duplicate. */
  add(start: number, end: number): void {
    const seen = this.seen(start, end);
    this.#duplicates += seen;
    this.#count += end - start - seen;
    const first = this.#firstEndingAtOrAfter(start);
    let after = first;
    let from = start;
    let to = end;
    for (; after < this.#starts.length && (this.#starts[after] ?? 0) <= end; after++) {
      from = Math.min(from, this.#starts[after] ?? from);
      to = Math.max(to, this.#ends[after] ?? to);
    }
    this.#replace(first, after, from, to);
  }

  /** Forgets everything: the sequence was restarted on purpose, and its values begin again. */
  clear(): void {
    this.#starts.length = 0;
    this.#ends.length = 0;
  }

  #replace(first: number, after: number, from: number, to: number): void {
    // Nearly every call lengthens one interval; splice is kept for the rest.
    if (after - first === 1) {
      this.#starts[first] = from;
      this.#ends[first] = to;
      return;
    }
    this.#starts.splice(first, after - first, from);
    this.#ends.splice(first, after - first, to);
  }

  #firstEndingAtOrAfter(ordinal: number): number {
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ends[middle] ?? 0) < ordinal) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * A set of ordinals as sorted, disjoint intervals. Adding what is in it already and removing what is not are refused: that is
 * how the checks notice. Written independently of the ledger's own intervals on purpose.
 */
export class OrdinalSet {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];

  get isEmpty(): boolean {
    return this.#starts.length === 0;
  }

  size(): number {
    let total = 0;
    for (let i = 0; i < this.#starts.length; i++) total += this.#at(this.#ends, i) - this.#at(this.#starts, i);
    return total;
  }

  overlaps(start: number, end: number): boolean {
    if (!(start < end)) return false;
    const i = this.#firstEndingAfter(start);
    return i < this.#starts.length && this.#at(this.#starts, i) < end;
  }

  covers(start: number, end: number): boolean {
    const i = this.#firstEndingAfter(start);
    return i < this.#starts.length && this.#at(this.#starts, i) <= start && this.#at(this.#ends, i) >= end;
  }

  /** False, and nothing changes, when any of it is in the set already or it is no interval. */
  add(start: number, end: number): boolean {
    if (!(start < end) || this.overlaps(start, end)) return false;
    let i = this.#firstEndingAfter(start);
    // Neighbours are merged, so that a run that was taken piece by piece stays one interval.
    const joinsLeft = i > 0 && this.#ends[i - 1] === start;
    const joinsRight = this.#starts[i] === end;
    if (joinsLeft) {
      i--;
      this.#ends[i] = joinsRight ? this.#at(this.#ends, i + 1) : end;
      if (joinsRight) this.#splice(i + 1, 1);
    } else if (joinsRight) {
      this.#starts[i] = start;
    } else {
      this.#splice(i, 0, start, end);
    }
    return true;
  }

  /** False, and nothing changes, unless all of it is in the set. */
  remove(start: number, end: number): boolean {
    if (!(start < end) || !this.covers(start, end)) return false;
    const i = this.#firstEndingAfter(start);
    const [from, to] = [this.#at(this.#starts, i), this.#at(this.#ends, i)];
    if (from === start && to === end) this.#splice(i, 1);
    else if (from === start) this.#starts[i] = end;
    else {
      this.#ends[i] = start;
      if (to > end) this.#splice(i + 1, 0, end, to);
    }
    return true;
  }

  clear(): void {
    this.#starts.length = 0;
    this.#ends.length = 0;
  }

  #firstEndingAfter(ordinal: number): number {
    let low = 0;
    let high = this.#ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#at(this.#ends, middle) > ordinal) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #splice(at: number, removed: number, start?: number, end?: number): void {
    if (start === undefined || end === undefined) {
      this.#starts.splice(at, removed);
      this.#ends.splice(at, removed);
    } else {
      this.#starts.splice(at, removed, start);
      this.#ends.splice(at, removed, end);
    }
  }

  #at(list: readonly number[], index: number): number {
    return list[index] as number;
  }
}

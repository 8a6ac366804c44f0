/** Counts what happened, so that a run shows that it exercised what it claims to survive. */
export class Coverage {
  readonly #counts = new Map<string, number>();
  readonly #pairs = new Map<string, Map<string, number>>();

  count(what: string, times = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + times);
  }

  /** Counts under two words; they are joined only when somebody reads. */
  countOf(what: string, which: string): void {
    let counts = this.#pairs.get(what);
    if (counts === undefined) {
      counts = new Map();
      this.#pairs.set(what, counts);
    }
    counts.set(which, (counts.get(which) ?? 0) + 1);
  }

  /** What another one counted, as its `toJson` says it. */
  add(counts: Readonly<Record<string, number>>): void {
    for (const [what, times] of Object.entries(counts)) this.count(what, times);
  }

  of(what: string): number {
    return this.toJson()[what] ?? 0;
  }

  /** Sorted by name. */
  toJson(): Record<string, number> {
    const all = [...this.#counts];
    for (const [what, counts] of this.#pairs) for (const [which, times] of counts) all.push([`${what} ${which}`, times]);
    return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

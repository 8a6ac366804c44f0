/** Counts what happened, so that a run shows that it exercised what it claims to survive. */
export class Coverage {
  readonly counts = new Map<string, number>();

  count(what: string, times = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + times);
  }

  add(other: Coverage): void {
    for (const [what, times] of other.counts) this.count(what, times);
  }

  of(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  /** Sorted by name. */
  toJson(): Record<string, number> {
    return Object.fromEntries([...this.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

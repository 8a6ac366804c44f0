/** Calls that were answered, as the throughput of a run is counted from. */
export interface Answered {
  /** Which kind of callers. */
  readonly via: string;
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly values: number;
}

export class Answers {
  readonly all: Answered[] = [];
  readonly #latest = new Map<string, number>();
  values = 0;

  add(answered: Answered): void {
    this.all.push(answered);
    this.values += answered.values;
    this.#latest.set(answered.via, Math.max(this.#latest.get(answered.via) ?? 0, answered.askedAt));
  }

  /** When the newest call of that kind that was answered was made. */
  latestAsked(via: string): number {
    return this.#latest.get(via) ?? 0;
  }
}

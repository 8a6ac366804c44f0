/** How fast a count grows: between two questions that lie at least a second apart. */
const SPAN_MS_MIN = 1_000;

export class Pace {
  readonly #count: () => number;
  readonly #monotonicMs: () => number;
  #fromMs: number;
  #fromCount: number;
  #perSecond = 0;

  constructor(count: () => number, monotonicMs: () => number) {
    this.#count = count;
    this.#monotonicMs = monotonicMs;
    this.#fromMs = monotonicMs();
    this.#fromCount = count();
  }

  perSecond(): number {
    const nowMs = this.#monotonicMs();
    const spanMs = nowMs - this.#fromMs;
    if (spanMs < SPAN_MS_MIN) return this.#perSecond;
    const count = this.#count();
    this.#perSecond = ((count - this.#fromCount) / spanMs) * 1_000;
    this.#fromMs = nowMs;
    this.#fromCount = count;
    return this.#perSecond;
  }
}

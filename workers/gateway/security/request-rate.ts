/** How many requests a second a key or an address may send: a token bucket each. The ones that were silent longest are forgotten first. */

export interface RateOptions {
  readonly perSecond: number;
  readonly nowMs: () => number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/** A second's worth may come at once: clients start together. */
const BURST_SECONDS = 1;
/** A bucket has a hundred bytes or two; an attacker with more addresses than this is one for the network to stop. */
const BUCKETS_MAX = 50_000;

export class RequestRate {
  readonly #perSecond: number;
  readonly #nowMs: () => number;
  readonly #buckets = new Map<string, Bucket>();

  constructor({ perSecond, nowMs }: RateOptions) {
    this.#perSecond = perSecond;
    this.#nowMs = nowMs;
  }

  /** Undefined where the request may pass, else after how many seconds the next one may. */
  take(who: string): number | undefined {
    const nowMs = this.#nowMs();
    const full = Math.max(1, this.#perSecond * BURST_SECONDS);
    const bucket = this.#buckets.get(who) ?? this.#fresh(who, full, nowMs);
    bucket.tokens = Math.min(full, bucket.tokens + ((nowMs - bucket.atMs) / 1_000) * this.#perSecond);
    bucket.atMs = nowMs;
    if (bucket.tokens < 1) return (1 - bucket.tokens) / this.#perSecond;
    bucket.tokens -= 1;
    return undefined;
  }

  #fresh(who: string, tokens: number, atMs: number): Bucket {
    if (this.#buckets.size >= BUCKETS_MAX) {
      const oldest = this.#buckets.keys().next().value;
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    const bucket = { tokens, atMs };
    this.#buckets.set(who, bucket);
    return bucket;
  }
}

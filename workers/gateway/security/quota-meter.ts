/**
 * What this gateway may still give a key in the running period. It leases a slice from the route table by compare-and-swap before it gives
 * anything out, so that all gateways together never exceed the quota; a call within the slice costs a subtraction and no promise.
 */
import { periodAt, type Quota, secondsLeft, sliceOf } from '../../../core/access/quota.ts';
import { SequenceError } from '../../../core/errors.ts';
import type { RouteTable } from '../../../pipelines/ports.ts';

const PREFIX = 'quotas/';
/** Gateways that lease at the same moment: each loses to another one at most so often before something else is wrong. */
const ATTEMPTS_MAX = 32;
/** After the table said that too little is left it is not asked again for so long: a key that goes on asking must not load it. */
const EXHAUSTED_MS = 1_000;
const HOUR_MS = 3_600_000;

export interface QuotaMeterOptions {
  readonly routes: RouteTable;
  readonly nowMs: () => number;
  readonly keyId: string;
  readonly quota: Quota;
}

export class QuotaMeter {
  readonly #options: QuotaMeterOptions;
  readonly #path: string;
  #period = '';
  /** `[since, until)` in which it is not looked at anew: every period ends with an hour. */
  #sinceMs = 0;
  #untilMs = 0;
  /** Leased and not given out. */
  #have = 0;
  /** What the table said was left, and until when that is believed. */
  #left = Number.MAX_SAFE_INTEGER;
  #leftUntilMs = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: QuotaMeterOptions) {
    const { pattern, period } = options.quota;
    this.#options = options;
    this.#path = `${PREFIX}${options.keyId}/${pattern}/${period}/`;
  }

  /** Whether the slice suffices: then it is counted. */
  takeAtOnce(count: number): boolean {
    this.#begin();
    if (this.#have < count) return false;
    this.#have -= count;
    return true;
  }

  /** Undefined where the slice suffices; a promise where another one is leased first. Throws, or rejects with, `SEQ_QUOTA_EXCEEDED`. */
  take(count: number): undefined | Promise<void> {
    if (this.takeAtOnce(count)) return undefined;
    if (count > this.#have + this.#left && this.#options.nowMs() < this.#leftUntilMs) throw this.#exceeded(count);
    // One after the other: who waits may find that the slice before was enough for both.
    const taken = this.#turn.then(() => this.#lease(count));
    this.#turn = taken.catch(() => undefined);
    return taken;
  }

  /** The call failed: what was counted for it was not given out. Nothing comes back into a period that is over. */
  putBack(count: number, period: string): void {
    if (period === this.#period) this.#have += count;
  }

  get period(): string {
    return this.#period;
  }

  /** Gives what was leased and not used to the other gateways. */
  async close(): Promise<void> {
    await this.#turn;
    const unused = this.#have;
    this.#have = 0;
    if (unused > 0 && this.#period === this.#now()) await this.#move(-unused, (leased) => Math.max(0, leased - unused));
  }

  #now(): string {
    return periodAt(this.#options.quota, this.#options.nowMs());
  }

  #begin(): void {
    const nowMs = this.#options.nowMs();
    if (nowMs >= this.#sinceMs && nowMs < this.#untilMs) return;
    this.#sinceMs = nowMs;
    this.#untilMs = (Math.floor(nowMs / HOUR_MS) + 1) * HOUR_MS;
    const period = this.#now();
    if (period === this.#period) return;
    this.#period = period;
    this.#have = 0;
    this.#leftUntilMs = 0;
  }

  async #lease(count: number): Promise<void> {
    this.#begin();
    if (this.#have < count) {
      const { quota, nowMs } = this.#options;
      const period = this.#period;
      const asked = count - this.#have;
      let slice = 0;
      const isFirst = await this.#move(asked, (leased) => {
        const left = Math.max(0, quota.values - leased);
        slice = sliceOf(quota, asked, left);
        this.#left = left - slice;
        return slice === 0 ? undefined : leased + slice;
      });
      if (slice === 0) {
        this.#leftUntilMs = nowMs() + EXHAUSTED_MS;
        throw this.#exceeded(count);
      }
      if (isFirst) await this.#forgetOthers(period);
      // The period ended while the table was asked: the slice is of the old one, and worth nothing now.
      if (period !== this.#now()) return this.#lease(count);
      this.#have += slice;
    }
    this.#have -= count;
  }

  /** Resolves to whether this was the first lease of the period. */
  async #move(by: number, change: (leased: number) => number | undefined): Promise<boolean> {
    const { routes } = this.#options;
    const path = this.#path + this.#period;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const entry = await routes.get(path);
      const next = change(Number(entry?.value ?? 0));
      if (next === undefined || (await routes.put(path, String(next), entry?.version ?? 0)) !== undefined)
        return entry === undefined && by > 0;
    }
    throw new SequenceError('SEQ_CONFLICT', 'the quota of the key is being leased by too many gateways at once');
  }

  async #forgetOthers(period: string): Promise<void> {
    const { routes } = this.#options;
    for (const { key } of await routes.list(this.#path)) if (key !== this.#path + period) await routes.delete(key);
  }

  #exceeded(count: number): SequenceError {
    const { quota, nowMs } = this.#options;
    const { pattern, values, period } = quota;
    const message = `the key may take ${values} values of ${pattern} per ${period}, and has too few left for ${count}`;
    return new SequenceError('SEQ_QUOTA_EXCEEDED', message, { pattern, values, period, retryAfterSeconds: secondsLeft(quota, nowMs()) });
  }
}

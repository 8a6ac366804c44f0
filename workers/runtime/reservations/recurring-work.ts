/** Work that is done again and again: at most once at a time each, and again at the next tick where it failed. */
import type { PendingAppends } from '../process/pending-appends.ts';

export class RecurringWork {
  readonly #monotonicMs: () => number;
  readonly #sending: PendingAppends;
  readonly #lastAtMs = new Map<string, number>();
  readonly #underWay = new Set<string>();

  constructor(options: { readonly monotonicMs: () => number; readonly sending: PendingAppends }) {
    this.#monotonicMs = options.monotonicMs;
    this.#sending = options.sending;
  }

  /** Begins it unless it was begun less than so long ago. */
  every(what: string, intervalMs: number, task: () => Promise<void>): void {
    const nowMs = this.#monotonicMs();
    if (nowMs - (this.#lastAtMs.get(what) ?? Number.NEGATIVE_INFINITY) < intervalMs) return;
    this.#lastAtMs.set(what, nowMs);
    this.once(what, task);
  }

  /** Begins it unless it is under way. */
  once(what: string, task: () => Promise<void>): void {
    if (this.#underWay.has(what)) return;
    this.#underWay.add(what);
    this.#sending.add(task().finally(() => this.#underWay.delete(what)));
  }
}

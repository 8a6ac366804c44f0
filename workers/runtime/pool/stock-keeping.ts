/**
 * Which streams of the pool keep a stock, and which do not: those of kind `analytics`, whose calls are cut exactly what they ask for, and
 * those that nobody has asked for long. What such a stream holds goes back to the ledger at once, revoked before it is returned like any
 * other; the allocators are told that nothing is wanted. A stream that rests is woken by its next call.
 */
import { chooseKind, firstKind, type Guarantees } from '../../../core/pool-kind.ts';
import { endSpan, usageOf } from '../../../core/usage.ts';
import type { ServedStream } from './served-stream.ts';

/** A stream that nobody asked for so long is asked again in an hour or never: its next call can wait for an allocation. */
export const IDLE_RETURN_MS = 15 * 60_000;

export interface StockKeepingOptions {
  readonly nowMs: () => number;
  /** Undefined for a sequence that was dropped. */
  readonly definitionOf: (sequence: string) => Guarantees | undefined;
  /** Between two reviews. */
  readonly reportIntervalMs: number;
  /** After so long without a call a stream gives its stock back. */
  readonly idleReturnMs: number;
  /** Tells the allocators, and takes out what is there. */
  readonly standDown: (served: ServedStream) => void;
  /** Orders a stock. */
  readonly order: (served: ServedStream) => void;
}

export class StockKeeping {
  readonly #options: StockKeepingOptions;

  constructor(options: StockKeepingOptions) {
    this.#options = options;
  }

  /** A stream is looked up, for the first time or because its sequence has changed: what is promised and said of it holds at once. */
  settle(served: ServedStream): void {
    const { definitionOf, nowMs } = this.#options;
    const guarantees = definitionOf(served.sequence);
    if (guarantees === undefined) return;
    if (served.totalCalls() === 0) served.chosen = firstKind(guarantees, nowMs());
    else served.chosen = chooseKind(served.chosen, guarantees, usageOf(served.usage, nowMs()), nowMs());
    this.#follow(served);
  }

  /** Now and then: chooses anew by what was asked for, and lets those rest that nobody asks. */
  review(streams: Iterable<ServedStream>): void {
    const { definitionOf, nowMs, idleReturnMs } = this.#options;
    const now = nowMs();
    for (const served of streams) {
      // Whoever waits is served first; what was asked for is judged afterwards.
      if (served.waiters.size > 0 || served.later > 0) continue;
      const wasAsked = endSpan(served.usage, now, this.#options.reportIntervalMs);
      if (wasAsked) {
        const guarantees = definitionOf(served.sequence);
        if (guarantees === undefined) continue;
        served.chosen = chooseKind(served.chosen, guarantees, usageOf(served.usage, now), now);
        this.#follow(served);
      } else if (served.keepsStock && served.stock.available > 0 && now - served.askedAtMs >= idleReturnMs) {
        served.restingSinceMs = now;
        this.#stop(served);
      }
    }
  }

  /** Somebody waits for it. */
  wake(served: ServedStream): void {
    if (served.chosen.kind === 'analytics') return;
    served.restingSinceMs = Number.POSITIVE_INFINITY;
    served.keepsStock = true;
  }

  /** A shard came: one that was decided after the stream went to rest is meant for something, such as a burst that was announced. */
  loaded(served: ServedStream, decidedAtMs: number): void {
    if (served.keepsStock || decidedAtMs <= served.restingSinceMs) return;
    served.askedAtMs = this.#options.nowMs();
    this.wake(served);
  }

  #follow(served: ServedStream): void {
    const isAnalytics = served.chosen.kind === 'analytics';
    if (isAnalytics && served.keepsStock) this.#stop(served);
    if (isAnalytics || served.keepsStock || served.restingSinceMs !== Number.POSITIVE_INFINITY) return;
    this.wake(served);
    this.#options.order(served);
  }

  #stop(served: ServedStream): void {
    served.keepsStock = false;
    this.#options.standDown(served);
  }
}

/** When shards that were issued to their end are closed: at once, but for those with blocks out, which can still be given back for a while. */
import type { ServedStream } from './served-stream.ts';

/** An exhausted shard stays open this long while blocks of it are out. */
const EXHAUSTED_KEPT_MS = 60_000;

export class ExhaustedShards {
  readonly #sinceMs = new Map<string, number>();
  readonly #close: (partition: number, shard: number) => void;

  constructor(close: (partition: number, shard: number) => void) {
    this.#close = close;
  }

  /** Closes what can be closed of the stream. */
  look(served: ServedStream, nowMs: number): void {
    for (const shard of served.stock.exhausted) {
      const key = `${shard.partition}:${shard.shard}`;
      const sinceMs = this.#sinceMs.get(key) ?? nowMs;
      this.#sinceMs.set(key, sinceMs);
      if (shard.blocks.size > 0 && nowMs - sinceMs < EXHAUSTED_KEPT_MS) continue;
      this.#close(shard.partition, shard.shard);
    }
    served.exhaustedKept = served.stock.exhausted.size;
  }

  forget(partition: number, shard: number): void {
    this.#sinceMs.delete(`${partition}:${shard}`);
  }
}

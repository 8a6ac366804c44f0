/**
 * Writes what gateways route by: which pool a stream is assigned to and its newest shard, and where each pool is reached. Only the
 * owner of a partition writes its streams; a key that changes often is written at most a few times a second, with what is true then.
 */
import type { ShardsRecord } from '../../../core/ledger/records.ts';
import type { ShardsState } from '../../../core/ledger/shards-state.ts';
import type { RouteTable } from '../../../pipelines/ports.ts';
import type { LedgerReader } from '../ledger-reader.ts';
import { POOLS_PREFIX, STREAMS_PREFIX, type StreamRoute } from './stream-routes.ts';

/** Between rounds of writing. */
const ROUND_MS = 50;
/** Writes of one round that are under way at a time. */
const WRITES_MAX = 64;

export interface RouteWriterOptions {
  readonly routes: RouteTable;
  readonly reader: LedgerReader;
  readonly isOwned: (partition: number) => boolean;
  readonly onProblem: (error: unknown) => void;
}

export class RouteWriter {
  readonly #options: RouteWriterOptions;
  readonly #due = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: RouteWriterOptions) {
    this.#options = options;
    options.reader.listen({
      onShards: (state, offset, record, verdict, live) => {
        if (live && verdict === 'accepted' && options.isOwned(state.partition)) this.#note(state, offset, record);
      },
    });
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#writing ??= this.#write().finally(() => {
        this.#writing = undefined;
      });
    }, ROUND_MS);
  }

  pool(pool: string, facts: { readonly endpoint: string; readonly incarnation: string; readonly state: string }): void {
    this.#due.set(POOLS_PREFIX + pool, JSON.stringify(facts));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
  }

  #note({ partition, streams }: ShardsState, offset: number, record: ShardsRecord): void {
    if (record.kind === 'ShardAllocated') {
      const { stream, pool, incarnation } = record;
      const route: StreamRoute = { pool, incarnation, partition, shard: offset };
      this.#due.set(STREAMS_PREFIX + stream, JSON.stringify(route));
    } else if (record.kind === 'StreamAssigned') {
      const newest = streams.get(record.stream)?.open.at(-1);
      const route: StreamRoute = { pool: record.pool, incarnation: newest?.incarnation ?? '', partition, shard: newest?.id ?? -1 };
      this.#due.set(STREAMS_PREFIX + record.stream, JSON.stringify(route));
    }
  }

  async #write(): Promise<void> {
    const { routes, onProblem } = this.#options;
    while (this.#due.size > 0) {
      const some = [...this.#due].slice(0, WRITES_MAX);
      for (const [key] of some) this.#due.delete(key);
      const written = await Promise.allSettled(some.map(([key, value]) => routes.put(key, value)));
      const failed = some.filter((_, index) => written[index]?.status === 'rejected');
      if (failed.length === 0) continue;
      // Newer values may have come meanwhile: those stay.
      for (const [key, value] of failed) if (!this.#due.has(key)) this.#due.set(key, value);
      onProblem(written.find((each) => each.status === 'rejected')?.reason);
      return;
    }
  }
}

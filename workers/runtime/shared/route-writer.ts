/**
 * Writes what gateways route by: which pool a stream is assigned to and its newest shard, and where each pool is reached. Only the
 * owner of a partition writes its streams; a key that changes often is written at most a few times a second, with what is true then.
 */
import type { ShardsRecord } from '../../../core/ledger/records.ts';
import type { ShardsState } from '../../../core/ledger/shards-state.ts';
import { leftBehind } from '../../../pipelines/allocation-moves.ts';
import type { RouteTable } from '../../../pipelines/ports.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import { POOLS_PREFIX, STREAMS_PREFIX, type StreamRoute } from './stream-routes.ts';

/** Between rounds of writing. */
const ROUND_MS = 50;
/** A pool says every second what it said before: that is written again only so often, for a table that has lost it. */
const POOL_AGAIN_MS = 10_000;
/** Writes of one round that are under way at a time. */
const WRITES_MAX = 64;

export interface RouteWriterOptions {
  readonly routes: RouteTable;
  readonly reader: LedgerReader;
  readonly isOwned: (partition: number) => boolean;
  readonly onProblem: (error: unknown) => void;
  /** Everything that was due is written: a problem there was is over. */
  readonly onWritten: () => void;
}

export class RouteWriter {
  readonly #options: RouteWriterOptions;
  readonly #due = new Map<string, string>();
  /** By pool: what was written of it last, and when. */
  readonly #pools = new Map<string, { readonly value: string; readonly atMs: number }>();
  /** By partition: streams whose callers still go to the pool that they leave. */
  readonly #moving: readonly Set<string>[];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  constructor(options: RouteWriterOptions) {
    this.#options = options;
    this.#moving = options.reader.shards.map(() => new Set());
    options.reader.listen({
      onShards: (state, _, record, verdict, live) => {
        if (live && verdict === 'accepted' && options.isOwned(state.partition)) this.#note(state, record);
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
    const value = JSON.stringify(facts);
    const atMs = performance.now();
    const before = this.#pools.get(pool);
    if (before?.value === value && atMs - before.atMs < POOL_AGAIN_MS) return;
    this.#pools.set(pool, { value, atMs });
    this.#due.set(POOLS_PREFIX + pool, value);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
  }

  /**
   * A stream that moves goes on being served by its old pool until that is asked to give back what it holds: only then has the new one
   * stock, and only then are callers sent there.
   */
  #note(state: ShardsState, record: ShardsRecord): void {
    if (record.kind === 'ShardAllocated' || record.kind === 'StreamAssigned') this.#routed(state, record.stream);
    else for (const stream of this.#moving[state.partition] ?? []) this.#routed(state, stream);
  }

  #routed({ partition, streams }: ShardsState, id: string): void {
    const stream = streams.get(id);
    const moving = this.#moving[partition];
    if (stream === undefined || moving === undefined) return;
    if (leftBehind(stream).some(({ ordered }) => !ordered)) {
      moving.add(id);
      return;
    }
    moving.delete(id);
    const newest = stream.open.findLast(({ pool }) => pool === stream.pool);
    const isAhead =
      newest?.ordered === false && this.#options.reader.periodEndMs(newest.name, newest.generation) === Number.POSITIVE_INFINITY;
    const ahead = isAhead ? { ahead: newest.generation } : {};
    const route: StreamRoute = { pool: stream.pool, incarnation: newest?.incarnation ?? '', partition, shard: newest?.id ?? -1, ...ahead };
    this.#due.set(STREAMS_PREFIX + id, JSON.stringify(route));
  }

  async #write(): Promise<void> {
    const { routes, onProblem, onWritten } = this.#options;
    if (this.#due.size === 0) return;
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
    onWritten();
  }
}

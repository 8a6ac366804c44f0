/**
 * What happens now, as a numbered list of events that many can listen to: the ledger's records as they are accepted, and once a second the
 * streams that moved. A listener that comes back says the last number it has, and goes on behind it as long as that is remembered.
 */
import type { RangesRecord, ShardsRecord } from '../../../core/ledger/records.ts';
import type { ShardsState } from '../../../core/ledger/shards-state.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import type { StreamStatus } from '../service/stream-status.ts';
import { StreamPasts, type StreamPastView } from './stream-past.ts';

/** Between two looks at the streams. */
const LOOK_MS = 1_000;
/** Events that a listener who was away can still be told: a minute of a busy ledger. */
const EVENTS_KEPT = 2_048;
/**
 * Rows of one look: a row is 400 bytes, so that ten thousand that all moved would be four megabytes a second to each listener. A screen shows
 * fewer, and asks for those it shows (`rows`); the totals are of all streams.
 */
const ROWS_MAX = 200;

type LiveEvent =
  | { readonly kind: 'allocation'; readonly atMs: number; readonly allocation: LiveAllocation }
  | { readonly kind: 'return'; readonly atMs: number; readonly stream: string; readonly pool: string; readonly values: number }
  | { readonly kind: 'burn'; readonly atMs: number; readonly stream: string; readonly pool: string; readonly values: number }
  | { readonly kind: 'pool-lost'; readonly atMs: number; readonly pool: string; readonly incarnation: string }
  | { readonly kind: 'move'; readonly atMs: number; readonly stream: string; readonly pool: string }
  | { readonly kind: 'sequence'; readonly atMs: number; readonly sequence: string; readonly change: 'created' | 'changed' | 'dropped' }
  | { readonly kind: 'stall'; readonly atMs: number; readonly stream: string; readonly stalls: number }
  | LiveLook;

interface LiveLook {
  readonly kind: 'streams';
  readonly atMs: number;
  /** The busiest of those that moved. */
  readonly streams: readonly StreamStatus[];
  /** More moved than are told here. */
  readonly isCut: boolean;
  readonly totals: LiveTotals;
}

interface LiveAllocation {
  readonly stream: string;
  readonly pool: string;
  readonly partition: number;
  readonly shard: number;
  readonly size: number;
  readonly trigger: string;
  readonly reserve: string;
  readonly reorderPoint: number;
  readonly orderUpTo: number;
}

/** Over all streams, since the process began. */
interface LiveTotals {
  readonly streams: number;
  readonly stock: number;
  readonly issued: number;
  readonly requests: number;
  readonly stalls: number;
}

export interface NumberedEvent {
  readonly id: number;
  readonly event: LiveEvent;
}

interface Holder {
  readonly stream: string;
  readonly pool: string;
  readonly incarnation: string;
  readonly end: number;
}

export interface LiveFeedOptions {
  readonly reader: Pick<LedgerReader, 'shards' | 'listen'>;
  readonly streams: () => readonly StreamStatus[];
  readonly nowMs: () => number;
}

export class LiveFeed {
  readonly #options: LiveFeedOptions;
  readonly #kept: NumberedEvent[] = [];
  readonly #listeners = new Set<(event: NumberedEvent) => void>();
  readonly #pasts = new StreamPasts();
  readonly #timer: NodeJS.Timeout;
  /** Of open shards: their closing records name them by number only. */
  readonly #holders = new Map<string, Holder>();
  #before = new Map<string, StreamStatus>();
  #lastId = 0;

  constructor(options: LiveFeedOptions) {
    this.#options = options;
    for (const state of options.reader.shards) {
      for (const { id, stream, pool, incarnation, end } of state.openShards.values()) {
        this.#holders.set(shardKey(state, id), { stream: stream.id, pool, incarnation, end });
      }
    }
    options.reader.listen({
      onShards: (state, offset, record, verdict, live) => {
        if (live && verdict === 'accepted') this.#ofShards(state, offset, record);
      },
      onRanges: (_, __, record, verdict, live) => {
        if (live && verdict === 'accepted') this.#ofRanges(record);
      },
    });
    this.#timer = setInterval(() => this.look(), LOOK_MS);
    this.#timer.unref();
  }

  past(stream: string): StreamPastView | undefined {
    return this.#pasts.of(stream);
  }

  /** All streams as of the newest look. */
  seen(): Iterable<StreamStatus> {
    return this.#before.values();
  }

  /** Streams as of the newest look, those of them that there are. */
  rows(names: readonly string[]): StreamStatus[] {
    if (this.#before.size === 0) this.look();
    return names.flatMap((name) => this.#before.get(name) ?? []);
  }

  /**
   * Hears every event from now on, and first those behind `lastId`, or the newest look at the streams where that is unknown or forgotten.
   * Returns what ends it.
   */
  subscribe(handler: (event: NumberedEvent) => void, lastId?: number): () => void {
    const oldest = this.#kept[0]?.id ?? this.#lastId + 1;
    const isKnown = lastId !== undefined && lastId >= oldest - 1 && lastId <= this.#lastId;
    const missed = isKnown
      ? this.#kept.filter(({ id }) => id > lastId)
      : this.#kept.filter(({ event }) => event.kind === 'streams').slice(-1);
    for (const event of missed) handler(event);
    this.#listeners.add(handler);
    return () => {
      this.#listeners.delete(handler);
    };
  }

  /** Looks at the streams: what moved is told, what is busy remembered. */
  look(): void {
    const atMs = this.#options.nowMs();
    const streams = this.#options.streams();
    const before = this.#before;
    this.#pasts.note(streams, atMs, ({ stream, issuedTotal }) => issuedTotal > (before.get(stream)?.issuedTotal ?? 0));
    const moved = streams.filter((now) => hasMoved(now, before.get(now.stream)));
    this.#before = new Map(streams.map((now) => [now.stream, now]));
    for (const now of moved) {
      const stalls = now.stallsTotal - (before.get(now.stream)?.stallsTotal ?? now.stallsTotal);
      if (stalls > 0) this.#tell({ kind: 'stall', atMs, stream: now.stream, stalls });
    }
    const busiest = moved.length <= ROWS_MAX ? moved : moved.sort((a, b) => b.demandPerSecond - a.demandPerSecond).slice(0, ROWS_MAX);
    this.#tell({ kind: 'streams', atMs, streams: busiest, isCut: busiest.length < moved.length, totals: totalsOf(streams) });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  #ofShards(state: ShardsState, offset: number, record: ShardsRecord): void {
    const atMs = this.#options.nowMs();
    if (record.kind === 'ShardAllocated') {
      const { stream, pool, incarnation, start, end, decision } = record;
      const { trigger, reserve, reorderPoint, orderUpTo } = decision;
      const shard = { partition: state.partition, shard: offset, size: end - start };
      this.#holders.set(shardKey(state, offset), { stream, pool, incarnation, end });
      this.#tell({ kind: 'allocation', atMs, allocation: { stream, pool, ...shard, trigger, reserve, reorderPoint, orderUpTo } });
    } else if (record.kind === 'StreamAssigned') {
      this.#tell({ kind: 'move', atMs, stream: record.stream, pool: record.pool });
    } else if (record.kind === 'PoolLost') {
      const { pool, incarnation } = record;
      for (const [key, holder] of this.#holders) if (holder.incarnation === incarnation) this.#holders.delete(key);
      this.#tell({ kind: 'pool-lost', atMs, pool, incarnation });
    } else if (record.kind === 'ShardReturned') {
      this.#closed('return', state, record.shard, () => record.slices.reduce((sum, { start, end }) => sum + end - start, 0));
    } else if (record.kind === 'ShardBurned') {
      this.#closed('burn', state, record.shard, ({ end }) => Math.max(0, end - record.from));
    }
  }

  /** A shard that was issued whole comes back empty: that is its end and no news. */
  #closed(kind: 'return' | 'burn', state: ShardsState, shard: number, valuesOf: (holder: Holder) => number): void {
    const key = shardKey(state, shard);
    const holder = this.#holders.get(key);
    this.#holders.delete(key);
    if (holder === undefined) return;
    const values = valuesOf(holder);
    const { stream, pool } = holder;
    if (values > 0) this.#tell({ kind, atMs: this.#options.nowMs(), stream, pool, values });
  }

  #ofRanges(record: RangesRecord): void {
    if (record.kind === 'RangeClaimed' || record.kind === 'LevelRaised') return;
    this.#tell({ kind: 'sequence', atMs: this.#options.nowMs(), sequence: record.name, change: CHANGES[record.kind] });
  }

  #tell(event: LiveEvent): void {
    const numbered = { id: ++this.#lastId, event };
    this.#kept.push(numbered);
    if (this.#kept.length > EVENTS_KEPT) this.#kept.shift();
    for (const listener of this.#listeners) listener(numbered);
  }
}

const CHANGES = { SequenceDefined: 'created', SequenceRebased: 'changed', SequenceDropped: 'dropped' } as const;

function shardKey({ partition }: ShardsState, offset: number): string {
  return `${partition}:${offset}`;
}

function hasMoved(now: StreamStatus, before: StreamStatus | undefined): boolean {
  if (before === undefined) return true;
  return MOVING.some((name) => now[name] !== before[name]);
}

const MOVING = [
  'issuedTotal',
  'requestsTotal',
  'stallsTotal',
  'stock',
  'waiting',
  'reorderPoint',
  'orderUpTo',
  'forecastMedian',
  'pool',
] as const;

export function totalsOf(streams: readonly StreamStatus[]): LiveTotals {
  const totals = { streams: streams.length, stock: 0, issued: 0, requests: 0, stalls: 0 };
  for (const { stock, issuedTotal, requestsTotal, stallsTotal } of streams) {
    totals.stock += stock;
    totals.issued += issuedTotal;
    totals.requests += requestsTotal;
    totals.stalls += stallsTotal;
  }
  return totals;
}

/**
 * Where a stream's values come from: the `streams/` part of the route table, held in memory and kept current by a watch. Allocators
 * write it; a gateway that is refused corrects its own copy at once and does not wait for the watch.
 */
import { placeNewcomer } from '../../../core/placement/newcomer.ts';
import { mayServe, type SlotRange } from '../../../core/placement/slots.ts';
import type { PoolSnapshot } from '../../../core/placement/snapshot.ts';
import { partitionOf } from '../../../core/stream.ts';
import type { RouteTable, Subscription } from '../../../pipelines/ports.ts';
import type { PoolConnections } from './pool-connections.ts';

export const STREAMS_PREFIX = 'streams/';
export const POOLS_PREFIX = 'pools/';

/** What the route table says of a stream: its pool, and the newest shard that was allocated to it. */
export interface StreamRoute {
  readonly pool: string;
  readonly incarnation: string;
  readonly partition: number;
  readonly shard: number;
  /** Generation of that shard, where its values may lie in a caller's hand: they have no order and do not begin again some day. */
  readonly ahead?: number;
}

/** What routing needs to know of the pools. */
type KnownPools = Pick<PoolConnections, 'get' | 'living' | 'isSuspect' | 'isQuiet' | 'snapshots'>;

export class StreamRoutes {
  readonly #routes: RouteTable;
  readonly #pools: KnownPools;
  readonly #known = new Map<string, StreamRoute>();
  #watch: Subscription | undefined;
  /** Slots of the pools that are primaries of a Cluster, as they were read off these snapshots. */
  #slots: ReadonlyMap<string, readonly SlotRange[]> = new Map();
  #read: readonly PoolSnapshot[] = [];

  constructor(routes: RouteTable, pools: KnownPools) {
    this.#routes = routes;
    this.#pools = pools;
  }

  async start(): Promise<void> {
    this.#watch = this.#routes.watch(STREAMS_PREFIX, (key, value) => this.#note(key, value));
    for (const { key, value } of await this.#routes.list(STREAMS_PREFIX)) this.#note(key, value);
  }

  /** The newest shard of a stream, as the route table knows it; undefined while the stream is assigned to a pool and has no shard yet. */
  shardOf(stream: string): StreamRoute | undefined {
    const known = this.#known.get(stream);
    return known === undefined || known.shard < 0 ? undefined : known;
  }

  /** The pool to ask for a stream: its own, or another that lives while its own does not; undefined where none lives that may serve it. */
  poolOf(stream: string): string | undefined {
    const own = this.#known.get(stream)?.pool;
    const slots = this.#slotsOfPools();
    // Most installations have no Cluster: then nothing is to be reckoned here.
    const serves = (pool: string): boolean => slots.size === 0 || mayServe(slots.get(pool), stream);
    const isThere = own !== undefined && this.#pools.get(own) !== undefined;
    if (isThere && !this.#pools.isSuspect(own) && this.#pools.living.includes(own) && serves(own)) return own;
    const others = this.#pools.living.filter((pool) => !this.#pools.isSuspect(pool) && serves(pool));
    if (others.length === 0) return isThere && serves(own) ? own : this.#pools.living.find(serves);
    // Every gateway that heard the same of the pools sends a new stream to the same one; to one that is filled, where there is one.
    const filled = others.filter((pool) => !this.#pools.isQuiet(pool));
    const among = filled.length > 0 ? filled : others;
    const open = this.#pools.snapshots.filter(({ pool }) => among.includes(pool));
    return placeNewcomer(stream, 'throughput', open) ?? among[partitionOf(stream, among.length)];
  }

  /** A pool said where the stream is now. */
  correct(stream: string, pool: string): void {
    const known = this.#known.get(stream);
    this.#known.set(stream, { incarnation: '', partition: -1, shard: -1, ...known, pool });
  }

  #slotsOfPools(): ReadonlyMap<string, readonly SlotRange[]> {
    const { snapshots } = this.#pools;
    if (snapshots !== this.#read) {
      this.#read = snapshots;
      this.#slots = new Map(snapshots.flatMap(({ pool, slots }) => (slots === undefined ? [] : [[pool, slots]])));
    }
    return this.#slots;
  }

  async close(): Promise<void> {
    await this.#watch?.close();
  }

  #note(key: string, value: string | undefined): void {
    const stream = key.slice(STREAMS_PREFIX.length);
    if (value === undefined) this.#known.delete(stream);
    else this.#known.set(stream, JSON.parse(value) as StreamRoute);
  }
}

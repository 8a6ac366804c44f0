/** What a gateway knows of a stream from the route table alone. */
import { describe, expect, it } from 'vitest';
import { slotOf, slotsHeard } from '../../../../core/placement/slots.ts';
import type { PoolSnapshot } from '../../../../core/placement/snapshot.ts';
import type { RouteTable } from '../../../../pipelines/ports.ts';
import type { PoolConnection } from '../../../../workers/runtime/shared/pool-connections.ts';
import { StreamRoutes } from '../../../../workers/runtime/shared/stream-routes.ts';

/** A route table of which only the watch is asked: `tell` is what its writer does. */
function watched() {
  let handler: (key: string, value: string | undefined) => void = () => undefined;
  const routes = {
    list: async () => [],
    watch: (_prefix: string, told: typeof handler) => {
      handler = told;
      return { close: async () => undefined };
    },
  } as unknown as RouteTable;
  return { routes, tell: (stream: string, route: unknown) => handler(`streams/${stream}`, JSON.stringify(route)) };
}

/** Two primaries of a Cluster, and who does not answer for the moment. */
function clusterOf(first: readonly number[], second: readonly number[], suspect = '') {
  const said = { first, second };
  const snapshots = Object.entries(said).map(([pool, slots]) => snapshotOf(pool, slotsHeard(slots)));
  const get = () => ({}) as PoolConnection;
  return { get, living: ['first', 'second'], snapshots, isSuspect: (pool: string) => pool === suspect, isQuiet: () => false };
}

function snapshotOf(pool: string, slots: PoolSnapshot['slots']): PoolSnapshot {
  const capacity = { operationsPerSecond: 100, values: 1e6, bytes: 1e6 };
  const measured = { operationsPerSecond: 0, values: 0, bytes: 0, latencyP99Ms: 1 };
  return { pool, kind: 'throughput', state: 'living', capacity, measured, joinedAtMs: 0, slots };
}

const NO_POOLS = { get: () => undefined, living: [], snapshots: [], isSuspect: () => false, isQuiet: () => false };

describe('the routes of streams', () => {
  it('know no shard of a stream that is assigned to a pool and was allocated nothing yet', async () => {
    const { routes, tell } = watched();
    const known = new StreamRoutes(routes, NO_POOLS);
    await known.start();
    tell('orders/web/cart', { pool: 'pool-0', incarnation: '', partition: 1, shard: -1 });
    expect(known.shardOf('orders/web/cart')).toBeUndefined();
    tell('orders/web/cart', { pool: 'pool-0', incarnation: 'life0', partition: 1, shard: 7 });
    expect(known.shardOf('orders/web/cart')).toMatchObject({ incarnation: 'life0', shard: 7 });
  });

  it('lead to the primary of a Cluster that owns the slot, whatever the route table says, and to no other one', async () => {
    const stream = 'orders/web/cart';
    const slot = slotOf(stream);
    const below = [0, slot - 1];
    const from = [slot, 16_383];
    const { routes, tell } = watched();
    const poolOf = async (pools: ReturnType<typeof clusterOf>): Promise<string | undefined> => {
      const known = new StreamRoutes(routes, pools);
      await known.start();
      tell(stream, { pool: 'first', incarnation: 'life', partition: 0, shard: 1 });
      return known.poolOf(stream);
    };
    expect(await poolOf(clusterOf(from, below))).toBe('first');
    expect(await poolOf(clusterOf(below, from))).toBe('second');
    // Another primary would only send the call back.
    expect(await poolOf(clusterOf(from, below, 'first'))).toBe('first');
    expect(await poolOf(clusterOf(below, [slot + 1, 16_383]))).toBeUndefined();
  });

  it('follow slots as pools tell of them', async () => {
    const stream = 'orders/web/cart';
    const all = [0, 16_383];
    const pools = clusterOf(all, []);
    const known = new StreamRoutes(watched().routes, pools);
    expect(known.poolOf(stream)).toBe('first');
    pools.snapshots = clusterOf([], all).snapshots;
    expect(known.poolOf(stream)).toBe('second');
  });

  it('lead new streams to pools that are filled, and others to what their pool has left', async () => {
    const { routes, tell } = watched();
    const quiet = new Set<string>();
    const snapshots = ['first', 'second'].map((pool) => snapshotOf(pool, undefined));
    const get = () => ({}) as PoolConnection;
    const pools = { get, living: ['first', 'second'], snapshots, isSuspect: () => false, isQuiet: (pool: string) => quiet.has(pool) };
    const known = new StreamRoutes(routes, pools);
    await known.start();
    const streams = Array.from({ length: 20 }, (_, index) => `orders/web/s${index}`);
    const places = (): Set<string | undefined> => new Set(streams.map((stream) => known.poolOf(stream)));
    expect(places()).toEqual(new Set(['first', 'second']));
    quiet.add('first');
    expect(places()).toEqual(new Set(['second']));
    tell('orders/web/cart', { pool: 'first', incarnation: 'life', partition: 0, shard: 1 });
    expect(known.poolOf('orders/web/cart')).toBe('first');
    // Somebody may come back to fill one of them.
    quiet.add('second');
    expect(places()).toEqual(new Set(['first', 'second']));
  });
});

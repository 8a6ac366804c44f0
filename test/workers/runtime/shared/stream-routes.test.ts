/** What a gateway knows of a stream from the route table alone. */
import { describe, expect, it } from 'vitest';
import type { RouteTable } from '../../../../pipelines/ports.ts';
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

const NO_POOLS = { get: () => undefined, living: [], snapshots: [], isSuspect: () => false };

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
});

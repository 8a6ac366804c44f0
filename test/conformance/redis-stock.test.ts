/** The Redis stock against the conformance kits, on a Redis of its own: a server has one stock, so that a shared one would be shared. */
import { afterAll, beforeAll, describe } from 'vitest';
import { openRedisStock } from '../../adapters/redis/stock.ts';
import type { SharedStock } from '../../pipelines/ports.ts';
import { engineOrSkip, type PrivateRedis, startRedis } from '../engines/engines.ts';
import type { Harness } from './harness.ts';
import { sharedStockKit } from './shared-stock-kit.ts';
import { stockKit } from './stock-kit.ts';

const redis = engineOrSkip('redis');

describe.skipIf(!redis.available)('the Redis stock (needs Redis)', () => {
  let server: PrivateRedis;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.stop());

  const harness: Harness<SharedStock> = {
    async open() {
      // A library that is gone takes its stock along.
      await server.cli('FUNCTION', 'FLUSH');
      const stock = await openRedisStock({ url: server.url });
      // Ordered streams are served while a filler vouches for the stock's life.
      await stock.poll({ holder: 'kit', holdMs: 1, orderLeaseMs: 600_000, incarnation: await stock.hello() });
      await stock.release('kit');
      return stock;
    },
    close: (stock) => stock.close(),
  };

  stockKit(harness);
  describe('as a shared stock', () => sharedStockKit(harness));
});

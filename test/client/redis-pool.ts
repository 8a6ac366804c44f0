/** A pool as its filler and the allocators would keep it, by hand: shards loaded when a test says so, and routes that lead to it. */
import { onTestFinished } from 'vitest';
import { openRedisRouteTable, type RedisRouteTable } from '../../adapters/redis/route-table.ts';
import { openRedisStock, type RedisStock } from '../../adapters/redis/stock.ts';
import { type PrivateRedis, startRedis } from '../engines/engines.ts';

export const GENERATION = 17;
let shards = 0;
let ordinals = 0;

export class RedisPool {
  readonly name: string;
  readonly redis: PrivateRedis;
  readonly #stock: RedisStock;
  #incarnation: string;

  private constructor(name: string, redis: PrivateRedis, stock: RedisStock, incarnation: string) {
    this.name = name;
    this.redis = redis;
    this.#stock = stock;
    this.#incarnation = incarnation;
  }

  /** `atEnd`: of the test's own context, where it runs beside others. */
  static async start(name: string, atEnd: (end: () => Promise<void>) => void = onTestFinished): Promise<RedisPool> {
    const redis = await startRedis();
    atEnd(() => redis.stop());
    const stock = await openRedisStock({ url: redis.url });
    atEnd(() => stock.close());
    return new RedisPool(name, redis, stock, await stock.hello());
  }

  /** The next `count` ordinals of all tests, so that no value comes twice; value = ordinal + 1. */
  async load(stream: string, count: number, generation = GENERATION): Promise<void> {
    const values = { start: '1', increment: '1', firstPass: 0, period: 0, passStart: '1' };
    const [start, end] = [ordinals, ordinals + count];
    ordinals = end;
    const shard = {
      stream,
      sequence: stream.split('/')[0] ?? '',
      generation,
      partition: 0,
      shard: ++shards,
      start,
      end,
      ordered: false,
      values,
    };
    const outcome = await this.#stock.load(this.#incarnation, shard);
    if (outcome !== 'loaded') throw new Error(`the shard was ${outcome}`);
  }

  /** What callers have out or took, and what lies here, of a stream. */
  async unissued(stream: string): Promise<number> {
    const cursors = await this.#stock.cursors(stream);
    return cursors.reduce(
      (sum, { end, cursor, recycled }) => sum + end - cursor + recycled.reduce((all, slice) => all + slice.end - slice.start, 0),
      0,
    );
  }

  async move(stream: string, to: RedisPool): Promise<void> {
    await this.#stock.setMoved(this.#incarnation, stream, to.name);
  }

  /** A new life of the same server: whatever it held is gone. */
  async beginAgain(): Promise<void> {
    this.#incarnation = await this.#stock.remint();
  }

  /** Its server runs again, in a life that is asked for. */
  async restart(): Promise<void> {
    await this.redis.restart();
    for (let tries = 0; ; tries += 1) {
      try {
        this.#incarnation = await this.#stock.hello();
        return;
      } catch (error) {
        if (tries > 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  /** The waiting values that a filler would order for. */
  async waiting(stream: string): Promise<number> {
    const poll = await this.#stock.poll({ holder: 'filler', holdMs: 1_000, orderLeaseMs: 0, incarnation: '' });
    return poll.outcome === 'polled' ? (poll.news.find((each) => each.stream === stream)?.waiting ?? 0) : 0;
  }
}

export class Routes {
  readonly #table: RedisRouteTable;

  private constructor(table: RedisRouteTable) {
    this.#table = table;
  }

  static async open(home: RedisPool, pools: readonly RedisPool[]): Promise<Routes> {
    const table = await openRedisRouteTable({ url: home.redis.url });
    onTestFinished(() => table.close());
    const routes = new Routes(table);
    for (const pool of pools) await routes.pool(pool, 'heartbeat');
    return routes;
  }

  /** As the allocators write what was heard of it last, and `silent` where that is some time ago. */
  async pool({ name, redis }: RedisPool, state: 'heartbeat' | 'silent'): Promise<void> {
    await this.#table.put(`pools/${name}`, JSON.stringify({ endpoint: redis.url, incarnation: '', state }));
  }

  /** `mayLieInHand`: as the allocators say it of a sequence without an order. */
  async stream(stream: string, pool: RedisPool, mayLieInHand = true): Promise<void> {
    const route = { pool: pool.name, incarnation: '', partition: 0, shard: 1, ...(mayLieInHand && { ahead: GENERATION }) };
    await this.#table.put(`streams/${stream}`, JSON.stringify(route));
  }

  async client(id: string, clientType: string, service: string): Promise<void> {
    await this.#table.put(`clients/${id}`, JSON.stringify({ clientType, service }));
  }
}

/**
 * Values straight from the Redis of the pool that serves the caller's stream: one FCALL brings a numbered block. An empty stock orders
 * by itself; the caller waits here and asks again until values are there or its time is over, and looks each time who serves the stream.
 *
 * Guarantee: the library takes all or nothing in one step. A reply that was lost is lost with its values, and asking again gives others.
 */
import type { Redis } from 'ioredis';
import { SeqcastClientError } from './client-error.ts';
import type { Standing } from './client-events.ts';
import { type RedisReply, redisError, replyOf, sliceOf } from './redis-replies.ts';
import type { Pool, RedisRoutes, StreamPlace } from './redis-routes.ts';
import type { RedisServers } from './redis-servers.ts';
import { pause } from './retry.ts';
import type { BlocksAnswer, NextWish, ReturnedBlock, Transport } from './transport.ts';

/** Between two asks of a stock that has too little: as often as gateways ask. */
const ASK_AGAIN_MS = 25;
/** How often a refusal with a better address is followed before the caller waits. */
const MOVES_MAX = 3;
/** A pool that did not answer, or is filled by nobody, is asked for so long only where there is no other. */
const SUSPECT_MS = 1_000;
/**
 * A sequence in one order is served from the stream that all share. Until somebody was served from it nothing says so: after this the shared
 * stream is asked in turn with the caller's own.
 */
const SHARED_AFTER_MS = 1_000;
/** The pool behind an address without a route table. */
const NAMELESS = '-';

export interface RedisTransportOptions {
  readonly sequence: string;
  readonly servers: RedisServers;
  readonly routes: RedisRoutes;
  readonly standing: Standing;
  readonly timeoutMs: number;
  /** This client, among those who wait for a stream. */
  readonly waiter: string;
}

interface Asked {
  readonly count: number;
  readonly wasCounted: boolean;
  readonly isRefused: boolean;
  /** The caller's own stream stays empty: the one that all share is asked where the own one was never given anything. */
  readonly isShared: boolean;
}

interface AskOutcome {
  /** Undefined where no pool could be asked; `trouble` says why, where that is known. */
  readonly reply: RedisReply | undefined;
  readonly place: StreamPlace | undefined;
  readonly trouble: SeqcastClientError | undefined;
}

export class RedisTransport implements Transport {
  readonly #options: RedisTransportOptions;
  readonly #suspects = new Map<string, number>();

  constructor(options: RedisTransportOptions) {
    this.#options = options;
  }

  async next(count: number, { least, signal }: NextWish = { least: count, signal: NEVER }): Promise<BlocksAnswer> {
    const { sequence, timeoutMs } = this.#options;
    const startMs = performance.now();
    const deadlineMs = startMs + timeoutMs;
    let asked: Asked = { count, wasCounted: false, isRefused: false, isShared: false };
    for (;;) {
      const { reply, place, trouble } = await this.#ask(asked);
      if (reply?.outcome === 'taken') return { order: isAhead(place, reply) ? 'none' : 'stream', blocks: reply.blocks };
      const stock = reply?.outcome === 'empty' ? reply.stock : 0;
      const isCounted = asked.wasCounted || reply !== undefined;
      if (stock >= least && asked.count > stock) {
        // What is there is enough for whoever waits; the rest is on order.
        asked = { ...asked, count: stock, wasCounted: isCounted, isRefused: false };
        continue;
      }
      if (performance.now() + ASK_AGAIN_MS >= deadlineMs) throw trouble ?? waitedInVain(sequence, timeoutMs);
      await pause(ASK_AGAIN_MS, signal);
      if (signal.aborted) throw new SeqcastClientError('SEQ_CLOSED', `${sequence} was closed while its stock was empty`);
      const isShared = !asked.isShared && performance.now() - startMs > SHARED_AFTER_MS;
      asked = { count, wasCounted: isCounted, isRefused: true, isShared };
    }
  }

  async giveBack(blocks: readonly ReturnedBlock[]): Promise<number> {
    let takenBack = 0;
    for (const block of blocks) takenBack += await this.#giveBack(block).catch(() => 0);
    return takenBack;
  }

  /** A block of another life of the stock, or one that was revoked meanwhile, stays issued. */
  async #giveBack(block: ReturnedBlock): Promise<number> {
    const slice = sliceOf(block);
    if (slice === undefined) return 0;
    const { pool, nonce, block: number, start, end } = slice;
    const { servers } = this.#options;
    const holder = pool === NAMELESS ? this.#address() : await this.#pool(pool);
    if (holder === undefined) return 0;
    const redis = await servers.ready(holder.endpoint);
    const [outcome] = (await redis.fcall('seqcast_give_back', 0, nonce, number, start, end)) as [string];
    return outcome === 'taken-back' ? end - start : 0;
  }

  /** Asks the pool of the stream, following refusals; no reply where no pool could be asked. Throws what the caller did wrong. */
  async #ask(asked: Asked): Promise<AskOutcome> {
    const { sequence, routes, servers, standing } = this.#options;
    let place: StreamPlace | undefined;
    let trouble: SeqcastClientError | undefined;
    for (let move = 0; move < MOVES_MAX; move += 1) {
      let pool: Pool | undefined;
      try {
        place = await routes.place(sequence, asked.isRefused && move === 0, asked.isShared);
        pool = await this.#poolOf(place);
        const reply = replyOf(pool.name, await this.#fcall(await servers.ready(pool.endpoint), place.stream, asked));
        standing.answered(pool.endpoint);
        // Nobody fills it: what it had is gone, and another pool may be given the stream.
        if (reply.outcome !== 'taken' && !pool.isServing) this.#suspect(pool);
        if (reply.outcome !== 'moved') return { reply, place, trouble: undefined };
        routes.moved(sequence, reply.pool);
      } catch (error) {
        // One server of a Cluster leads to the other that owns the stream's slot.
        const owner = await this.#ownerIn(error).catch(() => undefined);
        if (owner !== undefined) {
          routes.moved(sequence, owner.name);
          continue;
        }
        trouble = redisError(pool?.endpoint ?? servers.shown, error);
        if (trouble.code === 'SEQ_TOO_MANY_WAITING' || !trouble.retriable) throw trouble;
        standing.failed();
        // What it may have taken unheard is burnt; another pool may serve meanwhile.
        if (pool !== undefined) this.#suspect(pool);
        break;
      }
    }
    return { reply: undefined, place, trouble };
  }

  #fcall(redis: Redis, stream: string, { count, wasCounted }: Asked): Promise<unknown> {
    const { waiter } = this.#options;
    return redis.fcall('seqcast_next', 1, `{${stream}}:stock`, count, 'values', 1, wasCounted ? 1 : 0, waiter, count) as Promise<unknown>;
  }

  /** The stream's own pool while it answers; for a stream that has none yet, the same one for every client that sees the same pools. */
  async #poolOf({ stream, pool: own }: StreamPlace): Promise<Pool> {
    const pools = await this.#options.routes.pools(false);
    if (own !== undefined && pools.length === 0) throw this.#lost(own);
    const named = own === undefined ? undefined : await this.#pool(own);
    if (named !== undefined && !this.#isSuspect(named)) return named;
    const others = pools.filter((pool) => pool.isServing && !this.#isSuspect(pool));
    return others[indexOf(stream, others.length)] ?? named ?? pools[0] ?? this.#address();
  }

  async #ownerIn(error: unknown): Promise<Pool | undefined> {
    const [, address] = /^MOVED \d+ (\S+)$/.exec(error instanceof Error ? error.message : '') ?? [];
    if (address === undefined) return undefined;
    const isThere = ({ endpoint }: Pool): boolean => endpoint.endsWith(`//${address}`);
    const { routes } = this.#options;
    return (await routes.pools(false)).find(isThere) ?? (await routes.pools(true)).find(isThere);
  }

  async #pool(name: string): Promise<Pool | undefined> {
    const { routes } = this.#options;
    const named = (pool: Pool): boolean => pool.name === name;
    return (await routes.pools(false)).find(named) ?? (await routes.pools(true)).find(named);
  }

  #lost(pool: string): SeqcastClientError {
    const message = `the stream moved to pool ${pool}, and there is no route table at ${this.#options.servers.shown} that says where it is`;
    return new SeqcastClientError('SEQ_UNREACHABLE', message, {
      whatToDo: 'Give the address of the Redis that holds the route table, and a user who may read it.',
    });
  }

  #suspect({ name }: Pool): void {
    this.#suspects.set(name, performance.now() + SUSPECT_MS);
  }

  #isSuspect({ name }: Pool): boolean {
    return (this.#suspects.get(name) ?? 0) > performance.now();
  }

  /** Without a route table the address itself is the pool. */
  #address(): Pool {
    return { name: NAMELESS, endpoint: this.#options.servers.shown, isServing: true };
  }
}

const NEVER = new AbortController().signal;

function isAhead(place: StreamPlace | undefined, { generations }: Extract<RedisReply, { outcome: 'taken' }>): boolean {
  return place?.ahead !== undefined && generations.size === 1 && generations.has(place.ahead);
}

function indexOf(stream: string, length: number): number {
  let hash = 0;
  for (let i = 0; i < stream.length; i += 1) hash = (Math.imul(hash, 31) + stream.charCodeAt(i)) >>> 0;
  return length === 0 ? 0 : hash % length;
}

function waitedInVain(sequence: string, timeoutMs: number): SeqcastClientError {
  return new SeqcastClientError('SEQ_WAIT_TIMEOUT', `no values of ${sequence} came into the stock within ${timeoutMs} ms`, {
    retriable: true,
    whatToDo: 'Check the name: Redis does not know which sequences there are, nor whether one is used up. `seqcast describe` does.',
  });
}

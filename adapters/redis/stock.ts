/**
 * The stock of a pool in Redis: a Function library holds it in its own memory, so that stock and incarnation appear and vanish together
 * (guard G3, docs/adr/0009-stock-in-the-library.md). This is the port in front of it: arguments in, replies out.
 */
import { randomBytes } from 'node:crypto';
import { SequenceError } from '../../core/errors.ts';
import type { Interval } from '../../core/interval.ts';
import type {
  CursorReport,
  GiveBackOutcome,
  LoadOutcome,
  NextCall,
  NextReply,
  PollCall,
  PollReply,
  RevokeReply,
  ShardToLoad,
  SharedStock,
  Stock,
  StockCursor,
  Subscription,
  TakeReply,
} from '../../pipelines/ports.ts';
import type { EngineHealth } from '../engines/engine-health.ts';
import { CallsTogether, keyOf } from './calls-together.ts';
import { LIBRARY, otherVersion } from './library.ts';
import { openStockConnection, type RedisStockOptions, type StockConnection } from './stock-connection.ts';
import { cursorReports, loadOutcome, pollReply, revokeReply, stockCursors } from './stock-replies.ts';

export type { RedisStockOptions } from './stock-connection.ts';

/** Published by `seqcast_load`. */
const LOADED_CHANNEL = 'seqcast:loaded';
/** Streams of one command: the server answers nobody else meanwhile. */
const STREAMS_PER_COMMAND_MAX = 500;
/** All pages are read again where a new life began in between; a server that changes lives faster than that is of no use. */
const CURSOR_READS_MAX = 3;

/** The port of a stock, with answers that all take their time. */
type Promised = { [K in keyof Stock]: (...args: Parameters<Stock[K]>) => Promise<Awaited<ReturnType<Stock[K]>>> };

export interface RedisStock extends Promised, Omit<SharedStock, keyof Stock> {
  /** Whether its connections are there. */
  health(): EngineHealth;
}

/**
 * Opens the stock of one server, or of the primary that Sentinels name. Throws `SEQ_ENGINE_UNREACHABLE` or `SEQ_ENGINE_UNUSABLE` with
 * what to change; afterwards commands throw `SEQ_ENGINE_AWAY` while the server does not answer.
 */
export async function openRedisStock(options: RedisStockOptions): Promise<RedisStock> {
  const connection = await openStockConnection(options);
  try {
    const [, , library] = await connection.command('seqcast_hello', 0, chance());
    if (library !== LIBRARY) throw otherVersion(connection.shown);
    return new FunctionStock(connection);
  } catch (error) {
    connection.close();
    throw error;
  }
}

class FunctionStock implements RedisStock {
  readonly #connection: StockConnection;
  readonly #calls: CallsTogether;
  readonly #listeners = new Set<(stream: string) => void>();
  /** Life that this process heard of last: the one that `remint` ends. */
  #life = '';

  constructor(connection: StockConnection) {
    this.#connection = connection;
    this.#calls = new CallsTogether(connection);
  }

  async hello(): Promise<string> {
    const [, incarnation] = await this.#connection.command('seqcast_hello', 0, chance());
    this.#life = incarnation;
    return incarnation;
  }

  async load(incarnation: string, shard: ShardToLoad): Promise<LoadOutcome> {
    const { stream, generation, partition, shard: id, start, end, ordered, untilMs = 0, values } = shard;
    const rule = values === undefined ? [] : [values.start, values.increment, values.firstPass, values.period, values.passStart];
    const args = [incarnation, generation, partition, id, start, end, ordered ? 1 : 0, untilMs, ...rule];
    return loadOutcome(await this.#connection.command('seqcast_load', 1, keyOf(stream), ...args));
  }

  /** Throws `SEQ_FENCED` where `next` would say that the stream moved or that nobody vouches for its order. */
  async take(stream: string, count: number, numbered: boolean): Promise<TakeReply> {
    const call = { count, numbered, again: false, waiter: '', waiting: 0, request: '', payloadHash: '' };
    const reply = await this.next(stream, call);
    if (reply.outcome === 'taken' || reply.outcome === 'empty') return reply;
    throw new SequenceError('SEQ_FENCED', `stream ${stream} cannot be served here: ${reply.outcome}`, { stream });
  }

  next(stream: string, call: NextCall): Promise<NextReply> {
    return this.#calls.next(stream, call);
  }

  async giveBack(incarnation: string, block: number, slice: Interval): Promise<GiveBackOutcome> {
    // What is no slice at all is not in any block either.
    if (slice.start < 0 || slice.end < slice.start) return 'unknown-block';
    const [outcome] = await this.#connection.command('seqcast_give_back', 0, incarnation, block, slice.start, slice.end);
    return outcome as GiveBackOutcome;
  }

  async revoke(incarnation: string, partition: number, shard: number): Promise<RevokeReply> {
    return revokeReply(await this.#connection.command('seqcast_revoke', 0, incarnation, partition, shard));
  }

  async forget(incarnation: string, partition: number, shard: number): Promise<void> {
    await this.#connection.command('seqcast_forget', 0, incarnation, partition, shard);
  }

  async cursors(stream = ''): Promise<readonly StockCursor[]> {
    let rows: unknown[] = [];
    let page = 0;
    let reads = 1;
    let life: string | undefined;
    do {
      const [, incarnation, next, ...some] = await this.#connection.command('seqcast_cursors', 0, stream, page);
      if (life !== undefined && incarnation !== life && reads < CURSOR_READS_MAX) {
        reads++;
        rows = [];
        page = 0;
        life = undefined;
        continue;
      }
      life = incarnation;
      rows.push(...some);
      page = Number(next);
    } while (page > 0 || life === undefined);
    return stockCursors(rows);
  }

  async remint(): Promise<string> {
    const life = this.#life === '' ? await this.hello() : this.#life;
    const [, incarnation] = await this.#connection.command('seqcast_remint', 0, life, chance());
    this.#life = incarnation;
    return incarnation;
  }

  async poll({ holder, holdMs, orderLeaseMs, incarnation }: PollCall): Promise<PollReply> {
    const times = [Math.ceil(holdMs), Math.max(0, Math.floor(orderLeaseMs))];
    const reply = pollReply(await this.#connection.command('seqcast_poll', 0, holder, ...times, chance(), incarnation));
    this.#life = reply.incarnation;
    return reply;
  }

  async release(holder: string): Promise<void> {
    await this.#connection.command('seqcast_release', 0, holder);
  }

  async report(streams: readonly string[]): Promise<readonly CursorReport[]> {
    const reports: CursorReport[] = [];
    for (const some of portions(streams)) reports.push(...cursorReports(await this.#connection.command('seqcast_report', 0, ...some)));
    return reports;
  }

  async setReorderPoints(
    incarnation: string,
    points: readonly { readonly stream: string; readonly reorderPoint: number }[],
  ): Promise<void> {
    for (const some of portions(points)) {
      // Below zero no stock is short: the library's word for that is an empty one.
      const args = some.flatMap(({ stream, reorderPoint }) => [stream, reorderPoint < 0 ? '' : Math.floor(reorderPoint)]);
      await this.#connection.command('seqcast_reorder_points', 0, incarnation, ...args);
    }
  }

  async setMoved(incarnation: string, stream: string, pool: string): Promise<void> {
    await this.#connection.command('seqcast_moved', 1, keyOf(stream), incarnation, pool);
  }

  onLoaded(handler: (stream: string) => void): Subscription {
    this.#listeners.add(handler);
    this.#connection.listen(LOADED_CHANNEL, (stream) => {
      for (const listener of this.#listeners) listener(stream);
    });
    return {
      close: async () => {
        this.#listeners.delete(handler);
      },
    };
  }

  health(): EngineHealth {
    return this.#connection.health();
  }

  async close(): Promise<void> {
    this.#connection.close();
  }
}

/** A part of the nonce that only this process knows, should the server be asked for one. */
function chance(): string {
  return randomBytes(16).toString('hex');
}

function* portions<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += STREAMS_PER_COMMAND_MAX) yield all.slice(from, from + STREAMS_PER_COMMAND_MAX);
}

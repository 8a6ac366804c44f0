/**
 * Where a bulk job of an installation takes its values: out of the shared pools, as every caller of a gateway, under a stream of the job's
 * own. It says how many it waits for, so that they are ordered together, and is not counted as demand: nothing is kept for a job that does
 * not come again.
 */
import { SequenceError } from '../../../core/errors.ts';
import { isExhausted } from '../../../core/ledger/exhaustion.ts';
import { COUNT_MAX, WAIT_MS_MAX } from '../../../core/limits.ts';
import type { Taken } from '../../../core/stock/take.ts';
import { partitionOf } from '../../../core/stream.ts';
import type { Clock, NextReply } from '../../../pipelines/ports.ts';
import type { Administration } from '../ledger/administration.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import { checkFromStock } from '../pool/answers.ts';
import type { StreamDirectory } from '../pool/stream-directory.ts';
import type { PoolConnections } from '../shared/pool-connections.ts';
import type { StreamRoutes } from '../shared/stream-routes.ts';
import type { BulkCaller, ValueSource } from './value-source.ts';

/** Asked again this often, whatever is heard: a store forgets who waits after 2 s. */
const ASK_AGAIN_MS = 50;
/** How often a refusal with a better address is followed before the job waits. */
const MOVES_MAX = 3;

/** A stream as a job takes from it. */
export interface SourceStream {
  readonly id: string;
  readonly partition: number;
}

export interface SharedSourceOptions {
  /** Waits under this name, beside a gateway of the same process. */
  readonly member: string;
  readonly pools: Pick<PoolConnections, 'get' | 'suspect' | 'ranOut'>;
  readonly routes: Pick<StreamRoutes, 'poolOf' | 'correct'>;
  readonly reader: LedgerReader;
  readonly administration: Administration;
  readonly directory: StreamDirectory<SourceStream>;
  readonly clock: Clock;
  readonly monotonicMs: () => number;
}

interface Origin {
  readonly pool: string;
  readonly incarnation: string;
}

type TakenReply = Extract<NextReply, { outcome: 'taken' }>;

export class SharedSource implements ValueSource {
  readonly #options: SharedSourceOptions;
  /** Which store a block came from, for as long as it may be given back. */
  readonly #origins = new WeakMap<Taken, Origin>();
  readonly #wakes = new Map<string, () => void>();

  constructor(options: SharedSourceOptions) {
    this.#options = options;
  }

  generation(sequence: string): ReturnType<ValueSource['generation']> {
    const generation = this.#options.administration.live(sequence);
    checkFromStock(sequence, generation.definition);
    return generation;
  }

  definitionOf(sequence: string, generation: number): ReturnType<ValueSource['definitionOf']> {
    return this.#options.administration.ranges(sequence).generations.get(generation)?.definition;
  }

  streamOf(caller: BulkCaller): string {
    return this.#stream(caller).id;
  }

  /** Fewer than `count` where more would have to be waited for: what is taken is to be written down first. */
  async take(caller: BulkCaller, count: number, later: number): Promise<readonly Taken[]> {
    const { monotonicMs } = this.#options;
    const stream = this.#stream(caller);
    const deadlineMs = monotonicMs() + WAIT_MS_MAX;
    const taken: Taken[] = [];
    let left = count;
    while (left > 0) {
      const size = Math.min(left, COUNT_MAX);
      const reply = await this.#ask(stream, size, left + later);
      if (reply !== undefined) {
        for (const block of reply.blocks) {
          this.#origins.set(block, reply);
          taken.push(block);
        }
        left -= size;
      } else if (taken.length > 0) break;
      else {
        this.#checkHope(caller.sequence, stream);
        if (monotonicMs() > deadlineMs)
          throw new SequenceError('SEQ_WAIT_TIMEOUT', `no allocation for stream ${stream.id} within ${WAIT_MS_MAX / 1_000} s`);
        await this.#loaded(stream.id);
      }
    }
    return taken;
  }

  /** A store forgets by itself who waits. */
  end(): void {
    return;
  }

  async giveBack(_caller: BulkCaller, taken: Taken): Promise<number> {
    const origin = this.#origins.get(taken);
    const stock = origin === undefined ? undefined : this.#options.pools.get(origin.pool)?.stock;
    if (origin === undefined || stock === undefined) return 0;
    const slice = { start: taken.start, end: taken.start + taken.count };
    const outcome = await Promise.resolve(stock.giveBack(origin.incarnation, taken.block, slice)).catch(() => 'unknown-block');
    return outcome === 'taken-back' ? taken.count : 0;
  }

  /** A pool loaded something for the stream. */
  loaded(stream: string): void {
    this.#wakes.get(stream)?.();
  }

  #stream({ sequence, clientType, service }: BulkCaller): SourceStream {
    const { directory } = this.#options;
    return directory.stream(directory.entry(sequence), clientType, service);
  }

  #loaded(stream: string): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ASK_AGAIN_MS);
      this.#wakes.set(stream, () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Undefined where there is nothing yet, or no pool to ask. */
  async #ask(stream: SourceStream, count: number, waiting: number): Promise<(TakenReply & Origin) | undefined> {
    const { pools, routes, member } = this.#options;
    for (let move = 0; move < MOVES_MAX; move++) {
      const pool = routes.poolOf(stream.id);
      const stock = pool === undefined ? undefined : pools.get(pool)?.stock;
      if (pool === undefined || stock === undefined) return undefined;
      const call = { count, numbered: true, again: true, waiter: `${member}.bulk`, waiting, request: '', payloadHash: '' };
      let reply: NextReply;
      try {
        reply = await stock.next(stream.id, call);
      } catch (error) {
        if (!(error instanceof SequenceError && error.code === 'SEQ_ENGINE_AWAY')) throw error;
        // What it may have taken unheard is burnt; another pool may serve meanwhile.
        pools.suspect(pool, error);
        return undefined;
      }
      if (reply.outcome === 'taken') return { ...reply, pool };
      if (reply.outcome !== 'moved') {
        pools.ranOut(pool);
        return undefined;
      }
      routes.correct(stream.id, reply.pool);
    }
    return undefined;
  }

  /** Throws where everything of the sequence is given out, and nothing of it can come back to this stream. */
  #checkHope(sequence: string, stream: SourceStream): void {
    const { reader, clock } = this.#options;
    const ranges = reader.ranges[partitionOf(sequence, reader.ranges.length)];
    const shards = reader.shards[stream.partition];
    const generation = this.generation(sequence);
    if (ranges === undefined || shards === undefined) return;
    if (!isExhausted(ranges, shards, generation, stream.id, clock.nowMs())) return;
    const message = `sequence ${sequence} has given out all of its ${generation.capacity} values`;
    throw new SequenceError('SEQ_EXHAUSTED', message, { sequence });
  }
}

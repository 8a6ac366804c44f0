/**
 * `next` of a sequence whose values come out of the transaction pool: each call is reserved and confirmed in one step, on the disk and
 * counted in the ledger before it is answered. Calls that come in together share a transaction, whichever sequence they ask of.
 *
 * All callers of the sequence share one stream of the ledger; which of them a value went to is written beside the value.
 */
import { performance } from 'node:perf_hooks';
import { SequenceError } from '../../core/errors.ts';
import type { Generation } from '../../core/ledger/ranges.ts';
import { WAIT_MS_MAX } from '../../core/limits.ts';
import { periodEndMs } from '../../core/period.ts';
import { checkName } from '../../core/sequence.ts';
import { DEFAULT_CLIENT_TYPE, DEFAULT_SERVICE, partitionOf } from '../../core/stream.ts';
import type { Clock, RegisteredReservation } from '../../pipelines/ports.ts';
import type { Administration } from './administration.ts';
import { payloadHashOf } from './answer-once.ts';
import { answerOf } from './answers.ts';
import type { ClientRoutes } from './client-routes.ts';
import type { TransactionPool } from './reservations/transaction-pool.ts';
import { streamOfCaller } from './reservations/value-holders.ts';
import type { NextAnswer, NextRequest } from './service.ts';

/** How often it is looked whether the next period has begun. */
const POLL_MS = 5;

export interface DurableNextOptions {
  readonly transactions: TransactionPool;
  readonly administration: Administration;
  readonly clients: ClientRoutes;
  readonly clock: Clock;
  readonly partitionCount: number;
  /** Asks the allocator to look for resets it owes, now. */
  readonly nudge: () => void;
}

export class DurableNext {
  readonly #options: DurableNextOptions;

  constructor(options: DurableNextOptions) {
    this.#options = options;
  }

  async next(request: NextRequest): Promise<NextAnswer> {
    const { transactions } = this.#options;
    const { sequence, count, idempotencyKey: key } = request;
    const owner = this.#ownerOf(request);
    const payloadHash = payloadHashOf(streamOfCaller(sequence, owner), count);
    const deadlineMs = performance.now() + WAIT_MS_MAX;
    for (;;) {
      const series = await transactions.series(await this.#servingGeneration(sequence, deadlineMs));
      const stalled = series.stock.available < count;
      try {
        const { reservation } = await transactions.ask(series, { kind: 'issue', series: series.series, key, payloadHash, count, owner });
        return await this.#answer(sequence, reservation, stalled);
      } catch (error) {
        // Another generation has followed meanwhile: that one is asked.
        const isOver = error instanceof SequenceError && error.code === 'SEQ_CONFLICT' && series.isEnded;
        if (!isOver || performance.now() > deadlineMs) throw error;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    }
  }

  /** Under a key that was used in an earlier period, or before a restart, it is what was answered then. */
  async #answer(sequence: string, { series, intervals }: RegisteredReservation, stalled: boolean): Promise<NextAnswer> {
    const { transactions, administration, partitionCount } = this.#options;
    const generation = (await transactions.seriesNumbered(series))?.generation ?? -1;
    const definition = administration.ranges(sequence).generations.get(generation)?.definition;
    if (definition === undefined) throw new SequenceError('SEQ_UNKNOWN_SEQUENCE', `sequence ${sequence} has no generation ${generation}`);
    const partition = partitionOf(sequence, partitionCount);
    const taken = intervals.map(({ start, end }) => ({ generation, partition, shard: 0, start, count: end - start, block: 0 }));
    return answerOf({ sequence, definition, incarnation: transactions.life ?? '', stalled }, taken);
  }

  /** What belongs to a period that is over is not given out any more. */
  async #servingGeneration(sequence: string, deadlineMs: number): Promise<Generation> {
    const { administration, clock, nudge } = this.#options;
    for (;;) {
      const generation = administration.live(sequence);
      if (periodEndMs(generation.definition) > clock.nowMs()) return generation;
      if (performance.now() > deadlineMs)
        throw new SequenceError('SEQ_WAIT_TIMEOUT', `the next period of ${sequence} has not begun in time`);
      nudge();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Client type and service, and the client where the caller named itself: no name has a space. */
  #ownerOf({ clientId, clientType = DEFAULT_CLIENT_TYPE, service = DEFAULT_SERVICE }: NextRequest): string {
    const route = clientId === undefined ? { clientType, service } : this.#options.clients.route(clientId);
    checkName('client type', route.clientType);
    checkName('service', route.service);
    return `${route.clientType}/${route.service}${clientId === undefined ? '' : ` ${clientId}`}`;
  }
}

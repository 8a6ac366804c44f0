/**
 * Answers `next` of sequences whose values come out of the transaction pool, in the process that runs it: each call is reserved and
 * confirmed in one step, on the disk and counted in the ledger before it is answered. Calls that come in together share a transaction,
 * whichever sequence they ask of.
 *
 * All callers of the sequence share one stream of the ledger; which of them a value went to is written beside the value.
 */
import { SequenceError } from '../../../core/errors.ts';
import type { Interval } from '../../../core/interval.ts';
import type { Generation } from '../../../core/ledger/ranges.ts';
import { WAIT_MS_MAX } from '../../../core/limits.ts';
import { isRegistered } from '../../../core/pool-kind.ts';
import { payloadHashOf } from '../ledger/answer-once.ts';
import { checkUnique } from '../pool/answers.ts';
import { ofServing, type ServingOptions, servingGeneration } from './serving-generation.ts';
import type { TransactionPool } from './transaction-pool.ts';
import { streamOfCaller } from './value-holders.ts';

export interface IssueRequest {
  readonly sequence: string;
  readonly count: number;
  /** The same key gives the same answer; another request under it is a conflict. */
  readonly key?: string | undefined;
  /** Client type and service, and the client where the caller named itself: no name has a space. */
  readonly owner: string;
}

export interface Issued {
  /** Under a key that was used in an earlier period, or before a restart, it is that of what was answered then. */
  readonly generation: number;
  readonly intervals: readonly Interval[];
  /** The grant at hand did not suffice when the call came. */
  readonly stalled: boolean;
}

export interface IssueDeskOptions extends ServingOptions {
  readonly pool: TransactionPool;
}

export class IssueDesk {
  readonly #options: IssueDeskOptions;

  constructor(options: IssueDeskOptions) {
    this.#options = options;
  }

  async issue({ sequence, count, key, owner }: IssueRequest): Promise<Issued> {
    const { pool, monotonicMs } = this.#options;
    const payloadHash = payloadHashOf(streamOfCaller(sequence, owner), count);
    const deadlineMs = monotonicMs() + WAIT_MS_MAX;
    let stalled = false;
    const { reservation } = await ofServing(this.#options, deadlineMs, async () => {
      const series = await pool.series(await servingGeneration(this.#options, sequence, deadlineMs, checkIssued));
      stalled ||= series.stock.available < count;
      const asked = { kind: 'issue', series: series.series, key, payloadHash, count, owner } as const;
      return { isEnded: () => series.isEnded, answered: pool.ask(series, asked) };
    });
    const generation = (await pool.seriesNumbered(reservation.series))?.generation ?? -1;
    return { generation, intervals: reservation.intervals, stalled };
  }
}

function checkIssued({ name, definition }: Generation): void {
  checkUnique(name, definition);
  if (isRegistered(definition)) return;
  // It was altered meanwhile: whoever asks again is served from a stock.
  throw new SequenceError('SEQ_CONFLICT', `values of ${name} do not come out of the transaction pool any more`, { sequence: name });
}

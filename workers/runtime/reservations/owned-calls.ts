/** Answers what gateways ask, from the pool that this process runs. */
import { WAIT_MS_MAX } from '../../../core/limits.ts';
import type { Clock } from '../../../pipelines/ports.ts';
import { Administration } from '../ledger/administration.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import { until } from '../process/until.ts';
import { IssueDesk } from './issue-desk.ts';
import type { PoolCalls, SeenRanges } from './pool-calls.ts';
import { ReservationDesk } from './reservation-desk.ts';
import type { TransactionPool } from './transaction-pool.ts';

/** A process that is so far behind its log is asked in vain. */
const CATCH_UP_MS_MAX = 5_000;

export interface OwnedCallsOptions {
  readonly pool: TransactionPool;
  readonly reader: LedgerReader;
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  readonly partitionCount: number;
}

export function ownedCalls({ pool, reader, clock, monotonicMs, partitionCount }: OwnedCallsOptions): PoolCalls {
  const administration = new Administration({
    ...{ reader, partitionCount, clock, monotonicMs },
    // The allocators look for fences and resets they owe several times a second.
    nudge: () => undefined,
    holdsOlder: (name, generation) => pool.holdsOlder(name, generation),
    standStill: (generation, change) => pool.standStill(generation, change),
  });
  const serving = { pool, clock, monotonicMs, live: (name: string) => administration.live(name), nudge: () => undefined };
  const desk = new ReservationDesk({ ...serving, ranges: (name) => administration.ranges(name) });
  const issues = new IssueDesk(serving);
  return {
    issue: (request) => issues.issue(request),
    reserve: (request) => desk.reserve(request),
    confirm: (ending) => desk.confirm(ending),
    cancel: (ending) => desk.cancel(ending),
    find: ({ sequence, id }) => desk.find(sequence, id),
    voids: (request) => desk.voids(request),
    reuses: (request) => desk.reuses(request),
    storedSeries: ({ series }) => pool.read((registrar) => registrar.status(series)),
    storedVoids: ({ series, page }) => pool.read((registrar) => registrar.voids(series, page)),
    storedHolders: ({ series, ordinal }) => pool.read((registrar) => registrar.holders(series, ordinal)),
    async alter({ name, changes }) {
      await administration.alter(name, changes);
    },
    settled: ({ sequence, generation }) =>
      until({
        holds: () => !pool.holdsOlder(sequence, generation),
        ...{ monotonicMs, waitMsMax: WAIT_MS_MAX, otherwise: `reservations of ${sequence} are on their way still` },
      }),
  };
}

/** Resolves once this process has folded what the asking one has. */
export function caughtUp(reader: LedgerReader, monotonicMs: () => number): (seen: SeenRanges) => Promise<void> {
  return ({ partition, nextOffset }) =>
    until({
      holds: () => (reader.ranges[partition]?.nextOffset ?? 0) >= nextOffset,
      ...{ monotonicMs, waitMsMax: CATCH_UP_MS_MAX, otherwise: 'the process that runs the transaction pool is behind its log' },
    });
}

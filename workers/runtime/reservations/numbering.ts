/** The parts that give out numbers without a gap in a process with all roles. */
import { randomBytes } from 'node:crypto';
import { TOPICS } from '../../../schemas/topics.ts';
import type { Allocator } from '../allocator.ts';
import { memberRecord } from '../members/member-record.ts';
import { IssueDesk } from './issue-desk.ts';
import type { TransactionPoolOptions } from './pool-life.ts';
import { TRANSACTION_POOL } from './pool-word.ts';
import { ReservationCounts } from './reservation-counts.ts';
import { ReservationDesk, type ReservationDeskOptions } from './reservation-desk.ts';
import { TransactionPool } from './transaction-pool.ts';

export interface Numbering {
  readonly transactions: TransactionPool;
  readonly reservations: ReservationDesk;
  readonly issues: IssueDesk;
}

type PoolOptions = Omit<TransactionPoolOptions, 'name' | 'mintLife' | 'announce' | 'counts'>;
type DeskOptions = Omit<ReservationDeskOptions, 'pool' | 'nudge'>;

export function createNumbering({ allocator, ...options }: PoolOptions & DeskOptions & { readonly allocator: Allocator }): Numbering {
  const { log, clock } = options;
  const transactions = new TransactionPool({
    ...options,
    name: TRANSACTION_POOL,
    counts: new ReservationCounts(),
    mintLife: () => randomBytes(8).toString('hex'),
    async announce(life) {
      const record = memberRecord(TRANSACTION_POOL, life, 'joined', clock.nowMs(), 'transaction');
      await log.append({ topic: TOPICS.members.name, partition: 0, records: [record] });
      await allocator.knows(TRANSACTION_POOL, life);
    },
  });
  const desk = { ...options, pool: transactions, nudge: () => allocator.tick() };
  return { transactions, reservations: new ReservationDesk(desk), issues: new IssueDesk(desk) };
}

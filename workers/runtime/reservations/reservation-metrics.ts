/** The transaction pool for Prometheus: what was reserved and became of it, how it is written down, and who runs it. */
import { bySequence, type RoleMetrics } from '../role-metrics.ts';
import type { ReservationCounts } from './reservation-counts.ts';
import type { ServedSeries } from './served-series.ts';

export interface CountedPool {
  readonly counts: ReservationCounts;
  /** Undefined while this process does not run the pool. */
  readonly life: string | undefined;
  served(): Iterable<ServedSeries>;
}

export function countReservations(metrics: RoleMetrics, pool: CountedPool): void {
  const { counts } = pool;
  metrics.counts('reservations_total', 'Answers of the transaction pool, by what became of the reservation.', ['sequence', 'outcome'], () =>
    [...counts.outcomes()].map(([sequence, outcome, count]) => [{ sequence, outcome }, count] as const),
  );
  metrics.gauges('open_reservations', 'Reservations that are neither confirmed nor ended.', ['sequence'], () =>
    bySequence(pool.served(), ({ open }) => open),
  );
  metrics.gauges('given_up_values', 'Numbers that were given up and not reserved again.', ['sequence'], () =>
    bySequence(pool.served(), ({ givenUp }) => givenUp),
  );
  metrics.gauges('reservable_values', 'Numbers that the transaction pool can reserve now.', ['sequence'], () =>
    bySequence(pool.served(), ({ stock, isEnded }) => (isEnded ? 0 : stock.available)),
  );
  metrics.count('reservation_groups_total', 'Groups of commands that the store of the transaction pool committed.', () => counts.groups);
  metrics.count('reservation_commands_total', 'Commands in those groups.', () => counts.commands);
  counts.onCommit = metrics.times('reservation_commit_seconds', 'How long the store took for a group.');
  counts.onLogged = metrics.times('reservation_log_seconds', 'How long the ledger took to accept the count of changes of a group.');
  metrics.gauge('transaction_pool_held', '1 while this process runs the transaction pool, 0 while it stands by.', () =>
    pool.life === undefined ? 0 : 1,
  );
  metrics.count('transaction_pool_lives_total', 'Lives of the transaction pool that began in this process.', () => counts.lives);
  metrics.count('transaction_pool_fenced_total', 'Lives of it that ended because another process had taken over.', () => counts.fenced);
}

/** The transaction pool for Prometheus: what was reserved and became of it, how it is written down, and who runs it. */
import type { RoleMetrics } from '../observability/role-metrics.ts';
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
  const series = () => pool.served();
  metrics.showEach('seqcast_reservations_total', () =>
    [...counts.outcomes()].map(([sequence, outcome, count]) => [{ sequence, outcome }, count] as const),
  );
  metrics.showBySequence('seqcast_open_reservations', series, ({ open }) => open);
  metrics.showBySequence('seqcast_given_up_values', series, ({ givenUp }) => givenUp);
  metrics.showBySequence('seqcast_reservable_values', series, ({ stock, isEnded }) => (isEnded ? 0 : stock.available));
  metrics.show('seqcast_reservation_groups_total', () => counts.groups);
  metrics.show('seqcast_reservation_commands_total', () => counts.commands);
  counts.onCommit = metrics.times('seqcast_reservation_commit_seconds');
  counts.onLogged = metrics.times('seqcast_reservation_log_seconds');
  metrics.show('seqcast_transaction_pool_held', () => (pool.life === undefined ? 0 : 1));
  metrics.show('seqcast_transaction_pool_lives_total', () => counts.lives);
  metrics.show('seqcast_transaction_pool_fenced_total', () => counts.fenced);
}

/** What a process with a data directory counts: read off its parts when it is asked, so that the hot path pays nothing. */
import type { Forecasts } from '../forecasting/forecasts.ts';
import type { LedgerCounts } from '../ledger/ledger-counts.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import type { Pool } from '../pool/pool.ts';
import { RoleMetrics } from './role-metrics.ts';

export interface MetricsSources {
  readonly pool: Pool;
  readonly reader: LedgerReader;
  readonly counts: LedgerCounts;
  readonly forecasts: Forecasts;
}

export class Metrics extends RoleMetrics {
  constructor({ pool, reader, counts, forecasts }: MetricsSources) {
    super();
    const streams = () => pool.streams.values();
    this.showBySequence('seqcast_requests_total', streams, (served) => served.meter.totals.requests);
    this.showBySequence('seqcast_stalls_total', streams, (served) => served.meter.totals.stalls);
    this.showBySequence('seqcast_issued_values_total', streams, (served) => served.meter.totals.taken);
    this.showBySequence('seqcast_given_back_values_total', streams, (served) => served.meter.totals.returned);
    this.showBySequence('seqcast_shards_loaded_total', streams, (served) => served.allocations);
    this.showBySequence('seqcast_stock_values', streams, (served) => served.stock.available);
    this.showBySequence('seqcast_waiting_values', streams, (served) => served.waiters.values);
    this.showBySequence('seqcast_reorder_point_values', streams, (served) => served.reorderPoint);
    this.show('seqcast_allocations_total', () => counts.allocations);
    this.show('seqcast_allocated_values_total', () => counts.allocatedValues);
    this.show('seqcast_returns_total', () => counts.recalls);
    this.show('seqcast_shards_returned_total', () => counts.returns);
    this.show('seqcast_returned_values_total', () => counts.returnedValues);
    this.show('seqcast_lost_pools_total', () => counts.lostPools);
    this.show('seqcast_ledger_records_total', () => reader.recordsFolded);
    this.show('seqcast_rejected_records_total', () => reader.recordsRejected);
    this.show('seqcast_forecasts_total', () => forecasts.made);
    this.show('seqcast_forecast_streams', () => forecasts.streams);
    this.show('seqcast_open_shards', () => reader.shards.reduce((sum, each) => sum + each.openShards.size, 0));
    pool.onLeadTime = this.times('seqcast_lead_time_seconds');
  }
}

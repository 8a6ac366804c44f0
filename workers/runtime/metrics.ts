/**
 * What the process counts, for Prometheus: read off the parts when it is asked, so that the hot path pays nothing. Labels are
 * sequences, whose number is bounded; never streams or clients. `docs/reference/metrics.md` is drawn from here.
 */
import type { Forecasts } from './forecasts.ts';
import type { LedgerCounts } from './ledger-counts.ts';
import type { LedgerReader } from './ledger-reader.ts';
import type { Pool } from './pool.ts';
import { bySequence, RoleMetrics } from './role-metrics.ts';
import type { ServedStream } from './served-stream.ts';

export interface MetricsSources {
  readonly pool: Pool;
  readonly reader: LedgerReader;
  readonly counts: LedgerCounts;
  readonly forecasts: Forecasts;
}

export class Metrics extends RoleMetrics {
  readonly #pool: Pool;

  constructor({ pool, reader, counts, forecasts }: MetricsSources) {
    super();
    this.#pool = pool;
    this.#countBySequence('requests_total', 'Requests for values.', (served) => served.meter.totals.requests);
    this.#countBySequence('stalls_total', 'Requests that waited for an allocation.', (served) => served.meter.totals.stalls);
    this.#countBySequence('issued_values_total', 'Values taken out of the stock.', (served) => served.meter.totals.taken);
    this.#countBySequence('given_back_values_total', 'Values that clients gave back.', (served) => served.meter.totals.returned);
    this.#countBySequence('shards_loaded_total', 'Shards loaded into the stock.', (served) => served.allocations);
    this.#gaugeBySequence('stock_values', 'Unissued values in stock.', (served) => served.stock.available);
    this.#gaugeBySequence('waiting_values', 'Values that callers wait for.', (served) => served.waiters.values);
    this.#gaugeBySequence('reorder_point_values', 'Sum of the stocks at which streams order.', (served) => served.reorderPoint);
    this.count('allocations_total', 'Shards allocated, as read back from the ledger.', () => counts.allocations);
    this.count('allocated_values_total', 'Values allocated, as read back from the ledger.', () => counts.allocatedValues);
    this.count('returns_total', 'Shards asked back by the allocator.', () => counts.recalls);
    this.count('shards_returned_total', 'Shards closed by a return, as read back from the ledger.', () => counts.returns);
    this.count('returned_values_total', 'Values given back to the ledger.', () => counts.returnedValues);
    this.count('lost_pools_total', 'Lives of pools that were closed as lost.', () => counts.lostPools);
    this.count('ledger_records_total', 'Ledger records folded since the start.', () => reader.recordsFolded);
    this.count('rejected_records_total', 'Ledger records that lost at the log.', () => reader.recordsRejected);
    this.count('forecasts_total', 'Forecasts made.', () => forecasts.made);
    this.gauge('forecast_streams', 'Streams with a forecast.', () => forecasts.streams);
    this.gauge('open_shards', 'Shards that are allocated and not closed.', () =>
      reader.shards.reduce((sum, each) => sum + each.openShards.size, 0),
    );
    pool.onLeadTime = this.times('lead_time_seconds', 'From an order to usable stock.');
  }

  #countBySequence(name: string, help: string, read: (served: ServedStream) => number): void {
    this.counts(name, help, ['sequence'], () => bySequence(this.#pool.streams.values(), read));
  }

  #gaugeBySequence(name: string, help: string, read: (served: ServedStream) => number): void {
    this.gauges(name, help, ['sequence'], () => bySequence(this.#pool.streams.values(), read));
  }
}

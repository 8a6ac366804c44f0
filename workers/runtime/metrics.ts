/**
 * What the process counts, for Prometheus: read off the parts when it is asked, so that the hot path pays nothing. Labels are
 * sequences, whose number is bounded; never streams or clients.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { sequenceOfStream } from '../../core/stream.ts';
import type { LedgerReader } from './ledger-reader.ts';
import type { Pool } from './pool.ts';
import type { ServedStream } from './served-stream.ts';

const PREFIX = 'seqcast_';

export class Metrics {
  readonly registry = new Registry();

  constructor(pool: Pool, reader: LedgerReader) {
    collectDefaultMetrics({ register: this.registry, prefix: PREFIX });
    const perSequence = (name: string, help: string, read: (served: ServedStream) => number): void => {
      this.#counter(name, help, (counter) => addBySequence(pool, read, (sequence, total) => counter.inc({ sequence }, total)));
    };
    perSequence('requests_total', 'Requests for values.', (served) => served.meter.totals.requests);
    perSequence('stalls_total', 'Requests that waited for an allocation.', (served) => served.meter.totals.stalls);
    perSequence('issued_values_total', 'Values issued, net of values given back.', (served) => Math.max(0, served.meter.totals.issued));
    perSequence('given_back_values_total', 'Values that clients gave back.', (served) => served.meter.totals.returned);
    perSequence('allocations_total', 'Shards loaded.', (served) => served.allocations);
    const gauge = (name: string, help: string, read: (served: ServedStream) => number): void => {
      this.#gauge(name, help, (metric) => addBySequence(pool, read, (sequence, total) => metric.set({ sequence }, total)));
    };
    gauge('stock_values', 'Unissued values in stock.', (served) => served.stock.available);
    gauge('waiting_values', 'Values that callers wait for.', (served) => served.waiters.values);
    gauge('reorder_point_values', 'Sum of the reorder points.', (served) => served.reorderPoint);
    this.#counterOf('ledger_records_total', 'Ledger records folded since the start.', () => reader.recordsFolded);
    this.#counterOf('rejected_records_total', 'Ledger records that lost at the log.', () => reader.recordsRejected);
    this.#gauge('open_shards', 'Shards that are allocated and not closed.', (metric) => {
      metric.set(
        {},
        reader.shards.reduce((sum, shards) => sum + shards.openShards.size, 0),
      );
    });
    this.#gauge('lead_time_seconds_max', 'Longest order-to-usable time of the last load of any stream.', (metric) => {
      metric.set({}, Math.max(0, ...[...pool.streams.values()].map((served) => served.leadTimeMs / 1_000)));
    });
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  #counterOf(name: string, help: string, read: () => number): void {
    this.#counter(name, help, (counter) => counter.inc({}, read()), []);
  }

  #counter(name: string, help: string, fill: (counter: Counter<'sequence'>) => void, labelNames: 'sequence'[] = ['sequence']): void {
    new Counter({
      name: PREFIX + name,
      help,
      labelNames,
      registers: [this.registry],
      collect() {
        this.reset();
        fill(this);
      },
    });
  }

  #gauge(name: string, help: string, fill: (gauge: Gauge<'sequence'>) => void): void {
    const labelNames: 'sequence'[] = ['stock_values', 'waiting_values', 'reorder_point_values'].includes(name) ? ['sequence'] : [];
    new Gauge({
      name: PREFIX + name,
      help,
      labelNames,
      registers: [this.registry],
      collect() {
        this.reset();
        fill(this);
      },
    });
  }
}

function addBySequence(pool: Pool, read: (served: ServedStream) => number, write: (sequence: string, total: number) => void): void {
  const totals = new Map<string, number>();
  for (const served of pool.streams.values()) {
    const sequence = sequenceOfStream(served.id);
    totals.set(sequence, (totals.get(sequence) ?? 0) + read(served));
  }
  for (const [sequence, total] of totals) write(sequence, total);
}

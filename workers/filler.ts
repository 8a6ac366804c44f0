/** The filler worker: looks after the pool whose Redis it is given; of several fillers of a pool one does, the others stand by. */

import type { LogEntry, Subscription } from '../pipelines/ports.ts';
import type { Forecast } from '../schemas/messages.ts';
import { TOPICS } from '../schemas/topics.ts';
import { readable } from './runtime/dead-letters.ts';
import { Membership } from './runtime/membership.ts';
import { bySequence } from './runtime/role-metrics.ts';
import type { ProcessParts, Worker } from './runtime/shared/process-parts.ts';
import { SharedPool } from './runtime/shared/shared-pool.ts';

const TICK_MS = 100;
const REPORT_MS = 1_000;
const BYTES_PER_MB = 2 ** 20;

/** `endpoint`: where gateways reach the pool's store, without credentials. */
export async function startFiller(parts: ProcessParts, endpoint: string): Promise<Worker> {
  const { config, member, incarnation, log, clock, monotonicMs, reader, partitionCount, metrics, logger, openStock, onFailure } = parts;
  const stock = await openStock(endpoint);
  const { poolOperationsPerSecond: operationsPerSecond, poolValues: values, poolMemoryMb } = config;
  const capacity = { operationsPerSecond, values, bytes: poolMemoryMb * BYTES_PER_MB };
  const pool = new SharedPool({
    name: config.pool,
    member,
    endpoint,
    stock,
    reader,
    log,
    clock,
    monotonicMs,
    partitionCount,
    capacity,
    onFailure,
  });
  const membership = new Membership({ member, role: 'filler', incarnation, endpoint: config.pool, log, clock, onFailure });
  membership.say('joined');
  const subscriptions: Subscription[] = [];
  for (let partition = 0; partition < partitionCount; partition++) {
    const topic = TOPICS.forecasts.name;
    const handler = (entries: readonly LogEntry[]): void => {
      for (const forecast of readable(TOPICS.forecasts, entries, () => undefined)) pool.onForecast(forecast as Forecast);
    };
    subscriptions.push(log.subscribe({ topic, partition, from: await log.endOffset(topic, partition), handler, onError: onFailure }));
  }
  pool.start();
  const report = (): void => {
    membership.say('heartbeat');
    // A report that the store did not answer is made with the next one.
    pool.report().catch((error: unknown) => logger.debug({ err: error }, 'the store was not asked for its cursors'));
  };
  const timers = [setInterval(() => pool.tick(), TICK_MS), setInterval(report, REPORT_MS)];
  pool.onLeadTime = metrics.times('lead_time_seconds', 'From an order to usable stock.');
  pool.onFillTime = metrics.times('fill_time_seconds', 'From the decision of an allocator to usable stock.');
  const streams = () => pool.streams.values();
  metrics.counts('requests_total', 'Requests for values.', ['sequence'], () => bySequence(streams(), ({ meter }) => meter.totals.requests));
  metrics.counts('stalls_total', 'Requests that waited for an allocation.', ['sequence'], () =>
    bySequence(streams(), ({ meter }) => meter.totals.stalls),
  );
  metrics.counts('issued_values_total', 'Values taken out of the stock.', ['sequence'], () =>
    bySequence(streams(), ({ meter }) => meter.totals.taken),
  );
  metrics.counts('given_back_values_total', 'Values that clients gave back.', ['sequence'], () =>
    bySequence(streams(), ({ meter }) => meter.totals.returned),
  );
  metrics.counts('shards_loaded_total', 'Shards loaded into the stock.', ['sequence'], () =>
    bySequence(streams(), ({ allocations }) => allocations),
  );
  metrics.gauges('stock_values', 'Unissued values in stock.', ['sequence'], () => bySequence(streams(), (each) => each.stock.available));
  metrics.gauges('waiting_values', 'Values that callers wait for.', ['sequence'], () =>
    bySequence(streams(), (each) => each.waiters.values),
  );
  metrics.gauges('reorder_point_values', 'Sum of the stocks at which streams order.', ['sequence'], () =>
    bySequence(streams(), (each) => each.reorderPoint),
  );
  metrics.gauge('pool_held', '1 while this filler holds its pool, 0 while it stands by.', () => (pool.incarnation === undefined ? 0 : 1));
  return {
    role: 'filler',
    problems: () => (pool.presence.problem === undefined ? [] : [`pool ${config.pool}: ${pool.presence.problem}`]),
    async close() {
      for (const timer of timers) clearInterval(timer);
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
      await pool.close();
      await membership.leave();
      await stock.close();
    },
  };
}

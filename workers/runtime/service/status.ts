/** What an operator sees of a process at one moment: its state, and per stream demand, forecast, stock and counts. */
import { VERSION } from '../../../core/version.ts';
import type { OrderingStream } from '../pool/refill-orders.ts';
import type { Roles } from './roles.ts';
import type { Status, StreamStatus } from './service.ts';

export function statusOf(roles: Roles): Status {
  const { life, pool, transactions, reader, clock, dataDir, startedAtMs, exhaustion } = roles;
  return {
    version: VERSION,
    ready: life.state === 'serving',
    state: life.state,
    dataDir,
    startedAtMs,
    nowMs: clock.nowMs(),
    incarnation: pool.incarnation,
    sequences: reader.ranges.reduce((sum, ranges) => sum + ranges.live.size, 0),
    warnings: exhaustion.warnings(),
    streams: [
      ...[...pool.streams.values()].map((served) => streamStatusOf(roles, served, { pool: pool.name, kind: served.chosen.kind })),
      ...[...transactions.served()]
        .filter((each) => !each.isEnded)
        .map((each) => streamStatusOf(roles, each, { pool: transactions.name, kind: 'transaction' })),
    ],
  };
}

type ReportedStream = OrderingStream & { readonly allocations: number };

function streamStatusOf(roles: Roles, served: ReportedStream, servedBy: Required<Pick<StreamStatus, 'pool' | 'kind'>>): StreamStatus {
  const forecast = roles.allocator.states[served.partition]?.plans.get(served.id)?.forecast;
  const lead = forecast?.horizons[0];
  const { totals } = served.meter;
  return {
    stream: served.id,
    ...servedBy,
    demandPerSecond: forecast?.rate ?? 0,
    forecastMedian: lead?.median ?? 0,
    forecastUpper: lead?.upper ?? 0,
    stock: served.stock.available,
    waiting: served.waiters.values,
    reorderPoint: served.reorderPoint,
    orderUpTo: served.orderUpTo,
    leadTimeMs: forecast?.leadTimeMs ?? served.leadTimeMs,
    requestsTotal: totals.requests,
    stallsTotal: totals.stalls,
    issuedTotal: totals.issued,
    allocationsTotal: served.allocations,
    returnedTotal: totals.returned,
  };
}

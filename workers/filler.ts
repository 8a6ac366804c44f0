/**
 * The filler worker: looks after the pool whose Redis it is given, or after one for every primary of a Redis Cluster; of several fillers of
 * a pool one does, the others stand by.
 */

import type { RedisCluster } from '../adapters/redis/cluster.ts';
import type { LogEntry, Subscription } from '../pipelines/ports.ts';
import type { Forecast } from '../schemas/messages.ts';
import { TOPICS } from '../schemas/topics.ts';
import { readable } from './runtime/ledger/dead-letters.ts';
import { Membership } from './runtime/members/membership.ts';
import { ClusterPools } from './runtime/shared/cluster-pools.ts';
import { fillPool } from './runtime/shared/filled-pool.ts';
import type { ProcessParts, Worker } from './runtime/shared/process-parts.ts';

const REPORT_MS = 1_000;

/** `store`: where gateways reach the pool's store, without credentials; or the Redis Cluster whose primaries are pools each. */
export async function startFiller(parts: ProcessParts, store: string | RedisCluster): Promise<Worker> {
  const { config, member, incarnation, log, clock, partitionCount, metrics, onFailure } = parts;
  const pools = await filledPools(parts, store);
  const membership = new Membership({ member, role: 'filler', incarnation, endpoint: config.pool, log, clock, onFailure });
  membership.say('joined');
  const subscriptions: Subscription[] = [];
  for (let partition = 0; partition < partitionCount; partition++) {
    const topic = TOPICS.forecasts.name;
    const handler = (entries: readonly LogEntry[]): void => {
      for (const forecast of readable(TOPICS.forecasts, entries, () => undefined)) {
        for (const { pool } of pools.all()) pool.onForecast(forecast as Forecast);
      }
    };
    subscriptions.push(log.subscribe({ topic, partition, from: await log.endOffset(topic, partition), handler, onError: onFailure }));
  }
  const timer = setInterval(() => membership.say('heartbeat'), REPORT_MS);
  const streams = () => pools.all().flatMap(({ pool }) => [...pool.streams.values()]);
  metrics.showBySequence('seqcast_requests_total', streams, ({ meter }) => meter.totals.requests);
  metrics.showBySequence('seqcast_stalls_total', streams, ({ meter }) => meter.totals.stalls);
  metrics.showBySequence('seqcast_issued_values_total', streams, ({ meter }) => meter.totals.taken);
  metrics.showBySequence('seqcast_given_back_values_total', streams, ({ meter }) => meter.totals.returned);
  metrics.showBySequence('seqcast_shards_loaded_total', streams, ({ allocations }) => allocations);
  metrics.showBySequence('seqcast_stock_values', streams, (each) => each.stock.available);
  metrics.showBySequence('seqcast_waiting_values', streams, (each) => each.waiters.values);
  metrics.showBySequence('seqcast_reorder_point_values', streams, (each) => each.reorderPoint);
  metrics.show('seqcast_pool_held', () => pools.all().filter(({ pool }) => pool.incarnation !== undefined).length);
  return {
    role: 'filler',
    problems: () => [
      ...pools.all().flatMap(({ name, pool }) => (pool.presence.problem === undefined ? [] : [`pool ${name}: ${pool.presence.problem}`])),
      ...pools.problems(),
    ],
    async close() {
      clearInterval(timer);
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
      await pools.close();
      await membership.leave();
    },
  };
}

type FilledPools = Pick<ClusterPools, 'all' | 'problems' | 'close'>;

async function filledPools(parts: ProcessParts, store: string | RedisCluster): Promise<FilledPools> {
  const { config, metrics, logger, openStock } = parts;
  const times = {
    onLeadTime: metrics.times('seqcast_lead_time_seconds'),
    onFillTime: metrics.times('seqcast_fill_time_seconds'),
  };
  if (typeof store === 'string') {
    const only = fillPool(parts, { name: config.pool, endpoint: store }, await openStock(store), times);
    return { all: () => [only], problems: () => [], close: () => only.close() };
  }
  const pools = new ClusterPools({
    cluster: config.pool,
    async look() {
      const { primaries, uncertain } = await store.look();
      return { uncertain, primaries: primaries.map((each) => ({ ...each, endpoint: store.endpoint(each) })) };
    },
    open: async (place) => fillPool(parts, place, await openStock(place.endpoint), times),
    onLog: (message, error) => (error === undefined ? logger.info(message) : logger.warn({ err: error }, message)),
  });
  await pools.start();
  return {
    all: () => pools.all(),
    problems: () => pools.problems(),
    async close() {
      await pools.close();
      await store.close();
    },
  };
}

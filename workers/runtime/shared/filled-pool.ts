/** A pool while a filler looks after it: its store is open, and it ticks, reports and is told of forecasts. */
import type { SharedStock } from '../../../pipelines/ports.ts';
import type { ClusterHome } from './cluster-home.ts';
import type { ProcessParts } from './process-parts.ts';
import { SharedPool } from './shared-pool.ts';

const TICK_MS = 100;
const REPORT_MS = 1_000;
const BYTES_PER_MB = 2 ** 20;

export interface PoolPlace {
  readonly name: string;
  /** Where gateways reach the pool's store, without credentials. */
  readonly endpoint: string;
  /** Of a primary of a Redis Cluster. */
  readonly home?: ClusterHome;
}

export interface FilledPool extends PoolPlace {
  readonly pool: SharedPool;
  /** Says how it is now, out of turn. */
  report(): void;
  close(): Promise<void>;
}

export interface FillTimes {
  readonly onLeadTime: (leadTimeMs: number) => void;
  readonly onFillTime: (fillTimeMs: number) => void;
}

export function fillPool(parts: ProcessParts, place: PoolPlace, stock: SharedStock, times: FillTimes): FilledPool {
  const { config, logger } = parts;
  const { poolOperationsPerSecond: operationsPerSecond, poolValues: values, poolMemoryMb } = config;
  const capacity = { operationsPerSecond, values, bytes: poolMemoryMb * BYTES_PER_MB };
  const onRenamed = (former: readonly string[]): void => {
    logger.warn({ pool: place.name, former }, 'the store was another pool: it begins anew, and what that pool has left there is lost');
  };
  const pool = new SharedPool({ ...parts, ...place, stock, capacity, onRenamed });
  Object.assign(pool, times);
  // A report that the store did not answer is made with the next one.
  const report = (): void => {
    pool.report().catch((error: unknown) => logger.debug({ err: error }, 'the store was not asked for its cursors'));
  };
  pool.start();
  const timers = [setInterval(() => pool.tick(), TICK_MS), setInterval(report, REPORT_MS)];
  return {
    ...place,
    pool,
    report,
    async close() {
      for (const timer of timers) clearInterval(timer);
      await pool.close();
      await stock.close();
    },
  };
}

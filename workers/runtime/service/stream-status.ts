/** What an operator sees of one stream at one moment. */
import type { PoolKind } from '../../../core/pool-kind.ts';

export interface StreamStatus {
  readonly stream: string;
  readonly pool: string;
  /** Kind of pool that serves it; left out where this process does not choose. */
  readonly kind?: PoolKind;
  /** Values per second over the last minute, and the forecast for the next lead time: median and upper quantile. */
  readonly demandPerSecond: number;
  readonly forecastMedian: number;
  readonly forecastUpper: number;
  readonly stock: number;
  readonly waiting: number;
  readonly reorderPoint: number;
  readonly orderUpTo: number;
  readonly leadTimeMs: number;
  readonly requestsTotal: number;
  readonly stallsTotal: number;
  readonly issuedTotal: number;
  readonly allocationsTotal: number;
  readonly returnedTotal: number;
}

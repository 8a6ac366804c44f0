/** Forecasts that know nothing: whatever they say, only time and size may depend on it (I10). */
import type { ShardsState } from '../core/ledger/shards-state.ts';
import type { Forecast, HorizonForecast } from '../schemas/messages.ts';
import type { Dice } from './dice.ts';
import type { Pool } from './pool.ts';

const WILD = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 1e300, 1e15, 2 ** 53, 0] as const;
const WILD_COUNTS = [0, 2 ** 40, 2 ** 52] as const;

export interface NoiseOptions {
  readonly stream: string;
  readonly pool: Pool;
  readonly shards: ShardsState;
  readonly nowMs: number;
  /** What no forecaster should ever say. */
  readonly wild: boolean;
  /** Passes the pool's own report on as it is. */
  readonly truthful: boolean;
  readonly dice: Dice;
}

export function noisyForecast({ stream, pool, shards, nowMs, wild, truthful, dice }: NoiseOptions): Forecast {
  const number = (below: number): number => (wild && dice.chance(0.2) ? dice.pick(WILD) : dice.int(below * 10) / 10);
  // Counts are Avro longs: absurd ones arrive, fractions and NaN do not.
  const lie = (p: number): boolean => !truthful && dice.chance(p);
  const count = (below: number): number => (wild && dice.chance(0.2) ? dice.pick(WILD_COUNTS) : dice.int(below));
  const horizon = (): HorizonForecast => ({
    horizonMs: number(60_000),
    median: number(40),
    upper: number(90),
    cap: number(120),
    insured: number(120),
  });
  return {
    kind: 'Forecast',
    stream,
    pool: pool.name,
    incarnation: pool.connected.state.incarnation,
    model: 'noise',
    cutoffMs: nowMs - dice.int(5_000),
    rate: number(60),
    meanSqrtRate: number(3),
    requestSize: number(8),
    leadTimeMs: number(3_000),
    stock: lie(0.3) ? count(400) : pool.stockOf(stream),
    waiting: lie(0.2) ? count(40) : pool.waiting.values(stream),
    seenOffset: shards.nextOffset - 1 - (lie(0.5) ? dice.int(3) : 0),
    horizons: Array.from({ length: dice.int(3) }, horizon),
    shardSize: number(100),
    experts: [],
  };
}

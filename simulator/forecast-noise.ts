/** Forecasts that know nothing: whatever they say, only time and size may depend on it (I10). */
import type { ShardsState } from '../core/ledger/shards-state.ts';
import type { Forecast, HorizonForecast } from '../schemas/messages.ts';
import type { Dice } from './dice.ts';
import type { Pool } from './pool.ts';

const WILD = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 1e300, 1e15, 2 ** 53, 0] as const;

export function noisyForecast(stream: string, pool: Pool, shards: ShardsState, nowMs: number, wild: boolean, dice: Dice): Forecast {
  const number = (below: number): number => (wild && dice.chance(0.2) ? dice.pick(WILD) : dice.int(below * 10) / 10);
  // Counts are Avro longs: absurd ones arrive, fractions and NaN do not.
  const count = (below: number): number => (wild && dice.chance(0.2) ? dice.pick([0, 2 ** 40, 2 ** 52]) : dice.int(below));
  const horizon = (): HorizonForecast => ({ horizonMs: number(60_000), median: number(40), upper: number(90), cap: number(120), insured: number(120) });
  return {
    kind: 'Forecast',
    stream,
    pool: pool.name,
    incarnation: pool.connected.state.incarnation,
    model: 'noise',
    cutoffMs: nowMs - dice.int(5_000),
    rate: number(60),
    meanSqrtRate: number(3),
    leadTimeMs: number(3_000),
    stock: dice.chance(0.3) ? count(400) : (pool.connected.state.streams.get(stream)?.available ?? 0),
    waiting: dice.chance(0.2) ? count(40) : pool.waiting.values(stream),
    seenOffset: shards.nextOffset - 1 - dice.int(3),
    horizons: Array.from({ length: dice.int(3) }, horizon),
    shardSize: number(100),
  };
}

/** Forecasts that know nothing, as a forecaster would send them: only time and size may depend on them. */

import type { Forecast } from '../../../schemas/messages.ts';
import type { Dice } from '../../../simulator/dice.ts';
import { nowMs } from '../clock.ts';

const WILD = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, 1e300, 1e15, 2 ** 53, 0];

/** How far ahead of its time, or behind it, it says that it was made. */
const CUTOFF_MS_MAX = 10_000;

export function noise(stream: string, dice: Dice): Forecast {
  const number = (below: number): number => (dice.chance(0.1) ? dice.pick(WILD) : dice.int(below * 10) / 10);
  const horizon = () => ({
    horizonMs: number(60_000),
    median: number(2_000),
    upper: number(5_000),
    cap: number(10_000),
    insured: number(10_000),
  });
  return {
    kind: 'Forecast',
    stream,
    pool: 'pool-0',
    incarnation: '',
    model: 'noise',
    cutoffMs: Math.round(nowMs()) + dice.between(-CUTOFF_MS_MAX, CUTOFF_MS_MAX),
    rate: number(2_000),
    meanSqrtRate: number(50),
    requestSize: number(100),
    leadTimeMs: number(3_000),
    stock: dice.int(10_000),
    waiting: dice.int(100),
    seenOffset: dice.int(1_000),
    horizons: Array.from({ length: dice.int(3) }, horizon),
    shardSize: number(10_000),
    experts: [],
  };
}

/**
 * Forecasts that know nothing, as a forecaster would send them: only time and size may depend on them. What the codec refuses to write, numbers
 * that are not finite, is put into the bytes afterwards: somebody else's forecaster has another codec.
 */
import { encode } from '../../../schemas/codec.ts';
import type { Forecast } from '../../../schemas/messages.ts';
import type { Dice } from '../../../simulator/dice.ts';
import { nowMs } from '../clock.ts';

/** What is written in place of each of those; nobody would think of such numbers. */
const STAND_INS: readonly (readonly [standIn: number, meant: number])[] = [
  [1.234567890123e-201, Number.NaN],
  [1.234567890123e-202, Number.POSITIVE_INFINITY],
  [1.234567890123e-203, Number.NEGATIVE_INFINITY],
];
const WILD = [...STAND_INS.map(([standIn]) => standIn), -1, 1e300, 1e15, 2 ** 53, 0];
const WILD_WHOLE = [-1, 0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
const WILD_SHARE = 0.1;
/** How far ahead of its time, or behind it, it says that it was made. */
const CUTOFF_MS_MAX = 10_000;

/** A record for the forecasts topic. */
export function noise(stream: string, dice: Dice): Uint8Array {
  const bytes = Buffer.from(encode(forecast(stream, dice)));
  for (const [standIn, meant] of STAND_INS) {
    const written = doubleBytes(standIn);
    for (let at = bytes.indexOf(written); at >= 0; at = bytes.indexOf(written, at)) doubleBytes(meant).copy(bytes, at);
  }
  return bytes;
}

function forecast(stream: string, dice: Dice): Forecast {
  const number = (below: number): number => (dice.chance(WILD_SHARE) ? dice.pick(WILD) : dice.int(below * 10) / 10);
  const whole = (below: number): number => (dice.chance(WILD_SHARE) ? dice.pick(WILD_WHOLE) : dice.int(below));
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
    requestSize: whole(100),
    leadTimeMs: number(3_000),
    stock: whole(10_000),
    waiting: whole(100),
    seenOffset: whole(1_000),
    horizons: Array.from({ length: dice.int(3) }, horizon),
    shardSize: whole(10_000),
    experts: [],
  };
}

function doubleBytes(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

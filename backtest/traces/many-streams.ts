/** Generated demand of many streams. Each is drawn when it is read, from a seed of its own: only one is in memory at a time. */
import { type Rng, seededRng } from '../../core/rng.ts';
import { type DemandSource, inMemory } from '../sources/demand-source.ts';
import { arrivals, DAY_S, START_MS, steadyArrivals } from './demand-seconds.ts';

/** Seeds of neighbouring streams, far apart. */
const SEED_STEP = 7_919;

const NEW_STREAMS = 20;
const NEW_RATE = 50;
const RAMP_S = 15 * 60;

/** Two days in which twenty streams begin one after another: each from nothing to 50 values a second within a quarter of an hour. */
export function onboarding(seed = 14): DemandSource[] {
  const seconds = 2 * DAY_S;
  return streams(NEW_STREAMS, { prefix: 'onboarding/client', seconds, seed }, (stream, rng) => {
    const start = Math.floor(((stream + 0.5) / NEW_STREAMS) * seconds);
    return arrivals(seconds, (second) => NEW_RATE * Math.max(0, Math.min(1, (second - start) / RAMP_S)), rng);
  });
}

const ZIPF_STREAMS = 10_000;
const ZIPF_RATE = 5_000;
const ZIPF_S = DAY_S / 4;

/** Six hours of ten thousand streams, the n-th with 1/n of the first one's demand: 511 values a second down to 3 a minute. */
export function zipf(seed = 15): DemandSource[] {
  const ranks = Array.from({ length: ZIPF_STREAMS }, (_, stream) => stream + 1);
  const first = ZIPF_RATE / ranks.reduce((sum, rank) => sum + 1 / rank, 0);
  return streams(ZIPF_STREAMS, { prefix: 'zipf/client', seconds: ZIPF_S, seed }, (stream, rng) =>
    steadyArrivals(ZIPF_S, first / (stream + 1), rng),
  );
}

interface Kind {
  /** Sequence and client type; services are numbers. */
  readonly prefix: string;
  readonly seconds: number;
  readonly seed: number;
}

function streams(count: number, { prefix, seconds, seed }: Kind, countsOf: (stream: number, rng: Rng) => Uint32Array): DemandSource[] {
  const digits = String(count - 1).length;
  return Array.from({ length: count }, (_, stream) => {
    const head = { name: `${prefix}/${String(stream).padStart(digits, '0')}`, startMs: START_MS, seasonal: false };
    return {
      ...head,
      seconds,
      pieces: () => inMemory({ ...head, counts: countsOf(stream, seededRng(seed + stream * SEED_STEP)) }).pieces(),
    };
  });
}

/**
 * Demand that nobody foresees, drawn from a seed: crowds, clients that all start again at once, and a hole that is made up for. Each comes
 * at no time that has a meaning, twice in the part that warms rules up and once after it, unless its name says otherwise.
 */
import { seededRng } from '../../core/rng.ts';
import { arrivals, DAY_S, type DemandSeconds, START_MS } from './demand-seconds.ts';

const SECONDS = 2 * DAY_S;
/** As shares of the two days; rules warm up on the first 60 %. */
const SURPRISES_AT = [0.137, 0.446, 0.811];

const CROWD_BASE_RATE = 100;
const CROWD_RATE = 20_000;
const CROWD_S = 300;

/** Two days at 100 a second with three crowds of 20,000 a second that last five minutes each. */
export function flash(seed = 4): DemandSeconds {
  return { ...crowds(SURPRISES_AT, seed), name: 'flash' };
}

/** The same without the first two: the first crowd ever comes after rules have warmed up. */
export function flash1(seed = 11): DemandSeconds {
  return { ...crowds(SURPRISES_AT.slice(-1), seed), name: 'flash1' };
}

function crowds(shares: readonly number[], seed: number): Omit<DemandSeconds, 'name'> {
  const starts = startsOf(shares);
  const isCrowd = (second: number): boolean => starts.some((start) => second >= start && second < start + CROWD_S);
  const rateAt = (second: number): number => (isCrowd(second) ? CROWD_RATE : CROWD_BASE_RATE);
  return { startMs: START_MS, counts: arrivals(SECONDS, rateAt, seededRng(seed)), seasonal: false };
}

const FLEET_RATE = 200;
const RESTART_S = 120;
/** Values that the whole fleet takes to begin with: a block of 50 for each of a thousand clients, most within some seconds. */
const FLEET_VALUES = 50_000;
const STORM_DECAY_S = 3;

/** Two days at 200 a second of a fleet that is restarted three times: two minutes of silence, then all of it asks at once. */
export function restart(seed = 12): DemandSeconds {
  const starts = startsOf(SURPRISES_AT);
  const rateAt = (second: number): number => {
    const start = starts.findLast((each) => each <= second);
    if (start === undefined) return FLEET_RATE;
    if (second < start + RESTART_S) return 0;
    return FLEET_RATE + (FLEET_VALUES / STORM_DECAY_S) * Math.exp(-(second - start - RESTART_S) / STORM_DECAY_S);
  };
  return { name: 'restart', startMs: START_MS, counts: arrivals(SECONDS, rateAt, seededRng(seed)), seasonal: false };
}

const LINE_RATE = 300;
const HOLE_S = 20 * 60;
/** What was not asked for in the hole is asked for afterwards, in so long a time. */
const CATCH_UP_S = 10 * 60;

/** Two days at 300 a second of a line that is cut three times: twenty minutes of nothing, then ten in which all of it is made up for. */
export function outage(seed = 13): DemandSeconds {
  const starts = startsOf(SURPRISES_AT);
  const rateAt = (second: number): number => {
    const start = starts.findLast((each) => each <= second);
    if (start === undefined || second >= start + HOLE_S + CATCH_UP_S) return LINE_RATE;
    return second < start + HOLE_S ? 0 : LINE_RATE * (1 + HOLE_S / CATCH_UP_S);
  };
  return { name: 'outage', startMs: START_MS, counts: arrivals(SECONDS, rateAt, seededRng(seed)), seasonal: false };
}

function startsOf(shares: readonly number[]): number[] {
  return shares.map((share) => Math.floor(share * SECONDS));
}

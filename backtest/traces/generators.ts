/**
 * Demand as people make it, drawn from a seed: a day and night, office hours, jobs by the hour and by the day, and a job that moves.
 * Shapes and sizes are those of docs/how-it-works/sizing.md's closed-loop measurements, so that results can be held against them.
 */
import { seededRng } from '../../core/rng.ts';
import { arrivals, DAY_S, type DemandSeconds, START_MS } from './demand-seconds.ts';

const MINUTE_S = 60;
const HOUR_S = 3_600;

const STEADY_RATE = 500;

/** Two days of 500 values a second: nothing to forecast but the rate itself. */
export function steady(seed = 9): DemandSeconds {
  return { name: 'steady', startMs: START_MS, counts: arrivals(2 * DAY_S, () => STEADY_RATE, seededRng(seed)), seasonal: false };
}

const NIGHT_RATE = 5;
const NOON_RATE = 1_000;

/** Four days of a smooth wave between midnight's 5 and noon's 1,000 values a second. */
export function diurnal(seed = 1): DemandSeconds {
  const middle = (NIGHT_RATE + NOON_RATE) / 2;
  const swing = (NOON_RATE - NIGHT_RATE) / 2;
  const rateAt = (second: number): number => middle - swing * Math.cos((2 * Math.PI * second) / DAY_S);
  return { name: 'diurnal', startMs: START_MS, counts: arrivals(4 * DAY_S, rateAt, seededRng(seed)), seasonal: true };
}

const JOB_BASE_RATE = 50;
const JOB_RATE = 20_000;
const JOB_S = 60;
const JOB_JITTER_S = 5;
const SHIFT_S = 20 * MINUTE_S;

/** Two days of a job on the hour: from 50 to 20,000 a second for a minute, up to five seconds late. */
export function batch(seed = 2): DemandSeconds {
  return { name: 'batch', startMs: START_MS, counts: hourlyJob(2 * DAY_S, seed, JOB_JITTER_S, () => 0), seasonal: true };
}

/** Jobs that wait for each other start when they may, not when they should. */
const LATE_JITTER_S = 10 * MINUTE_S;

/** The same job, up to ten minutes late: it comes every hour, and the minute is anybody's guess. */
export function jitter(seed = 10): DemandSeconds {
  return { name: 'jitter', startMs: START_MS, counts: hourlyJob(2 * DAY_S, seed, LATE_JITTER_S, () => 0), seasonal: true };
}

/** The same job, which moves by twenty minutes once, three quarters through. */
export function shift(seed = 3): DemandSeconds {
  const seconds = 2 * DAY_S;
  const counts = hourlyJob(seconds, seed, JOB_JITTER_S, (hour) => (hour * HOUR_S >= 0.75 * seconds ? SHIFT_S : 0));
  return { name: 'shift', startMs: START_MS, counts, seasonal: true };
}

function hourlyJob(seconds: number, seed: number, jitterS: number, delayOf: (hour: number) => number): Uint32Array<ArrayBuffer> {
  const rng = seededRng(seed);
  const isOn = new Uint8Array(seconds);
  for (let hour = 0; hour * HOUR_S < seconds; hour++) {
    const start = hour * HOUR_S + delayOf(hour) + Math.floor(rng.next() * (jitterS + 1));
    isOn.fill(1, start, start + JOB_S);
  }
  return arrivals(seconds, (second) => (isOn[second] === 1 ? JOB_RATE : JOB_BASE_RATE), rng);
}

const OFFICE_RATE = 400;
const CLOSED_RATE = 5;
const OPENS_HOUR = 8;
const CLOSES_HOUR = 18;
const WORKDAYS = 5;

/** Four weeks of offices: 400 a second on workdays with an hour to fill up and to empty, 5 a second else. */
export function week(seed = 5): DemandSeconds {
  const rateAt = (second: number): number => {
    const isWorkday = Math.floor(second / DAY_S) % 7 < WORKDAYS;
    const hour = (second % DAY_S) / HOUR_S;
    const presence = Math.max(0, Math.min(1, hour - OPENS_HOUR, CLOSES_HOUR - hour));
    return isWorkday ? CLOSED_RATE + (OFFICE_RATE - CLOSED_RATE) * Math.sin((presence * Math.PI) / 2) ** 2 : CLOSED_RATE;
  };
  return { name: 'week', startMs: START_MS, counts: arrivals(28 * DAY_S, rateAt, seededRng(seed)), seasonal: true };
}

const NIGHTLY_HOUR = 3;
const NIGHTLY_RATE = 5_000;
const NIGHTLY_S = 600;
const NIGHTLY_JITTER_S = 60;

/** Two weeks at 50 a second with a job at three in the morning: 5,000 a second for ten minutes, up to a minute late. */
export function daily(seed = 6): DemandSeconds {
  const rng = seededRng(seed);
  const days = 14;
  const starts = Array.from({ length: days }, (_, day) => day * DAY_S + NIGHTLY_HOUR * HOUR_S + Math.floor(rng.next() * NIGHTLY_JITTER_S));
  const rateAt = (second: number): number => {
    const start = starts[Math.floor(second / DAY_S)] ?? 0;
    return second >= start && second < start + NIGHTLY_S ? NIGHTLY_RATE : JOB_BASE_RATE;
  };
  return { name: 'daily', startMs: START_MS, counts: arrivals(days * DAY_S, rateAt, rng), seasonal: true };
}

/**
 * What the forecast stage remembers of a stream for its kind and its first day: when it began, what it has asked for in the hour that
 * is running, and how that compares with what was expected.
 */
import type { HourDemand } from '../models/cold-start/pooled-kind.ts';
import type { ConsumptionEvent } from '../schemas/messages.ts';

export interface Youth {
  /** Begin of its first event. */
  readonly firstMs: number;
  /** The hour and the minute that are running, and what was asked for in them so far. */
  hourMs: number;
  hourDemand: number;
  minuteMs: number;
  minuteDemand: number;
  busiestMinute: number;
  busiestSecond: number;
  /** Its kind has learnt of it. */
  hasTaught: boolean;
  /** Demand of the whole hours of its first day so far, and what was expected of them. */
  observed: number;
  expected: number;
  /** Rate before the announced burst that is on. */
  usualRate: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Hours of silence that count as demand of nothing; a stream that is silent for longer is gone. */
const SILENT_HOURS_MAX = 24;
/** Of its first hour a stream must have lived so much for it to count as whole: what comes once an hour may come in the rest. */
const FIRST_HOUR_MS_MIN = HOUR_MS - 5 * MINUTE_MS;

const SILENCE: HourDemand = { demand: 0, busiestMinute: 0, busiestSecond: 0 };

export function newYouth(firstMs: number): Youth {
  return {
    firstMs,
    hourMs: startOf(firstMs, HOUR_MS),
    hourDemand: 0,
    minuteMs: startOf(firstMs, MINUTE_MS),
    minuteDemand: 0,
    busiestMinute: 0,
    busiestSecond: 0,
    hasTaught: false,
    observed: 0,
    expected: 0,
    usualRate: 0,
  };
}

/** Tells of every hour that is over by then. */
export function closeHours(youth: Youth, nowMs: number, learn: (hourStartMs: number, hour: HourDemand, isNew: boolean) => void): void {
  const current = startOf(nowMs, HOUR_MS);
  if (current <= youth.hourMs) return;
  const teach = (hourStartMs: number, hour: HourDemand): void => {
    learn(hourStartMs, hour, !youth.hasTaught);
    youth.hasTaught = true;
  };
  const livedMs = youth.hourMs + HOUR_MS - Math.max(youth.firstMs, youth.hourMs);
  if (livedMs >= FIRST_HOUR_MS_MIN) {
    const { hourDemand, minuteDemand, busiestMinute, busiestSecond } = youth;
    const demand = (hourDemand * HOUR_MS) / livedMs;
    teach(youth.hourMs, { demand, busiestMinute: Math.max(busiestMinute, minuteDemand), busiestSecond });
  }
  const silent = (current - youth.hourMs) / HOUR_MS - 1;
  for (let i = 1; i <= Math.min(silent, SILENT_HOURS_MAX); i++) teach(youth.hourMs + i * HOUR_MS, SILENCE);
  youth.hourMs = current;
  youth.hourDemand = 0;
  youth.minuteMs = startOf(nowMs, MINUTE_MS);
  youth.minuteDemand = 0;
  youth.busiestMinute = 0;
  youth.busiestSecond = 0;
}

/** Counts an event where it ends: it spans a second, or a silence that its end broke. */
export function countDemand(youth: Youth, { toMs, demanded, peakPerSecond }: ConsumptionEvent): void {
  const minuteMs = startOf(toMs, MINUTE_MS);
  if (minuteMs > youth.minuteMs) {
    youth.busiestMinute = Math.max(youth.busiestMinute, youth.minuteDemand);
    youth.minuteMs = minuteMs;
    youth.minuteDemand = 0;
  }
  const values = Math.max(0, demanded);
  youth.hourDemand += values;
  youth.minuteDemand += values;
  youth.busiestSecond = Math.max(youth.busiestSecond, Math.min(values, Math.max(0, peakPerSecond)));
}

function startOf(ms: number, lengthMs: number): number {
  return Math.floor(ms / lengthMs) * lengthMs;
}

/**
 * What the streams of a sequence asked for by the day, as the forecast stage remembers it: hours of the last weeks, added up over streams.
 * A stream that says nothing asked for nothing.
 */
import { sequenceOfStream } from '../../../core/stream.ts';
import type { RolledUp } from '../../../models/history/history.ts';

export const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
/** Four weeks: each weekday as often as every other. */
export const HISTORY_HOURS = 28 * DAY_HOURS;
/** Streams that are read before others have a turn: hours of some thousand are a few milliseconds. */
const STREAMS_AT_A_TIME = 256;

export interface DemandDays {
  /** Whole hours that were seen. */
  readonly hours: number;
  readonly perDay: number;
  /** Demand of each full day, counted back from the end; a history of less than a day has none. */
  readonly days: readonly number[];
  readonly endMs: number;
}

export interface RememberedStream {
  readonly stream: string;
  readonly model: { rolledUp(binMs: number, count: number): RolledUp };
}

/** By sequence; those that were seen for less than an hour are left out. `pause` lets others have a turn. */
export async function demandDays(
  streams: Iterable<RememberedStream>,
  nowMs: number,
  pause: () => Promise<void>,
): Promise<Map<string, DemandDays>> {
  const hoursOf = new Map<string, Map<number, number>>();
  let read = 0;
  for (const { stream, model } of streams) {
    if (++read % STREAMS_AT_A_TIME === 0) await pause();
    const { startMs, demand } = model.rolledUp(HOUR_MS, HISTORY_HOURS);
    if (demand.length === 0) continue;
    const sequence = sequenceOfStream(stream);
    const hours = hoursOf.get(sequence) ?? new Map<number, number>();
    hoursOf.set(sequence, hours);
    demand.forEach((count, i) => {
      const hour = startMs / HOUR_MS + i;
      hours.set(hour, (hours.get(hour) ?? 0) + count);
    });
  }
  return new Map([...hoursOf].map(([sequence, hours]) => [sequence, daysOf(hours, nowMs)]));
}

function daysOf(hours: ReadonlyMap<number, number>, nowMs: number): DemandDays {
  const seen = [...hours.keys()];
  // The hour before this one may not be folded yet; whatever lies further back and is not there was silent.
  const end = Math.max(seen.reduce((latest, hour) => Math.max(latest, hour), 0) + 1, Math.floor(nowMs / HOUR_MS) - 1);
  const start = Math.max(
    seen.reduce((earliest, hour) => Math.min(earliest, hour), end),
    end - HISTORY_HOURS,
  );
  const sumOf = (from: number, until: number): number => {
    let sum = 0;
    for (let hour = from; hour < until; hour++) sum += hours.get(hour) ?? 0;
    return sum;
  };
  const days = Array.from({ length: Math.floor((end - start) / DAY_HOURS) }, (_, day) => {
    const until = end - day * DAY_HOURS;
    return sumOf(until - DAY_HOURS, until);
  });
  const perDay = (sumOf(start, end) * DAY_HOURS) / Math.max(1, end - start);
  return { hours: end - start, perDay, days: days.reverse(), endMs: end * HOUR_MS };
}

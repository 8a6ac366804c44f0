/** What advice looks at in a stream's demand, gathered in one pass: volume by the day, how bursty it is, how much of it falls at once. */
import type { DemandSource } from '../sources/demand-source.ts';

export interface DemandProfile {
  readonly stream: string;
  readonly startMs: number;
  readonly seconds: number;
  readonly demanded: number;
  /** Demand of each full day from the start; of a shorter history none. */
  readonly days: readonly number[];
  /** The busiest second, and the largest demand of a minute, five minutes and a quarter of an hour. */
  readonly peaks: readonly { readonly spanS: number; readonly demand: number }[];
  /** Share of the minutes, the busiest first, in which four fifths of all values were asked for. */
  readonly busyMinutesShare: number;
}

const DAY_S = 86_400;
const MINUTE_S = 60;
const SPANS_MIN = [1, 5, 15] as const;
const BULK_SHARE = 0.8;

export async function demandProfile(source: DemandSource): Promise<DemandProfile> {
  const minutes = new Float64Array(Math.max(1, Math.ceil(source.seconds / MINUTE_S)));
  let second = 0;
  let peakSecond = 0;
  for await (const piece of source.pieces()) {
    for (const count of piece) {
      const minute = Math.floor(second / MINUTE_S);
      minutes[minute] = (minutes[minute] ?? 0) + count;
      if (count > peakSecond) peakSecond = count;
      second++;
    }
  }
  const demanded = minutes.reduce((sum, each) => sum + each, 0);
  const { name, startMs } = source;
  const peaks = SPANS_MIN.map((spanMin) => ({ spanS: spanMin * MINUTE_S, demand: largestOver(minutes, spanMin) }));
  return {
    stream: name,
    startMs,
    seconds: second,
    demanded,
    days: daysOf(minutes, Math.floor(second / DAY_S)),
    peaks: [{ spanS: 1, demand: peakSecond }, ...peaks],
    busyMinutesShare: busyShare(minutes, demanded),
  };
}

export function valuesPerDay({ demanded, seconds }: Pick<DemandProfile, 'demanded' | 'seconds'>): number {
  return (demanded * DAY_S) / Math.max(1, seconds);
}

export function peakOver({ peaks }: Pick<DemandProfile, 'peaks'>, spanS: number): number {
  return peaks.find((each) => each.spanS === spanS)?.demand ?? 0;
}

function daysOf(minutes: Float64Array, days: number): number[] {
  const perDay = DAY_S / MINUTE_S;
  return Array.from({ length: days }, (_, day) => minutes.subarray(day * perDay, (day + 1) * perDay).reduce((sum, each) => sum + each, 0));
}

function largestOver(minutes: Float64Array, span: number): number {
  let sum = 0;
  let largest = 0;
  for (let at = 0; at < minutes.length; at++) {
    sum += (minutes[at] ?? 0) - (at >= span ? (minutes[at - span] ?? 0) : 0);
    if (sum > largest) largest = sum;
  }
  return largest;
}

function busyShare(minutes: Float64Array, demanded: number): number {
  if (demanded === 0) return 0;
  const ascending = minutes.slice().sort();
  let sum = 0;
  let busy = 0;
  while (busy < ascending.length && sum < BULK_SHARE * demanded) {
    busy++;
    sum += ascending[ascending.length - busy] ?? 0;
  }
  return busy / ascending.length;
}

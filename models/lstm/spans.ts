/**
 * Sums over stretches of a history, as the network's features need them: what is not there or was an outage is made up for by what
 * is, and where too little was seen the answer is ABSENT. Everything reads only the few bins it needs, so that a history of two
 * million bins costs as much as one of two weeks.
 */
import type { AnnouncedBurst, SeriesHistory } from '../contract.ts';

/** No demand is negative. */
export const ABSENT = -1;
/** Of a stretch this much must have been seen, for the rest to be made up in proportion. */
const SEEN_MIN = 0.5;

/** Mean demand of the bins that were seen in [from, until), or ABSENT. */
export function meanDemand(history: SeriesHistory, from: number, until: number): number {
  const { demand, outages } = history;
  const first = Math.max(0, from);
  const end = Math.min(until, demand.length);
  let sum = 0;
  let seen = 0;
  for (let bin = first; bin < end; bin++) {
    if (outages?.[bin] === 1) continue;
    sum += demand[bin] as number;
    seen++;
  }
  return seen === 0 ? ABSENT : sum / seen;
}

/** Demand of the busiest bin that was seen in [from, until), or ABSENT. */
export function mostDemand(history: SeriesHistory, from: number, until: number): number {
  const { demand, outages } = history;
  let most = ABSENT;
  const end = Math.min(until, demand.length);
  for (let bin = Math.max(0, from); bin < end; bin++) {
    if (outages?.[bin] !== 1 && (demand[bin] as number) > most) most = demand[bin] as number;
  }
  return most;
}

/** Mean step, in logarithms, from each bin of [from, until) to the one a season before; ABSENT where neither was seen. */
export function seasonalStep(history: SeriesHistory, from: number, until: number, season: number): number {
  const { demand, outages } = history;
  let sum = 0;
  let seen = 0;
  for (let bin = Math.max(season, from); bin < until; bin++) {
    if (outages?.[bin] === 1 || outages?.[bin - season] === 1) continue;
    sum += Math.abs(Math.log1p(demand[bin] as number) - Math.log1p(demand[bin - season] as number));
    seen++;
  }
  return seen === 0 ? ABSENT : sum / seen;
}

export interface Leads {
  readonly leadsBins: readonly number[];
  readonly of: 'total' | 'bin';
}

/**
 * Demand at each lead of the stretch that begins at `from`, into `into`. Bins at or after `end` are taken from `season` bins before,
 * as often as needed: what a past that repeats would bring.
 */
export function leadDemands(history: SeriesHistory, from: number, end: number, season: number, leads: Leads, into: Float64Array): void {
  const { demand, outages } = history;
  const { leadsBins, of } = leads;
  let sum = 0;
  let seen = 0;
  let walked = 0;
  for (let i = 0; i < leadsBins.length; i++) {
    const lead = leadsBins[i] as number;
    if (of === 'bin') {
      walked = lead - 1;
      sum = 0;
      seen = 0;
    }
    const span = lead - (of === 'bin' ? walked : 0);
    for (; walked < lead; walked++) {
      let bin = from + walked;
      while (bin >= end) bin -= season;
      if (bin < 0 || outages?.[bin] === 1) continue;
      sum += demand[bin] as number;
      seen++;
    }
    into[i] = seen < span * SEEN_MIN ? ABSENT : (sum * span) / seen;
  }
}

/** Values announced on top of what is usual within [fromMs, untilMs). */
export function announcedDemand(bursts: readonly AnnouncedBurst[] | undefined, fromMs: number, untilMs: number): number {
  if (bursts === undefined) return 0;
  let sum = 0;
  for (const burst of bursts) {
    const overlapMs = Math.min(untilMs, burst.untilMs) - Math.max(fromMs, burst.fromMs);
    if (overlapMs > 0) sum += (overlapMs / 1_000) * burst.rate;
  }
  return sum;
}

/**
 * How long an allocation takes: always alike, drawn from what was measured, or interrupted by outages of the allocator. A draw belongs
 * to its moment, not to its asker, so policies that order at the same time wait alike.
 */
import { assert } from '../../core/assertion.ts';
import { seededRng } from '../../core/rng.ts';
import type { LeadTimes } from './policy.ts';
import { STEPS_PER_SECOND } from './split-second.ts';

/** The quantile of measured lead times that a generator plans with. */
const PLANNED_LEVEL = 0.99;
/** Odd: moments never share a seed. */
const SEED_STEP = 0x85ebca6b;

export interface OutageWindow {
  readonly fromS: number;
  readonly untilS: number;
}

export function fixedLeadTime(leadTimeS: number): LeadTimes {
  assert(leadTimeS > 0, 'a lead time is longer than nothing');
  return { name: secondsText(leadTimeS), plannedS: leadTimeS, usableAtS: (atS) => atS + leadTimeS };
}

/** One of the measured lead times each, by chance. */
export function sampledLeadTimes(measuredS: readonly number[], seed: number): LeadTimes {
  assert(measuredS.length > 0 && measuredS.every((leadTimeS) => leadTimeS > 0), 'lead times are longer than nothing');
  const sorted = Float64Array.from(measuredS).sort();
  const at = (index: number): number => sorted[Math.min(sorted.length - 1, Math.max(0, index))] ?? 0;
  const plannedS = at(Math.ceil(PLANNED_LEVEL * sorted.length) - 1);
  const name = `sampled, ${secondsText(at(Math.ceil(sorted.length / 2) - 1))} to ${secondsText(plannedS)}`;
  return {
    name,
    plannedS,
    usableAtS: (atS) => {
      const rng = seededRng(seed + Math.imul(Math.round(atS * STEPS_PER_SECOND), SEED_STEP));
      return atS + at(Math.floor(rng.next() * sorted.length));
    },
  };
}

/** Nobody allocates in these windows: what is ordered in one, or due in one, is usable a lead time after its end. */
export function withOutages(leadTimes: LeadTimes, windows: readonly OutageWindow[]): LeadTimes {
  const sorted = [...windows].sort((a, b) => a.fromS - b.fromS);
  return {
    name: `${leadTimes.name}, ${windows.length} outages`,
    plannedS: leadTimes.plannedS,
    usableAtS: (atS) => {
      let placedS = atS;
      let usableS = leadTimes.usableAtS(atS);
      for (const { fromS, untilS } of sorted) {
        const isInside = (momentS: number): boolean => momentS >= fromS && momentS < untilS;
        if (!isInside(placedS) && !isInside(usableS)) continue;
        placedS = untilS;
        usableS = leadTimes.usableAtS(untilS);
      }
      return usableS;
    },
  };
}

function secondsText(seconds: number): string {
  return seconds < 1 ? `${Math.round(seconds * 1e5) / 100} ms` : `${Math.round(seconds * 100) / 100} s`;
}

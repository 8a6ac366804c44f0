/**
 * Which bins before the origin the features of a spec look at (`features.ts`): the last day, the day before the last week, and of the
 * days between a few hours each. Whoever hands histories over for many streams need not unpack the rest.
 */
import type { NewestBins } from '../history/history.ts';
import { DAYS, hourBinsOf } from './features.ts';
import type { LstmSpec } from './spec.ts';

/** Oldest first, apart from each other. */
export function binsLookedAt(spec: LstmSpec): readonly NewestBins[] {
  const { contextBins, leadsBins, seasonsBins, spread } = spec;
  const { day, week } = seasonsBins;
  const longest = leadsBins.at(-1) ?? 0;
  const level = day ?? contextBins;
  // The level, the context, and the last hour.
  const parts: NewestBins[] = [{ from: Math.max(level, contextBins, hourBinsOf(spec)), until: 0 }];
  if (spread === 'measured') parts.push({ from: Math.max(contextBins, DAYS * (day ?? 1)) + (day ?? 1), until: 0 });
  if (day !== undefined) {
    parts.push({ from: contextBins + day, until: day });
    // What lies beyond the origin is taken from a day before, which the level has.
    for (let back = 1; back <= DAYS; back++) parts.push({ from: back * day, until: Math.max(0, back * day - longest) });
  }
  if (week !== undefined) {
    parts.push({ from: week + Math.max(contextBins, level), until: week });
    parts.push({ from: week, until: Math.max(0, week - longest) });
  }
  return joined(parts);
}

function joined(parts: readonly NewestBins[]): NewestBins[] {
  const apart: NewestBins[] = [];
  for (const part of [...parts].sort((a, b) => b.from - a.from)) {
    const last = apart.at(-1);
    if (last === undefined || part.from < last.until) apart.push(part);
    else if (part.until < last.until) apart[apart.length - 1] = { from: last.from, until: part.until };
  }
  return apart;
}

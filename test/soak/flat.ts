/**
 * Whether a soak stayed flat: what was seen in the last minutes beside what was seen once all had grown to its size. A process that was
 * killed is compared at the same distance from its own start, as it begins anew.
 */
import { median } from '../../bench/median.ts';
import type { Minute } from './minutes.ts';

/** Which minutes are compared: so many from `warm` on, and as many at the end. */
export interface Windows {
  readonly warmMinutes: number;
  readonly windowMinutes: number;
}

export interface Compared {
  readonly what: string;
  readonly of: string;
  readonly unit: string;
  readonly early: number;
  readonly late: number;
  /** Late may be this much at most. */
  readonly most: number;
  readonly flat: boolean;
}

/**
 * What is compared of a window. Memory goes up with the work and comes down when garbage is collected, so its lowest is what a process
 * holds: a leak raises that as well.
 */
type Summary = (values: readonly number[]) => number;
const lowest: Summary = (values) => Math.min(...values);

/** A share of what was there before, and what nobody would notice. */
interface Room {
  readonly share: number;
  readonly least: number;
}

const MEMORY: Room = { share: 0.1, least: 8 };
const DESCRIPTORS: Room = { share: 0.05, least: 4 };
const LAG: Room = { share: 0.5, least: 100 };
const LATENCY: Room = { share: 0.25, least: 2 };
const SECONDS = 60;

/** Doors are compared in minutes that no kill is in. */
export function comparedOf(all: readonly Minute[], windows: Windows, disturbed: ReadonlySet<number>): Compared[] {
  const { warmMinutes, windowMinutes } = windows;
  const undisturbed = all.filter(({ minute }) => !disturbed.has(minute));
  const early = undisturbed.filter(({ minute }) => minute >= warmMinutes && minute < warmMinutes + windowMinutes);
  const late = undisturbed.filter(({ minute }) => minute >= warmMinutes + windowMinutes).slice(-windowMinutes);
  const found: Compared[] = [];
  for (const name of namesOf(all.map(({ processes }) => processes))) {
    const own = all.flatMap((minute) => minute.processes[name] ?? []);
    const lastLife = own.slice(own.findLastIndex((each, index) => each.ageSeconds < (own[index - 1]?.ageSeconds ?? Infinity)));
    const warm = lastLife.filter(({ ageSeconds }) => ageSeconds >= warmMinutes * SECONDS);
    // A short life is compared by its halves: no minute with itself.
    const length = Math.min(windowMinutes, Math.floor(warm.length / 2));
    const [before, after] = [warm.slice(0, length), warm.slice(warm.length - length)];
    const of = (what: string, unit: string, pick: (each: (typeof own)[number]) => number | undefined, by: Room & { of: Summary }): void => {
      found.push(...compared({ what, of: name, unit }, before.map(pick), after.map(pick), by));
    };
    of('memory', 'MB', ({ megabytes }) => megabytes, { ...MEMORY, of: lowest });
    of('descriptors', '', ({ descriptors }) => descriptors, { ...DESCRIPTORS, of: median });
    of('lag', 'records', ({ lag }) => lag, { ...LAG, of: median });
  }
  for (const door of namesOf(all.map(({ doors }) => doors))) {
    const of = (what: string, pick: (minute: Minute) => number | undefined): void => {
      found.push(...compared({ what, of: door, unit: 'ms' }, early.map(pick), late.map(pick), { ...LATENCY, of: median }));
    };
    of('latency p50', ({ doors }) => doors[door]?.p50Ms);
    of('latency p99', ({ doors }) => doors[door]?.p99Ms);
  }
  return found;
}

function compared(
  named: Pick<Compared, 'what' | 'of' | 'unit'>,
  before: readonly (number | undefined)[],
  after: readonly (number | undefined)[],
  by: Room & { readonly of: Summary },
): Compared[] {
  const [some, others] = [before, after].map((each) => each.filter((value) => value !== undefined)) as [number[], number[]];
  if (some.length === 0 || others.length === 0) return [];
  const [early, late] = [by.of(some), by.of(others)];
  const most = early + Math.max(early * by.share, by.least);
  return [{ ...named, early, late, most, flat: late <= most }];
}

function namesOf(some: readonly Readonly<Record<string, unknown>>[]): string[] {
  return [...new Set(some.flatMap((each) => Object.keys(each)))].sort();
}

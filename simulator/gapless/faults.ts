/** What can go wrong with a database and the log beside it, by name; each seed turns a random part of these on. */
import type { Dice } from '../dice.ts';

export const GAPLESS_FAULTS = [
  'lagging-standby',
  'fail-over',
  'zombie-primary',
  'fail-back',
  'restore',
  'file-copy',
  'moved-connection',
  'stale-address',
  'service-crash',
  'lost-reply',
  'lost-append',
  'late-append',
  'duplicate-append',
  'late-reader',
  'request-retry',
  'clock-jump',
] as const;

export type GaplessFault = (typeof GAPLESS_FAULTS)[number];

/** One run in ten has every fault, one none; the others an even half. */
export function chosenGaplessFaults(dice: Dice): Set<GaplessFault> {
  const kind = dice.int(10);
  if (kind === 0) return new Set(GAPLESS_FAULTS);
  if (kind === 1) return new Set();
  return new Set(GAPLESS_FAULTS.filter(() => dice.chance(0.5)));
}

/**
 * What can go wrong, by name. Each seed turns a random part of these on (swarm testing): a fault that hides another one, or
 * stops all progress, is off in half of the runs.
 */
import type { Dice } from './dice.ts';

export const FAULTS = [
  'lost-append',
  'late-append',
  'very-late-append',
  'duplicate-append',
  'slow-reader',
  'stuck-on-ranges',
  'allocator-pause',
  'allocator-crash',
  'pool-pause',
  'pool-crash',
  'lost-command',
  'late-command',
  'duplicate-command',
  'lost-reply',
  'late-reply',
  'redelivery',
  'failover',
  'split-brain',
  'fail-back',
  'store-restart',
  'data-loss',
  'false-suspicion',
  'stale-route',
  'move',
  'planned-move',
  'drain',
  'stray-open',
  'rebase',
  'drop',
  'late-admin',
  'give-back',
  'give-back-twice',
  'late-give-back',
  'vanishing-client',
  'request-retry',
  'wild-forecast',
  'time-jump',
] as const;

export type Fault = (typeof FAULTS)[number];

/** One run in twenty has every fault, one none; the others an even half. */
export function chosenFaults(dice: Dice): Set<Fault> {
  const kind = dice.int(20);
  if (kind === 0) return new Set(FAULTS);
  if (kind === 1) return new Set();
  return new Set(FAULTS.filter(() => dice.chance(0.5)));
}

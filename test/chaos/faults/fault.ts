/** What a fault is: begun somewhere, held for a while, healed. Which one comes when, where and for how long is drawn from the seed. */
import type { Dice } from '../../../simulator/dice.ts';
import type { Engines } from '../installation/engines.ts';
import type { Role, Workers } from '../installation/workers.ts';

export interface Installation {
  readonly engines: Engines;
  readonly workers: Workers;
  readonly directory: string;
  /** Streams that callers ask of. */
  readonly streams: readonly string[];
  /** No longer is anything frozen. */
  readonly holdMsMax: number;
}

/** What it ill-treats: two faults at a time never ill-treat the same. */
export type Touched = Role | 'kafka' | 'redis' | 'postgres' | 'etcd';

export interface Begun {
  /** Whom it met, and how. */
  readonly target: string;
  readonly holdMs: number;
  /** Set while an allocator is dead or frozen. */
  readonly isMasterDead?: boolean;
  /** Ends it: what was killed starts again, lines are whole. The installation may need a while longer. */
  readonly heal: () => Promise<void> | void;
}

export interface Fault {
  readonly name: string;
  readonly touches: readonly Touched[];
  /** How often it is drawn, relative to the others. */
  readonly weight: number;
  /** Whether this machine lets it happen; left out, any does. */
  readonly isPossible?: (on: Installation) => boolean;
  /** Happens once in a run, in its first storm, and never again. */
  readonly isOnce?: boolean;
  readonly begin: (on: Installation, dice: Dice) => Promise<Begun> | Begun;
}

/** Mostly short, now and then long: as many between 1 and 4 s as between 15 and 60. */
export function heldMs(dice: Dice, fromMs: number, toMs: number): number {
  const share = dice.int(1_000) / 1_000;
  return Math.round(fromMs * (Math.max(toMs, fromMs) / fromMs) ** share);
}

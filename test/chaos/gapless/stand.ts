/** What a part of a campaign ill-treats: a server on SQLite, one on PostgreSQL, or an installation in which two processes stand by for each other. */
import type { Dice } from '../../../simulator/dice.ts';

/** What was met by a `kill -9`. `starting`: nobody was served at that moment. */
export type Struck = 'serving' | 'starting';

export interface Stand {
  /** Whom callers may ask, the same for all of its lives. */
  readonly ports: readonly number[];
  /** Where reports are asked for. */
  readonly url: string;
  /** Kills once in the middle of serving, perhaps again while it starts; resolves when it can serve again. */
  strike(dice: Dice): Promise<readonly Struck[]>;
  /** The next life begins just before a new year, where the stand has such a clock. */
  approachNewYear?(): void;
  end(): Promise<void>;
}

/** What ends when a campaign does, whatever became of it. */
export type AtEnd = (end: () => Promise<void>) => void;

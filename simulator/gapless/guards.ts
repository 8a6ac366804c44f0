/** What keeps a gapless pool from repeating a number, by name. A pool has all of them; the simulator leaves some out to show why. */
export interface GaplessGuards {
  /** The log names the life that writes, and accepts the next one only after it. Without it a life is a name inside the database. */
  readonly lifeInLog: boolean;
  /** A database serves only if it has recorded the life that the log names. Without it only the counts are compared. */
  readonly lineage: boolean;
  /** The log accepts the count of changes before any of them is acknowledged, a repeated answer included. Without it, after. */
  readonly countFirst: boolean;
  /** A transaction names the count that its writer was told of last. */
  readonly writerCount: boolean;
}

export const ALL_GUARDS: GaplessGuards = { lifeInLog: true, lineage: true, countFirst: true, writerCount: true };

/** Sets of guards that fall short, weakest first. */
export const WEAKER_GUARDS = {
  'an incarnation in the database only': { lifeInLog: false, lineage: false, countFirst: false, writerCount: false },
  'the life in the log, the count logged late': { ...ALL_GUARDS, lineage: false, countFirst: false },
  'the lineage of lives, the count logged late': { ...ALL_GUARDS, countFirst: false },
  'the life in the log and the count, no lineage': { ...ALL_GUARDS, lineage: false },
  'no count named by the writer': { ...ALL_GUARDS, writerCount: false },
} as const satisfies Record<string, GaplessGuards>;

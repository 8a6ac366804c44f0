/** What the parts of a simulated gapless pool share: the faults, the time, the log, the databases there are and which one is primary. */
import { judgeLineage, type LineageVerdict, type LoggedLineage } from '../../core/reservation/lineage.ts';
import type { Coverage } from '../coverage.ts';
import type { Dice } from '../dice.ts';
import { GaplessDatabase } from './database.ts';
import type { GaplessFault } from './faults.ts';
import type { GaplessGuards } from './guards.ts';
import { GaplessLog } from './log.ts';

/** A time from which a clock can jump back. */
const START_MS = 1_000_000;

export class GaplessSurroundings {
  readonly guards: GaplessGuards;
  readonly faults: Set<GaplessFault>;
  readonly coverage: Coverage;
  readonly log: GaplessLog;
  readonly databases: GaplessDatabase[] = [];
  primary: GaplessDatabase;
  /** Transactions of the primary that its standby has. */
  replicated: number;
  /** Files of a database put aside. */
  backup: GaplessDatabase | undefined;
  nowMs = START_MS;
  /** A sweep may have been run by a clock that went back since. */
  latestMs = START_MS;
  #lives = 0;

  constructor(faults: ReadonlySet<GaplessFault>, guards: GaplessGuards, coverage: Coverage) {
    this.faults = new Set(faults);
    this.guards = guards;
    this.coverage = coverage;
    this.log = new GaplessLog(this.faults, coverage);
    this.primary = this.add(new GaplessDatabase('db-1'));
    this.replicated = this.primary.length;
  }

  advance(ms: number): void {
    this.nowMs += ms;
    this.latestMs = Math.max(this.latestMs, this.nowMs);
  }

  nextName(): string {
    return `db-${this.databases.length + 1}`;
  }

  add(database: GaplessDatabase): GaplessDatabase {
    this.databases.push(database);
    return database;
  }

  /** Makes another database the one that new connections go to. Its standby is a fresh copy of it. */
  promote(database: GaplessDatabase): void {
    this.primary = database;
    this.replicated = database.length;
  }

  /** Where a connection ends up: at the primary, or where it was once. */
  addressed(dice: Dice): GaplessDatabase {
    return this.faults.has('stale-address') && dice.chance(0.25) ? dice.pick(this.databases) : this.primary;
  }

  /** The rule a service connects by; with a guard left out, what is left of it. */
  judge({ lineage }: GaplessDatabase, logged: LoggedLineage): LineageVerdict {
    if (!this.guards.lifeInLog) return 'may-serve';
    if (this.guards.lineage) return judgeLineage(lineage, logged);
    return lineage.ops >= logged.ops ? 'may-serve' : 'changes-missing';
  }

  mintLife(): string {
    return `life-${++this.#lives}`;
  }
}

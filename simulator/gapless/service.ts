/**
 * A service of a gapless pool, as the real one does it: judge the lineage, record a life, have it accepted by the log, then commit groups
 * and acknowledge each once the log has its count. One step at a time, so that everything else can happen in between.
 */
import { SequenceError } from '../../core/errors.ts';
import { type LoggedLineage, mayAcknowledge } from '../../core/reservation/lineage.ts';
import type { Dice } from '../dice.ts';
import type { Callers, GaplessRequest } from './callers.ts';
import type { GaplessDatabase, GroupOutcome } from './database.ts';
import type { GaplessSurroundings } from './surroundings.ts';

const GROUP_MAX = 4;
/** Steps until an append is taken for lost. */
const PATIENCE = 12;

type Group = GroupOutcome & { readonly requests: readonly GaplessRequest[] };

export class GaplessService {
  readonly #common: GaplessSurroundings;
  readonly #callers: Callers;
  #database: GaplessDatabase | undefined;
  /** What the log said when this life was judged. */
  #judged: LoggedLineage | undefined;
  #life = '';
  #ops = 0;
  #state: 'away' | 'judged' | 'opening' | 'serving' | 'logging' = 'away';
  #waited = 0;
  #group: Group | undefined;

  constructor(common: GaplessSurroundings, callers: Callers) {
    this.#common = common;
    this.#callers = callers;
  }

  act(dice: Dice): void {
    if (this.#database?.isUp === false) {
      this.fall();
      return;
    }
    try {
      if (this.#state === 'away') this.#connect(dice);
      else if (this.#state === 'judged') this.#begin(dice);
      else if (this.#state === 'opening') this.#awaitLife(dice);
      else if (this.#state === 'serving') this.#serve(dice);
      else this.#awaitCount(dice);
    } catch (error) {
      // Fenced: another life writes, or this is another copy. Nothing was written.
      if (!(error instanceof SequenceError) || error.code !== 'SEQ_FENCED') throw error;
      this.#common.coverage.count('fenced');
      this.fall();
    }
  }

  /** The process or its connection dies; what it had not acknowledged it never will. */
  fall(): void {
    this.#database = undefined;
    this.#group = undefined;
    this.#state = 'away';
  }

  /** What stands between keeps its side of the connection and opens the other one to whoever is primary now. */
  moveConnection(to: GaplessDatabase): void {
    if (this.#database !== undefined && this.#state !== 'away') this.#database = to;
  }

  #connect(dice: Dice): void {
    const database = this.#common.addressed(dice);
    if (!database.isUp) return;
    const logged = this.#common.log.read(dice);
    const verdict = this.#common.judge(database, logged);
    this.#common.coverage.countOf('lineage', verdict);
    if (verdict !== 'may-serve') return;
    this.#database = database;
    this.#judged = logged;
    this.#state = 'judged';
  }

  #begin(dice: Dice): void {
    const database = this.#database as GaplessDatabase;
    const { guards, log } = this.#common;
    this.#life = this.#common.mintLife();
    database.recordLife(this.#life);
    this.#ops = database.lineage.ops;
    this.#waited = 0;
    this.#state = guards.lifeInLog ? 'opening' : 'serving';
    if (guards.lifeInLog) log.append({ kind: 'LifeOpened', life: this.#life, previous: this.#judged?.life, ops: this.#ops }, dice);
  }

  #awaitLife(dice: Dice): void {
    if (this.#common.log.read(dice).life === this.#life) this.#state = 'serving';
    else if (++this.#waited > PATIENCE) this.fall();
  }

  #serve(dice: Dice): void {
    const database = this.#database as GaplessDatabase;
    const { guards, nowMs, faults } = this.#common;
    const writer = { life: this.#life, ops: guards.writerCount ? this.#ops : 0 };
    if (database.lineage.ops === 0 || dice.chance(0.2)) this.#ops = database.tend(writer, nowMs);
    const requests = this.#callers.waiting(1 + dice.int(GROUP_MAX), dice);
    const outcome = database.apply(
      writer,
      requests.map((request) => this.#callers.commandOf(request, nowMs)),
    );
    this.#ops = outcome.ops;
    // The commit happened, and nobody knows.
    if (faults.has('lost-reply') && dice.chance(0.05)) {
      this.fall();
      return;
    }
    this.#group = { ...outcome, requests };
    if (!guards.countFirst) this.#acknowledge();
    this.#waited = 0;
    if (!guards.lifeInLog) return;
    this.#common.log.append({ kind: 'OpsLogged', life: this.#life, ops: this.#ops }, dice);
    if (guards.countFirst) this.#state = 'logging';
  }

  #awaitCount(dice: Dice): void {
    const logged = this.#common.log.read(dice);
    if (mayAcknowledge(logged, this.#life, this.#ops)) {
      this.#acknowledge();
      this.#state = 'serving';
    } else if (++this.#waited % PATIENCE === 0) {
      // Fenced by a newer life, or lost on its way: the first never gets better.
      if (this.#waited > 2 * PATIENCE) this.fall();
      else this.#common.log.append({ kind: 'OpsLogged', life: this.#life, ops: this.#ops }, dice);
    }
  }

  #acknowledge(): void {
    const group = this.#group;
    if (group === undefined) return;
    this.#group = undefined;
    for (const [index, request] of group.requests.entries()) {
      const decision = group.decisions[index];
      if (decision !== undefined) this.#callers.answer(request, decision);
    }
  }
}

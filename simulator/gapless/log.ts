/**
 * The log of a gapless pool's lives and counts. It is never wrong and never forgets; but what is appended may be lost on its way, come
 * late or twice, and who reads it may not have reached its end.
 */
import {
  judgeLifeOpened,
  judgeOpsLogged,
  type LifeOpened,
  type LoggedLineage,
  NO_LIFE,
  type OpsLogged,
} from '../../core/reservation/lineage.ts';
import type { Coverage } from '../coverage.ts';
import type { Dice } from '../dice.ts';
import type { GaplessFault } from './faults.ts';

type LineageRecord = ({ readonly kind: 'LifeOpened' } & LifeOpened) | ({ readonly kind: 'OpsLogged' } & OpsLogged);

/** Steps that an append may be on its way. */
const LATE_STEPS_MAX = 40;
/** Records that a reader may be behind. */
const BEHIND_MAX = 3;

export class GaplessLog {
  readonly #faults: ReadonlySet<GaplessFault>;
  readonly #coverage: Coverage;
  /** What the log said after each of its records, accepted ones and others. */
  readonly #states: LoggedLineage[] = [NO_LIFE];
  #onTheirWay: { readonly atStep: number; readonly record: LineageRecord }[] = [];
  #step = 0;

  constructor(faults: ReadonlySet<GaplessFault>, coverage: Coverage) {
    this.#faults = faults;
    this.#coverage = coverage;
  }

  get now(): LoggedLineage {
    return this.#states.at(-1) ?? NO_LIFE;
  }

  /** What a reader sees who may lag. */
  read(dice: Dice): LoggedLineage {
    const behind = this.#faults.has('late-reader') ? dice.int(BEHIND_MAX + 1) : 0;
    return this.#states[Math.max(0, this.#states.length - 1 - behind)] ?? NO_LIFE;
  }

  append(record: LineageRecord, dice: Dice): void {
    if (this.#faults.has('lost-append') && dice.chance(0.1)) {
      this.#coverage.countOf('append', 'lost');
      return;
    }
    const copies = this.#faults.has('duplicate-append') && dice.chance(0.15) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const isLate = this.#faults.has('late-append') && dice.chance(0.2);
      this.#onTheirWay.push({ atStep: this.#step + (isLate ? dice.between(2, LATE_STEPS_MAX) : 1), record });
    }
  }

  /** Time passes: what has arrived is judged. */
  step(): void {
    this.#step++;
    const arrived = this.#onTheirWay.filter(({ atStep }) => atStep <= this.#step);
    if (arrived.length === 0) return;
    this.#onTheirWay = this.#onTheirWay.filter(({ atStep }) => atStep > this.#step);
    for (const { record } of arrived) {
      const next = record.kind === 'LifeOpened' ? judgeLifeOpened(this.now, record) : judgeOpsLogged(this.now, record);
      this.#coverage.countOf(record.kind, next === undefined ? 'rejected' : 'accepted');
      this.#states.push(next ?? this.now);
    }
  }

  isQuiet(): boolean {
    return this.#onTheirWay.length === 0;
  }
}

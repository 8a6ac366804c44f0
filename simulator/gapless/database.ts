/**
 * A database of a gapless pool: one series, the lives it has recorded, and the history that made it so. A standby, a restored or a copied
 * database is the same history up to some point: no part of it can tell that there was more.
 */
import {
  type Decision,
  decide,
  decideGrant,
  decideOpen,
  decideSweep,
  isOverdue,
  type ReservationCommand,
} from '../../core/reservation/decision.ts';
import { checkNewLife, checkWriter, type DatabaseLineage, type Writer } from '../../core/reservation/lineage.ts';
import type { Change, Reservation } from '../../core/reservation/series.ts';
import { SeriesState } from '../../core/reservation/series-state.ts';

/** More than any run gives out. */
const CAPACITY = 100_000;

type Entry = { readonly life: string } | { readonly change: Change };

export interface GroupOutcome {
  readonly decisions: readonly Decision[];
  readonly ops: number;
}

export class GaplessDatabase {
  /** Where the machine is gone, connections fail. */
  isUp = true;
  readonly name: string;
  /** One transaction each: what is replicated, restored or copied never ends inside one. */
  readonly #history: Entry[][] = [];
  readonly #lives: string[] = [];
  readonly #series = new SeriesState();

  constructor(name: string, history: readonly (readonly Entry[])[] = []) {
    this.name = name;
    for (const entries of history) this.#commit(() => entries.forEach((entry) => void this.#write(entry)));
  }

  /** Transactions so far. */
  get length(): number {
    return this.#history.length;
  }

  get lineage(): DatabaseLineage {
    return { lives: this.#lives, ops: this.#series.head.ops };
  }

  /** A database of its own with the first `length` transactions of this one. */
  copy(name: string, length: number): GaplessDatabase {
    return new GaplessDatabase(name, this.#history.slice(0, length));
  }

  recordLife(life: string): void {
    checkNewLife(this.#lives, life);
    this.#commit(() => this.#write({ life }));
  }

  /** Throws `SEQ_FENCED` where another life writes. */
  apply(writer: Writer, commands: readonly ReservationCommand[]): GroupOutcome {
    checkWriter(this.lineage, writer);
    const decisions: Decision[] = [];
    this.#commit(() => {
      for (const command of commands) {
        const decision = decide(this.#series, writer.life, command);
        if ('changes' in decision) for (const change of decision.changes) this.#write({ change });
        decisions.push(decision);
      }
    });
    return { decisions, ops: this.#series.head.ops };
  }

  /** Opens the series with all that it can hold at first: this is about who holds an ordinal, not who waits for one. Then it expires. */
  tend(writer: Writer, nowMs: number): number {
    checkWriter(this.lineage, writer);
    const isNew = this.#series.head.ops === 0;
    const overdue = this.#series.all().filter((each) => isOverdue(each, nowMs));
    this.#commit(() => {
      if (isNew) for (const change of decideOpen(undefined, { label: '', capacity: CAPACITY })) this.#write({ change });
      if (isNew) for (const change of decideGrant(this.#series, { start: 0, end: CAPACITY })) this.#write({ change });
      for (const change of decideSweep(overdue, nowMs)) this.#write({ change });
    });
    return this.#series.head.ops;
  }

  find(number: number): Reservation | undefined {
    return this.#series.byNumber(number);
  }

  all(): Reservation[] {
    return this.#series.all();
  }

  #commit(write: () => void): void {
    const entries: Entry[] = [];
    this.#history.push(entries);
    write();
    if (entries.length === 0) this.#history.pop();
  }

  #write(entry: Entry): void {
    this.#history.at(-1)?.push(entry);
    if ('life' in entry) this.#lives.push(entry.life);
    else this.#series.replay(entry.change);
  }
}

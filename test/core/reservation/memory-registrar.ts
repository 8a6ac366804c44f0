/** The rules alone as a registrar: series in memory and nothing else, so that what the kit finds here is wrong in the rules. */
import { SequenceError } from '../../../core/errors.ts';
import type { Interval } from '../../../core/interval.ts';
import { SWEPT_MAX } from '../../../core/reservation/bounds.ts';
import { decide, decideGrant, decideOpen, decideSweep, isOverdue } from '../../../core/reservation/decision.ts';
import { checkNewLife, checkWriter, type Writer } from '../../../core/reservation/lineage.ts';
import { parseReservationId, reservationId } from '../../../core/reservation/reservation-id.ts';
import { endedReservation, type Reservation } from '../../../core/reservation/series.ts';
import { SeriesState } from '../../../core/reservation/series-state.ts';
import type {
  RegisteredReservation,
  Registrar,
  RegistrarCommand,
  RegistrarOutcome,
  ReportPage,
  ReuseEntry,
  SeriesName,
  SeriesToOpen,
  VoidEntry,
} from '../../../pipelines/ports.ts';

interface Held extends SeriesName {
  readonly keyScope: string;
  readonly state: SeriesState;
  readonly reuses: ReuseEntry[];
}

const registered = (reservation: Reservation): RegisteredReservation => ({ ...reservation, id: reservationId(reservation) });
const covers = ({ start, end }: Interval, ordinal: number): boolean => start <= ordinal && ordinal < end;

export class MemoryRegistrar implements Registrar {
  readonly #lives: string[] = [];
  readonly #series: Held[] = [];

  async lineage() {
    return { lives: [...this.#lives], ops: this.#ops() };
  }

  async recordLife(life: string): Promise<void> {
    checkNewLife(this.#lives, life);
    this.#lives.push(life);
  }

  async openSeries(writer: Writer, toOpen: SeriesToOpen) {
    checkWriter({ lives: this.#lives, ops: this.#ops() }, writer);
    const { sequence, generation, label, keyScope } = toOpen;
    const known = this.#series.find((each) => each.sequence === sequence && each.generation === generation && each.label === label);
    const changes = decideOpen(known?.state, toOpen);
    const held = known ?? { sequence, generation, label, keyScope, state: new SeriesState(this.#series.length + 1), reuses: [] };
    if (known === undefined) this.#series.push(held);
    for (const change of changes) held.state.replay(change);
    return { status: this.#statusOf(held), ops: this.#ops() };
  }

  async grant(writer: Writer, series: number, grant: Interval): Promise<number> {
    checkWriter({ lives: this.#lives, ops: this.#ops() }, writer);
    const { state } = this.#held(series);
    for (const change of decideGrant(state, grant)) state.replay(change);
    return this.#ops();
  }

  async apply(writer: Writer, commands: readonly RegistrarCommand[]) {
    checkWriter({ lives: this.#lives, ops: this.#ops() }, writer);
    return { outcomes: commands.map((command) => this.#applyOne(writer.life, command)), ops: this.#ops() };
  }

  async sweep(writer: Writer, nowMs: number) {
    checkWriter({ lives: this.#lives, ops: this.#ops() }, writer);
    const overdue = this.#series.flatMap(({ state }) => state.all()).filter((each) => isOverdue(each, nowMs));
    const changes = decideSweep(overdue.slice(0, SWEPT_MAX), nowMs);
    for (const change of changes) this.#held(change.reservation.series).state.replay(change);
    return { expired: changes.map(endedReservation).map(registered), more: overdue.length > SWEPT_MAX, ops: this.#ops() };
  }

  async status(series: number) {
    const held = this.#series[series - 1];
    return held === undefined ? undefined : this.#statusOf(held);
  }

  async find(text: string) {
    const id = parseReservationId(text);
    const found = this.#series[(id?.series ?? 0) - 1]?.state.byNumber(id?.number ?? 0);
    return found === undefined || found.life !== id?.life ? undefined : registered(found);
  }

  async findByKey(keyScope: string, key: string) {
    const found = this.#byKey(keyScope, key);
    return found === undefined ? undefined : registered(found);
  }

  async holders(series: number, ordinal: number) {
    const { state } = this.#held(series);
    return state
      .all()
      .filter(({ intervals }) => intervals.some((each) => covers(each, ordinal)))
      .map(registered);
  }

  async voids(series: number, { from, limit }: ReportPage): Promise<VoidEntry[]> {
    const { state } = this.#held(series);
    const free = state.freePieces().map((piece) => ({ ...piece, held: state.byNumber(piece.number) as Reservation }));
    const open = state
      .all()
      .filter(({ state: is }) => is === 'reserved')
      .flatMap((held) => held.intervals.map((each) => ({ ...each, held })));
    return [...free, ...open]
      .filter(({ end }) => end > from)
      .sort((a, b) => a.start - b.start)
      .slice(0, limit)
      .map(({ start, end, held }) => ({ start: Math.max(start, from), end, reservation: registered(held) }));
  }

  async reuses(series: number, { from, limit }: ReportPage) {
    const { reuses, state } = this.#held(series);
    const now = ({ number }: Reservation): RegisteredReservation => registered(state.byNumber(number) as Reservation);
    return reuses.slice(from - 1 < 0 ? 0 : from - 1, from - 1 + limit).map((each) => ({ ...each, after: now(each.after) }));
  }

  #applyOne(life: string, command: RegistrarCommand): RegistrarOutcome {
    const id = 'id' in command ? parseReservationId(command.id) : undefined;
    const held = this.#series[('id' in command ? (id?.series ?? 0) : command.series) - 1];
    if (held === undefined)
      return { refusal: new SequenceError('id' in command ? 'SEQ_UNKNOWN_RESERVATION' : 'SEQ_UNKNOWN_SEQUENCE', 'unknown') };
    const { state, keyScope, reuses } = held;
    const view = {
      series: state.series,
      head: state.head,
      byNumber: (number: number) => state.byNumber(number),
      byKey: (key: string) => this.#byKey(keyScope, key),
      freePieces: () => state.freePieces(),
    };
    const decision = decide(view, life, 'id' in command ? { ...command, number: id?.number ?? 0, life: id?.life ?? '' } : command);
    if ('refusal' in decision) return decision;
    for (const change of decision.changes) {
      state.replay(change);
      if (change.kind !== 'reserved') continue;
      const after = registered(change.reservation);
      for (const { start, end, number } of change.reused)
        reuses.push({ number: reuses.length + 1, start, end, before: registered(state.byNumber(number) as Reservation), after });
    }
    return { reservation: registered(decision.reservation), repeated: decision.repeated };
  }

  #byKey(keyScope: string, key: string): Reservation | undefined {
    const scoped = this.#series.filter((each) => each.keyScope === keyScope);
    return scoped.map(({ state }) => state.byKey(key)).find((found) => found !== undefined);
  }

  #held(series: number): Held {
    const held = this.#series[series - 1];
    if (held === undefined) throw new SequenceError('SEQ_UNKNOWN_SEQUENCE', 'unknown');
    return held;
  }

  #statusOf({ sequence, generation, label, state }: Held) {
    return { series: state.series, sequence, generation, label, ...state.head };
  }

  #ops(): number {
    return this.#series.reduce((sum, { state }) => sum + state.head.ops, 0);
  }
}

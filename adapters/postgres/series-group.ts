/**
 * The series of one group of commands, as they were read under their locks, and what the rules have changed in them since: what decisions
 * look at, and afterwards what has to be written. Whatever a group does to a row, it is written once.
 */
import {
  type Change,
  endedReservation,
  type FreePiece,
  freedBy,
  headAfter,
  type Reservation,
  type SeriesHead,
  type SeriesView,
} from '../../core/reservation/series.ts';

export interface LockedSeries {
  readonly series: number;
  readonly scope: number;
  readonly head: SeriesHead;
}

/** What was read for a group. */
export interface LoadedGroup {
  readonly life: string;
  readonly lifeNumber: number;
  readonly ops: number;
  readonly series: readonly LockedSeries[];
  readonly reservations: readonly { readonly scope: number; readonly reservation: Reservation }[];
  /** Of each series at least the lowest that its commands can take. */
  readonly free: ReadonlyMap<number, readonly FreePiece[]>;
}

export interface ReusedPiece extends FreePiece {
  readonly series: number;
  readonly after: number;
}

interface OfSeries<T> {
  readonly series: HeldSeries;
  readonly what: T;
}

/** One series with its changes. */
export class HeldSeries implements SeriesView {
  readonly series: number;
  readonly scope: number;
  head: SeriesHead;
  readonly before: SeriesHead;
  readonly freeBefore: readonly FreePiece[];
  free: readonly FreePiece[];
  readonly reservations = new Map<number, Reservation>();
  /** Numbers of reservations of this group, and of those from before that ended in it. */
  readonly made = new Set<number>();
  readonly ended = new Set<number>();
  /** Of the whole scope. */
  readonly #keys: ReadonlyMap<string, Reservation>;

  constructor({ series, scope, head }: LockedSeries, free: readonly FreePiece[], keys: ReadonlyMap<string, Reservation>) {
    this.series = series;
    this.scope = scope;
    this.head = head;
    this.before = head;
    this.free = free;
    this.freeBefore = free;
    this.#keys = keys;
  }

  byNumber(number: number): Reservation | undefined {
    return this.reservations.get(number);
  }

  byKey(key: string): Reservation | undefined {
    return this.#keys.get(key);
  }

  freePieces(): readonly FreePiece[] {
    return this.free;
  }
}

export class SeriesGroup {
  readonly life: string;
  readonly lifeNumber: number;
  /** Changes over all series before this group. */
  readonly opsBefore: number;
  readonly #series = new Map<number, HeldSeries>();
  readonly #keys = new Map<number, Map<string, Reservation>>();
  readonly reused: ReusedPiece[] = [];

  constructor({ life, lifeNumber, ops, series, reservations, free }: LoadedGroup) {
    this.life = life;
    this.lifeNumber = lifeNumber;
    this.opsBefore = ops;
    for (const each of series) this.#series.set(each.series, new HeldSeries(each, free.get(each.series) ?? [], this.#keysOf(each.scope)));
    for (const { scope, reservation } of reservations) this.#remember(scope, reservation);
  }

  /** Undefined for one that was never opened. */
  find(series: number): HeldSeries | undefined {
    return this.#series.get(series);
  }

  write(held: HeldSeries, change: Change): void {
    held.head = headAfter(held.head, change);
    if (change.kind === 'reserved') {
      const { reservation, reused } = change;
      held.made.add(reservation.number);
      this.#remember(held.scope, reservation);
      for (const piece of reused) {
        held.free = without(held.free, piece);
        this.reused.push({ ...piece, series: held.series, after: reservation.number });
      }
    }
    if (change.kind !== 'ended') return;
    const { number } = change.reservation;
    this.#remember(held.scope, endedReservation(change));
    if (!held.made.has(number)) held.ended.add(number);
    const freed = freedBy(change).map(({ start, end }) => ({ start, end, number }));
    if (freed.length > 0) held.free = [...held.free, ...freed].sort((a, b) => a.start - b.start);
  }

  /** Reservations of this group, as they are at its end. */
  made(): OfSeries<Reservation>[] {
    return this.#those(({ made }) => made);
  }

  /** Reservations from before that ended in it. */
  ended(): OfSeries<Reservation>[] {
    return this.#those(({ ended }) => ended);
  }

  changedSeries(): HeldSeries[] {
    return [...this.#series.values()].filter(({ head, before }) => head !== before);
  }

  opsMade(): number {
    return this.changedSeries().reduce((sum, { head, before }) => sum + head.ops - before.ops, 0);
  }

  /** Pieces that are as they were are in neither list. */
  freeChanges(): { readonly gone: OfSeries<FreePiece>[]; readonly come: OfSeries<FreePiece>[] } {
    const changed = [...this.#series.values()].filter(({ free, freeBefore }) => free !== freeBefore);
    const missingIn = (pieces: readonly FreePiece[], others: readonly FreePiece[], series: HeldSeries): OfSeries<FreePiece>[] => {
      const known = new Map(others.map((piece) => [piece.start, piece]));
      const same = (a: FreePiece, b: FreePiece | undefined): boolean => b !== undefined && a.end === b.end && a.number === b.number;
      return pieces.filter((piece) => !same(piece, known.get(piece.start))).map((what) => ({ series, what }));
    };
    return {
      gone: changed.flatMap((series) => missingIn(series.freeBefore, series.free, series)),
      come: changed.flatMap((series) => missingIn(series.free, series.freeBefore, series)),
    };
  }

  #keysOf(scope: number): Map<string, Reservation> {
    const known = this.#keys.get(scope) ?? new Map<string, Reservation>();
    this.#keys.set(scope, known);
    return known;
  }

  /** One of a series that is not locked here is known by its key only. */
  #remember(scope: number, reservation: Reservation): void {
    this.#series.get(reservation.series)?.reservations.set(reservation.number, reservation);
    if (reservation.key !== undefined) this.#keysOf(scope).set(reservation.key, reservation);
  }

  #those(numbersOf: (series: HeldSeries) => ReadonlySet<number>): OfSeries<Reservation>[] {
    const all: OfSeries<Reservation>[] = [];
    for (const series of this.#series.values())
      for (const number of numbersOf(series)) all.push({ series, what: series.reservations.get(number) as Reservation });
    return all;
  }
}

function without(pieces: readonly FreePiece[], taken: FreePiece): FreePiece[] {
  return pieces.flatMap((piece) => {
    if (piece.start !== taken.start) return [piece];
    return piece.end === taken.end ? [] : [{ ...piece, start: taken.end }];
  });
}

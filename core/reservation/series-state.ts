/**
 * One series in memory: the view that decisions are made from, and `replay`, which writes their changes down. Every store of
 * reservations does the same with its tables; this one is what the simulator copies, rolls back and fails over.
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
  UNOPENED,
} from './series.ts';

export class SeriesState implements SeriesView {
  readonly series: number;
  head: SeriesHead = UNOPENED;
  readonly #reservations = new Map<number, Reservation>();
  readonly #keys = new Map<string, number>();
  /** Sorted by start; pieces of different reservations stay apart, so that a report can say who left them. */
  #free: readonly FreePiece[] = [];

  constructor(series = 1) {
    this.series = series;
  }

  byNumber(number: number): Reservation | undefined {
    return this.#reservations.get(number);
  }

  byKey(key: string): Reservation | undefined {
    return this.#reservations.get(this.#keys.get(key) ?? 0);
  }

  freePieces(): readonly FreePiece[] {
    return this.#free;
  }

  /** In the order of their numbers. */
  all(): Reservation[] {
    return [...this.#reservations.values()];
  }

  replay(change: Change): void {
    this.head = headAfter(this.head, change);
    if (change.kind === 'reserved') {
      const { reservation, reused } = change;
      this.#reservations.set(reservation.number, reservation);
      if (reservation.key !== undefined) this.#keys.set(reservation.key, reservation.number);
      for (const piece of reused) this.#take(piece);
    }
    if (change.kind === 'ended') {
      const { number } = change.reservation;
      this.#reservations.set(number, endedReservation(change));
      const freed = freedBy(change).map(({ start, end }) => ({ start, end, number }));
      if (freed.length > 0) this.#free = [...this.#free, ...freed].sort((a, b) => a.start - b.start);
    }
  }

  /** An independent series with the same history: reservations never change in place, so they are shared. */
  copy(): SeriesState {
    const copy = new SeriesState(this.series);
    copy.head = this.head;
    for (const [number, reservation] of this.#reservations) copy.#reservations.set(number, reservation);
    for (const [key, number] of this.#keys) copy.#keys.set(key, number);
    copy.#free = this.#free;
    return copy;
  }

  #take(taken: FreePiece): void {
    this.#free = this.#free.flatMap((piece) => {
      if (piece.start !== taken.start) return [piece];
      return piece.end === taken.end ? [] : [{ ...piece, start: taken.end }];
    });
  }
}

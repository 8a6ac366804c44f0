/**
 * The reservations that were made last and are still open, in memory: whoever confirms one soon needs no look into the database. Only
 * the storage thread writes them, so what is here is what is there; after a rollback nothing is known.
 */
import type { Change, Reservation } from '../../core/reservation/series.ts';

/** A few megabytes: as many as are open at once where each is held for a second or less. */
const REMEMBERED_MAX = 8_192;

export class RecentReservations {
  readonly #reservations = new Map<string, Reservation>();

  get(series: number, number: number): Reservation | undefined {
    return this.#reservations.get(nameOf(series, number));
  }

  note(change: Change): void {
    if (change.kind === 'ended') this.#reservations.delete(nameOf(change.reservation.series, change.reservation.number));
    if (change.kind !== 'reserved' || change.reservation.state !== 'reserved') return;
    const { reservation } = change;
    this.#reservations.set(nameOf(reservation.series, reservation.number), reservation);
    if (this.#reservations.size <= REMEMBERED_MAX) return;
    // The oldest: a map keeps the order in which its entries came.
    for (const name of this.#reservations.keys()) {
      this.#reservations.delete(name);
      break;
    }
  }

  forget(): void {
    this.#reservations.clear();
  }
}

function nameOf(series: number, number: number): string {
  return `${series}/${number}`;
}

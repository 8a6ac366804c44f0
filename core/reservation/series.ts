/**
 * A gapless series: ordinals 0, 1, 2 … of one generation that are reserved, then confirmed or given up, so that the confirmed ones
 * have no gap once nothing is open. What is known of it fits a head of plain numbers, its reservations, and the pieces that are free.
 *
 * A store keeps these three and changes them as `headAfter` says; the rules themselves are `decide` in decision.ts and know no store.
 */
import { assert } from '../assertion.ts';
import { type Interval, totalSize } from '../interval.ts';
import { isLegal, type ReservationState } from './states.ts';

/** Its fields in the order in which stores keep them. */
export const HEAD_FIELDS = [
  'capacity',
  'granted',
  'next',
  'free',
  'open',
  'reservations',
  'longest',
  'ops',
] as const satisfies readonly (keyof SeriesHead)[];

export interface SeriesHead {
  /** The series can never hold more ordinals than this. */
  readonly capacity: number;
  /** End of what the ledger has granted: ordinals from here on are not this store's to give, yet. */
  readonly granted: number;
  /** The high-water mark: every ordinal below it was held by a reservation at least once. */
  readonly next: number;
  /** Ordinals below the mark that a cancelled or expired reservation left; they go before any fresh one. */
  readonly free: number;
  /** Reservations that are neither confirmed nor ended. */
  readonly open: number;
  /** Reservations ever made: they are numbered from 1. */
  readonly reservations: number;
  /** The longest interval any reservation holds: how far back a search by ordinal has to look. */
  readonly longest: number;
  /** State changes, every one of them: two copies of a series that disagree in it have different histories. */
  readonly ops: number;
}

export interface Reservation {
  /** The store's short name of the series. */
  readonly series: number;
  /** Its place among the reservations of the series, from 1. */
  readonly number: number;
  /** The life of the pool that wrote it: two copies of a database number alike, but never in one life. */
  readonly life: string;
  readonly state: ReservationState;
  /** Ascending. More than one where ordinals that had been given up did not lie side by side. */
  readonly intervals: readonly Interval[];
  /** Undefined where the caller gave none. */
  readonly key: string | undefined;
  readonly payloadHash: string;
  readonly owner: string;
  readonly reservedAtMs: number;
  /** When the sweeper may end it; undefined where it was confirmed at once. */
  readonly expiresAtMs: number | undefined;
  readonly end: ReservationEnd | undefined;
}

/** How a reservation left the state it began in. */
export interface ReservationEnd {
  readonly atMs: number;
  readonly by: string;
  readonly because: string;
}

/** Free ordinals side by side that the same reservation left last. */
export interface FreePiece extends Interval {
  readonly number: number;
}

/** What happened, as a store has to write it down. Each is one state change and raises `ops` by one. */
export type Change = Opened | Granted | Reserved | Ended;

export interface Opened {
  readonly kind: 'opened';
  readonly capacity: number;
}

export interface Granted {
  readonly kind: 'granted';
  readonly end: number;
}

export interface Reserved {
  readonly kind: 'reserved';
  readonly reservation: Reservation;
  /** The exact ordinals that are free no more; the rest of the reservation's intervals is fresh. */
  readonly reused: readonly FreePiece[];
}

export interface Ended {
  readonly kind: 'ended';
  /** As it was before. */
  readonly reservation: Reservation;
  readonly state: ReservationState;
  readonly end: ReservationEnd;
}

/** What a decision may look at. A store answers from its tables, the pure state from memory. */
export interface SeriesView {
  readonly series: number;
  readonly head: SeriesHead;
  byNumber(number: number): Reservation | undefined;
  /** Also in other series, where keys are shared: a call that is repeated after a yearly reset finds the number of the old year. */
  byKey(key: string): Reservation | undefined;
  /** The lowest free pieces that hold `count` ordinals together, ascending; all of them where there are fewer. */
  freePieces(count: number): readonly FreePiece[];
}

export const UNOPENED: SeriesHead = { capacity: 0, granted: 0, next: 0, free: 0, open: 0, reservations: 0, longest: 0, ops: 0 };

/** The head once a change has happened. */
export function headAfter(head: SeriesHead, change: Change): SeriesHead {
  const ops = head.ops + 1;
  switch (change.kind) {
    case 'opened':
      return { ...head, ops, capacity: change.capacity };
    case 'granted':
      return { ...head, ops, granted: change.end };
    case 'reserved': {
      const { reservation, reused } = change;
      const freed = totalSize(reused);
      return {
        ...head,
        ops,
        next: head.next + totalSize(reservation.intervals) - freed,
        free: head.free - freed,
        open: head.open + (reservation.state === 'reserved' ? 1 : 0),
        reservations: reservation.number,
        longest: reservation.intervals.reduce((longest, { start, end }) => Math.max(longest, end - start), head.longest),
      };
    }
    case 'ended':
      return { ...head, ops, open: head.open - 1, free: head.free + totalSize(freedBy(change)) };
  }
}

/** What an ended reservation leaves to others: all it held, unless it was confirmed. */
export function freedBy({ reservation, state }: Ended): readonly Interval[] {
  return state === 'confirmed' ? [] : reservation.intervals;
}

/** The reservation as it is after the change; an illegal move is a bug of ours and stops the process before a number is held twice. */
export function endedReservation({ reservation, state, end }: Ended): Reservation {
  assert(isLegal(reservation.state, state), `a reservation cannot go from ${reservation.state} to ${state}`);
  return { ...reservation, state, end };
}

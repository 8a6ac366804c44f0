/**
 * How much of a sequence one stream may hold in stock, whatever its forecast says: a part of what is left. A forecaster that has gone wrong
 * would else have the allocator put a small sequence into one Redis, where the next outage burns it.
 */
import { RESERVE_FLOOR } from './reserve.ts';

/** Sequences end rarely within sixteen ride-throughs of one stream; the larger part stays where any stream can be served from it. */
const SHARE = 16;

export interface Bounded {
  /** Stock, less what is waited for, plus what is on order. */
  readonly position: number;
  readonly orderUpTo: number;
  /** Values of the sequence that nobody holds. */
  readonly left: number;
}

/** Where to order up to (above `position`), or undefined where the stream holds enough of its sequence. What callers wait for counts for nothing here. */
export function withinShare({ position, orderUpTo, left }: Bounded): number | undefined {
  // Not by the size of requests: the forecast says that too. One that is larger waits, and what is waited for is allocated.
  const most = Math.max(RESERVE_FLOOR + 1, Math.floor(left / SHARE));
  if (orderUpTo <= most) return orderUpTo;
  // Not for each value that was taken of it: a bounded stock is filled up when half of it is gone.
  return position > most / 2 ? undefined : most;
}

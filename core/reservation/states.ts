/**
 * The life of a reservation, as a table of legal transitions. Only a reserved one changes, and only once: that alone makes confirm and
 * cancel exclude each other, and keeps an expired reservation from confirming what somebody else was given meanwhile.
 *
 *               confirm
 *   reserved ──────────────▶ confirmed
 *      ├──────── cancel ────▶ cancelled ─┐  their ordinals are free again
 *      └──────── sweep ─────▶ expired ───┘
 */
import { assert } from '../assertion.ts';

export type ReservationState = 'reserved' | 'confirmed' | 'cancelled' | 'expired';

const LEGAL: Readonly<Record<ReservationState, readonly ReservationState[]>> = {
  reserved: ['confirmed', 'cancelled', 'expired'],
  confirmed: [],
  cancelled: [],
  expired: [],
};

/** As stores write them: their place is what a row holds, so it is fixed for ever. */
const WRITTEN: readonly ReservationState[] = ['reserved', 'confirmed', 'cancelled', 'expired'];

export function stateNumber(state: ReservationState): number {
  return WRITTEN.indexOf(state);
}

export function stateNumbered(number: number): ReservationState {
  const state = WRITTEN[number];
  assert(state !== undefined, `a reservation is in the state ${number}, which there is none of`);
  return state;
}

export function isLegal(from: ReservationState, to: ReservationState): boolean {
  return LEGAL[from].includes(to);
}

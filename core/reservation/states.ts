/**
 * The life of a reservation, as a table of legal transitions. Only a reserved one changes, and only once: that alone makes confirm and
 * cancel exclude each other, and keeps an expired reservation from confirming what somebody else was given meanwhile.
 *
 *               confirm
 *   reserved ──────────────▶ confirmed
 *      ├──────── cancel ────▶ cancelled ─┐  their ordinals are free again
 *      └──────── sweep ─────▶ expired ───┘
 */
export type ReservationState = 'reserved' | 'confirmed' | 'cancelled' | 'expired';

const LEGAL: Readonly<Record<ReservationState, readonly ReservationState[]>> = {
  reserved: ['confirmed', 'cancelled', 'expired'],
  confirmed: [],
  cancelled: [],
  expired: [],
};

export function isLegal(from: ReservationState, to: ReservationState): boolean {
  return LEGAL[from].includes(to);
}

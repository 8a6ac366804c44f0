/** What keeps the order of a stream when its pool falls silent, by name. All are on in production; the simulator leaves one out at a time. */
export interface LeaseGuards {
  /** A life that ended is declared lost only once no lease that it may still have can run. */
  readonly orderLease: boolean;
  /** A pool that said nothing for so many beats is silent, then gone. Without it a pool lives for ever. */
  readonly poolWatch: boolean;
  /** A store serves ordered streams only while its filler vouches for it through the log. */
  readonly storeLease: boolean;
}

export const ALL_LEASE_GUARDS: LeaseGuards = { orderLease: true, poolWatch: true, storeLease: true };

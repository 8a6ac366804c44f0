/** What the last day of a stream would have been under other cost ratios, beside the same under the present one. */

export interface WhatIf {
  readonly stream: string;
  /** The part of the last day that is remembered. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Lead time that every order took, and the burn cost that the sequence has now. */
  readonly leadTimeMs: number;
  readonly burnCost: string;
  /** Values asked for. */
  readonly demanded: number;
  /** Length of one point of `demand` and of the runs' `stock`. */
  readonly stepMs: number;
  /** Values a second, point by point. */
  readonly demand: readonly number[];
  /** As the sequence is now. */
  readonly now: WhatIfRun;
  /** As asked for, in that order. */
  readonly runs: readonly WhatIfRun[];
}

export interface WhatIfRun extends RunFigures {
  readonly costRatio: number;
  /** What the rule aims at under this ratio. */
  readonly aimedPerHour: number;
  /** So many values that lie idle for an hour cost as much as one allocation. */
  readonly idleValueHours: number;
}

export interface RunFigures {
  /** Unissued values on hand. */
  readonly idleMean: number;
  readonly idleMax: number;
  /** Values that were not there when they were asked for, and their share. */
  readonly stalled: number;
  readonly stalledPpm: number;
  readonly allocations: number;
  readonly allocationsPerHour: number;
  readonly returns: number;
  readonly orderMean: number;
  readonly orderMax: number;
  /** Mean stock, point by point. */
  readonly stock: readonly number[];
}

/** What the Prophet thread is asked; it answers with the expected value at each of the times in `at`. */
export interface ProphetTask {
  /** Seconds since the epoch, ascending, and the value at each. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly seasons: readonly ProphetSeason[];
  readonly at: Float64Array;
}

export interface ProphetSeason {
  readonly periodDays: number;
  /** Sine waves that make up its profile. */
  readonly waves: number;
}

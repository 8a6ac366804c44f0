/** Time as the pure parts see it: given from outside, so that a replay, a backtest and a simulation run the same code. */
export interface Clock {
  /** Milliseconds since the Unix epoch. May be a simulated or a sped-up time; never goes back. */
  nowMs(): number;
}

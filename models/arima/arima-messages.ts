/** What the ARIMA thread is asked and what it answers. */

export interface ArimaOrder {
  readonly p: number;
  readonly d: number;
  readonly q: number;
  readonly P: number;
  readonly D: number;
  readonly Q: number;
  /** Length of the season in bins; 0 where there is none. */
  readonly s: number;
}

export interface ArimaTask {
  readonly order: ArimaOrder;
  /** What the weights are fitted to. */
  readonly fittedTo: Float64Array;
  /** Series to forecast from the end of, with these weights: each as long as `fittedTo`, and perhaps the same. */
  readonly windows: readonly Float64Array[];
  readonly bins: number;
}

export interface ArimaForecast {
  readonly means: Float64Array;
  readonly variances: Float64Array;
}

/**
 * What a newsvendor needs of a forecaster: quantiles of the demand to come. Anything that is told of each second in turn and knows
 * nothing of later ones can be one.
 */
export interface DemandQuantiles {
  readonly name: string;
  /** A second is over. True when forecasts may have changed by it. */
  observe(demand: number): boolean;
  /** The demand of the next so many seconds is at most this, with that probability. */
  quantile(level: number, horizonS: number): number;
}

/**
 * The forecaster contract: one verb set for every model, trained or not. A forecaster of one stream observes demand bin by bin
 * and says, at any time, what quantiles the cumulative demand over the next `horizonMs` has.
 *
 * Bins are `BIN_MS` long, contiguous, aligned to multiples of `BIN_MS`; a bin without events is a real zero. Nothing here reads a
 * clock: time is the bins'.
 */
export const BIN_MS = 10_000;

export interface QuantileQuery {
  readonly horizonMs: number;
  /** Probability levels, ascending, each in (0, 1). */
  readonly levels: readonly number[];
}

export interface Forecaster {
  /** Identifies model and version in forecasts, reports and weights, e.g. `ewma-ratio@1`. */
  readonly id: string;
  /** False until it has seen enough to say anything: the mixture leaves it out. */
  readonly ready: boolean;
  /** Demand of the bin that starts at `binStartMs`; bins arrive in order, none left out. */
  observe(binStartMs: number, demand: number): void;
  /** Quantiles of the demand in (end of last bin, + horizonMs], one per level, non-negative, finite, ascending. */
  quantiles(query: QuantileQuery): number[];
}

/**
 * The forecaster contract: one verb set for every model, trained or not. A forecaster of one stream observes demand bin by bin
 * and says, at any time, what quantiles the cumulative demand over the next `horizonMs` has.
 *
 * Bins are `BIN_MS` long, contiguous, aligned to multiples of `BIN_MS`; a bin without events is a real zero. Nothing here reads a
 * clock: time is the bins'. The forecasters of one stream share its `DemandHistory`, which has taken a bin in before they are
 * told of it, so that the past is held once.
 *
 * A horizon shorter than a bin means the worst moment of the next bin: the demand of the busiest stretch of that length in it.
 */
import type { StateReader, StateWriter } from './state-bytes.ts';

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
  /** Payload of its own state in bytes, without the shared history. */
  readonly bytes: number;
  /** Demand of the bin that starts at `binStartMs`; bins arrive in order, none left out. */
  observe(binStartMs: number, demand: number): void;
  /**
   * Quantiles of the demand in (end of last bin, + horizonMs], one per level, non-negative, finite, ascending. A forecaster is
   * calibrated at the horizon it was made for and answers others in proportion.
   */
  quantiles(query: QuantileQuery): number[];
  /** Moves to another horizon: what was learnt is kept, forecasts that wait for their outcome are dropped. */
  retarget(horizonMs: number): void;
  /** Writes the whole state in a canonical form: a replay from the first bin and a restored one write the same bytes. */
  save(to: StateWriter): void;
  /** Takes over a saved state; the forecaster must have been made with the same arguments. */
  restore(from: StateReader): void;
}

/** Makes quantiles what the contract asks: scaled to the query's horizon, finite, non-negative, ascending. In place. */
export function orderly(quantiles: number[], scale: number): number[] {
  let least = 0;
  for (let i = 0; i < quantiles.length; i++) {
    const value = (quantiles[i] ?? 0) * scale;
    // A value that is not a number would poison every later sum; the level below it is the best that is known.
    if (value > least) least = Math.min(value, Number.MAX_SAFE_INTEGER);
    quantiles[i] = least;
  }
  return quantiles;
}

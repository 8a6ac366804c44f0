/**
 * What a bin shows before it is over. Forecasts are made at the end of each bin; a burst that nobody foresaw is over its head in the
 * first second, and until the bin ends its stream would order too late again and again. So what one second was seen to ask for raises
 * the reserve at once, by as much as the end of the bin will.
 *
 * Measured (backtest, a first-ever burst of 5,000 a second on a stream of 20 a second, lead time 0.5 s): 2.0 instead of 3.8 lead times'
 * worth of stalled requests.
 */
import type { HorizonDemand } from '../../core/sizing/reserve.ts';
import { BIN_MS } from '../forecaster.ts';
import { FIVE_SECONDS_MS } from './five-seconds.ts';

/** Never reserve more than this times what was ever needed (G). */
export const CAP_FACTOR = 1.25;
/** What was missed before may be missed by as much more. */
export const MISS_FACTOR = 1.25;

/** The forecast after the bin that is open has seen so much in one second, and in five. */
export function raisedBySeen(said: HorizonDemand, peakPerSecond: number, peakPerFive: number): HorizonDemand {
  // A longer horizon has more to go by than a few seconds, and ten of them do not matter to it.
  if (said.horizonMs > BIN_MS) return said;
  const seen = Math.min((peakPerSecond * said.horizonMs) / 1_000, peakPerFive * Math.ceil(said.horizonMs / FIVE_SECONDS_MS));
  if (seen <= said.median) return said;
  const cap = Math.max(said.cap, CAP_FACTOR * seen);
  // All of the cap while nobody can say anything, else what this miss of the median teaches.
  const insured = said.insured >= said.cap ? cap : Math.min(cap, said.median + MISS_FACTOR * (seen - said.median));
  return insured <= said.insured ? said : { ...said, cap, insured };
}

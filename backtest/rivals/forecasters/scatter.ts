/**
 * How demand scatters around a forecast of it, learnt from minutes: variance over mean, which is 1 for independent arrivals. What makes
 * a forecast too low for a minute makes it too low for the next ones, so the errors of a longer horizon add up.
 */
import { standardQuantile } from '../../../models/series/error-spread.ts';

export const MINUTE_S = 60;
/** Forgets a minute in a day. */
const GAIN = 1 / 1_440;

export class Scatter {
  private dispersion = 1;
  private count = 0;

  /** A minute was forecast, and is over. */
  learn(forecast: number, demand: number): void {
    this.count++;
    const seen = (demand - forecast) ** 2 / Math.max(1, forecast);
    this.dispersion += Math.max(GAIN, 1 / (1 + this.count)) * (seen - this.dispersion);
  }

  quantile(level: number, mean: number, horizonS: number): number {
    const variance = Math.max(1, mean) * Math.max(1, this.dispersion) * Math.max(1, horizonS / MINUTE_S);
    return Math.max(0, mean + standardQuantile(level) * Math.sqrt(variance));
  }
}

/** The rate of the last minute goes on, and scatters as seconds have scattered lately: what a reactive rule can know. */
import { standardQuantile } from '../../../models/series/error-spread.ts';
import type { DemandQuantiles } from './demand-quantiles.ts';

const SPAN_S = 60;

export function ewmaQuantiles(spanS = SPAN_S): DemandQuantiles {
  let rate = 0;
  /** Of a second's demand around the rate. */
  let variance = 0;
  let seconds = 0;
  return {
    name: `EWMA ${spanS} s`,
    observe(demand) {
      seconds++;
      // A young mean weighs its first seconds alike.
      const gain = 1 / Math.min(seconds, spanS);
      const error = demand - rate;
      rate += gain * error;
      variance += gain * ((demand - rate) * error - variance);
      return true;
    },
    quantile: (level, horizonS) => Math.max(0, rate * horizonS + standardQuantile(level) * Math.sqrt(Math.max(rate, variance) * horizonS)),
  };
}

/** The exponentially smoothed rate before each bin of a series, in values per bin: the guess of the reactive rules. */

/** Weight of the newest bin: a span of ten bins. Source: forecasting study, section 7.1. */
export const SMOOTHING = 2 / 11;
/** After so many bins the start of the series weighs less than a millionth. */
export const WARM_UP_BINS = 70;

/** One more than there are values: the last one is the rate at the end. NaN before the first known value. */
export function smoothedRates(values: Float64Array, smoothing: number): Float64Array {
  const rates = new Float64Array(values.length + 1);
  let rate = NaN;
  let known = 0;
  for (let i = 0; i < values.length; i++) {
    rates[i] = rate;
    const value = values[i] ?? NaN;
    if (Number.isNaN(value)) continue;
    known++;
    // A young mean weighs its first bins alike.
    rate = known === 1 ? value : rate + Math.max(smoothing, 1 / known) * (value - rate);
  }
  rates[values.length] = rate;
  return rates;
}

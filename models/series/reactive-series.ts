/**
 * Reactive Gaussian (expert R) over a series of any bin length: the smoothed rate goes on, with the dispersion that its errors
 * have shown. `models/online/reactive.ts` learns the same bin by bin. Source: forecasting study, section 7.1.
 */
import type { SeriesForecaster } from '../contract.ts';
import { standardQuantile } from './error-spread.ts';
import { LeadDemand } from './lead-demand.ts';
import { plainForecaster } from './plain-forecaster.ts';
import { SMOOTHING, smoothedRates, WARM_UP_BINS } from './smoothed-rates.ts';

/** The dispersion forgets a thousandth per bin. */
const DISPERSION_GAIN = 0.001;
/** Bins of errors looked at: what is older weighs less than two percent. */
const MEMORY_BINS = 4_000;

export function reactive(): SeriesForecaster {
  return plainForecaster({
    id: 'reactive@1',
    traits: { scope: 'stream', needsSeasonality: false, historyBinsMin: 1 },
    lookBackBins: (_, leads) => MEMORY_BINS + leads.last + WARM_UP_BINS,
    quantiles: (series, leads) => {
      const end = series.values.length;
      const rates = smoothedRates(series.values, SMOOTHING);
      const demand = new LeadDemand(series.values, leads);
      const rate = rates[end] ?? 0;
      const width = leads.levels.length;
      const quantiles = new Float64Array(leads.bins.length * width);
      leads.bins.forEach((leadBins, lead) => {
        const scale = leads.isTotal ? leadBins : 1;
        const mean = rate * scale;
        const deviation = Math.sqrt(Math.max(1, mean) * Math.max(1, dispersion(demand, rates, leadBins, scale)));
        leads.levels.forEach((level, k) => {
          quantiles[lead * width + k] = mean + standardQuantile(level) * deviation;
        });
      });
      return { perBin: rate, quantiles };
    },
  });
}

/** Running mean of squared error over mean: 1 for Poisson demand. */
function dispersion(demand: LeadDemand, rates: Float64Array, leadBins: number, scale: number): number {
  let seen = 1;
  let count = 0;
  for (let origin = 1; origin + leadBins < rates.length; origin++) {
    const mean = (rates[origin] ?? NaN) * scale;
    const square = (demand.after(origin, leadBins) - mean) ** 2 / Math.max(1, mean);
    if (Number.isNaN(square)) continue;
    count++;
    seen += Math.max(DISPERSION_GAIN, 1 / (1 + count)) * (square - seen);
  }
  return seen;
}

/**
 * EWMA with an empirical ratio quantile (expert E) over a series of any bin length: the smoothed rate goes on, times what the
 * ratio of demand to that guess has been over the last seven days. The strong reactive baseline; `models/online/ewma-ratio.ts` learns the
 * same bin by bin. Source: forecasting study, section 7.1.
 */
import type { SeriesForecaster } from '../contract.ts';
import { LeadDemand } from './lead-demand.ts';
import { plainForecaster } from './plain-forecaster.ts';
import { SMOOTHING, smoothedRates, WARM_UP_BINS } from './smoothed-rates.ts';

const DAY_MS = 86_400_000;
const MEMORY_MS = 7 * DAY_MS;
/** Uncapped, the ratio learnt at a jump times the rate after it asks for sixteen times what is needed. */
const RATIO_MAX = 20;
/** Half a value on both sides of the ratio: silence after silence is a ratio of one. */
const OFFSET = 0.5;
/** Ratios looked at, at most: of finer bins every so manieth origin, since their windows overlap anyway. */
const RATIOS_MAX = 4_096;
/** A .9 quantile wants ten of them, and a few for luck. */
const RATIOS_MIN = 12;

/** `smoothing` is the weight of the newest bin in the rate. */
export function ewmaRatio(smoothing = SMOOTHING): SeriesForecaster {
  return plainForecaster({
    id: smoothing === SMOOTHING ? 'ewma-ratio@1' : `ewma-ratio-${smoothing.toFixed(3)}@1`,
    traits: { scope: 'stream', needsSeasonality: false, historyBinsMin: RATIOS_MIN },
    lookBackBins: (_, leads, binMs) => Math.ceil(MEMORY_MS / binMs) + leads.last + WARM_UP_BINS,
    quantiles: (series, leads) => {
      const end = series.values.length;
      const rates = smoothedRates(series.values, smoothing);
      const demand = new LeadDemand(series.values, leads);
      const memoryBins = Math.ceil(MEMORY_MS / series.binMs);
      const stride = Math.ceil(memoryBins / RATIOS_MAX);
      const rate = rates[end] ?? 0;
      const width = leads.levels.length;
      const quantiles = new Float64Array(leads.bins.length * width);
      const ratios = new Float64Array(RATIOS_MAX);
      leads.bins.forEach((leadBins, lead) => {
        const scale = leads.isTotal ? leadBins : 1;
        let count = 0;
        for (let origin = end - leadBins; origin > Math.max(0, end - leadBins - memoryBins) && count < RATIOS_MAX; origin -= stride) {
          const ratio = (demand.after(origin, leadBins) + OFFSET) / ((rates[origin] ?? NaN) * scale + OFFSET);
          if (!Number.isNaN(ratio)) ratios[count++] = Math.min(RATIO_MAX, ratio);
        }
        const sorted = ratios.subarray(0, count).sort();
        leads.levels.forEach((level, k) => {
          quantiles[lead * width + k] = (rate * scale + OFFSET) * quantileOf(sorted, level) - OFFSET;
        });
      });
      return { perBin: rate, quantiles };
    },
  });
}

/** With too few ratios: the guess itself, and double it for the upper half. */
function quantileOf(sorted: Float64Array, level: number): number {
  const count = sorted.length;
  if (count < RATIOS_MIN) return level > 0.5 ? 2 : 1;
  return sorted[Math.min(count - 1, Math.max(0, Math.ceil(level * count) - 1))] ?? 1;
}

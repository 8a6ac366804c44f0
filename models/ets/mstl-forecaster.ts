/**
 * Decomposition of several seasons (MSTL) with exponential smoothing of the rest, by the package `@bsull/augurs`: on the square
 * root of demand, which scatters alike at all levels. Fitted anew at each origin, some 30 ms for a thousand bins.
 *
 * Its own intervals hold too little, since the seasons count as known: they are widened as a mean over so many seasons asks for.
 */
import type { SeriesForecaster } from '../contract.ts';
import { standardQuantile } from '../series/error-spread.ts';
import { explosionOf, normalQuantiles } from '../series/normal-spread.ts';
import { plainForecaster } from '../series/plain-forecaster.ts';
import { filled } from '../series/series-end.ts';
import { mstlForecast } from './mstl-wasm.ts';

const SEASONS_MAX = 2;
const SEASONS_USED = 6;
const SEASONS_SEEN_MIN = 2;
const BINS_USED_MIN = 1_000;
/** Longer seasons take seconds. */
const SEASON_BINS_MAX = 2_016;
/** The interval that is asked for, and how many standard deviations its upper end lies above the mean. */
const INTERVAL = 0.8;
const UPPER = standardQuantile((1 + INTERVAL) / 2);

export function mstlEts(): SeriesForecaster {
  return plainForecaster({
    id: 'mstl-ets@1',
    traits: { scope: 'stream', needsSeasonality: true, historyBinsMin: 24 },
    lookBackBins: (seasonsBins) => Math.max(BINS_USED_MIN, SEASONS_USED * (usable(seasonsBins).at(-1) ?? 0)),
    quantiles: (series, leads, seasonsBins) => {
      const bins = series.values.length;
      const seasons = usable(seasonsBins).filter((length) => SEASONS_SEEN_MIN * length < bins);
      const longest = seasons.at(-1);
      if (longest === undefined) return { refused: 'too-short', detail: `${bins} bins hold no season twice` };
      const values = filled(series.values, longest);
      if (values.every((value) => value === values[0])) return { refused: 'no-variation', detail: `each bin has ${values[0]}` };
      const roots = values.map(Math.sqrt);
      const seen = bins / longest;
      const widening = Math.sqrt((seen + 1) / (seen - 1)) / UPPER;
      let forecast: ReturnType<typeof mstlForecast>;
      try {
        forecast = mstlForecast(roots, seasons, leads.last, INTERVAL);
      } catch (cause) {
        return { refused: 'failed', detail: String(cause) };
      }
      const { means, upper } = forecast;
      const deviations = means.map((mean, i) => Math.max(0, (upper[i] ?? NaN) - mean) * widening);
      const said = normalQuantiles({ means, deviations }, leads, square, explosionOf(values));
      return said ?? { refused: 'not-finite', detail: 'the forecast exploded' };
    },
  });
}

function usable(seasonsBins: readonly number[]): readonly number[] {
  return seasonsBins.filter((length) => length > 1 && length <= SEASON_BINS_MAX).slice(0, SEASONS_MAX);
}

/** A root below nothing is nothing. */
function square(root: number): number {
  return root <= 0 ? 0 : root * root;
}

/** The plainest forecasts, which anything else must beat: the last value goes on; what was usual goes on; a season repeats. */
import type { SeriesForecaster } from '../contract.ts';
import { ERROR_ORIGINS, spreadQuantiles } from './error-spread.ts';
import { LeadDemand } from './lead-demand.ts';
import { plainForecaster, type Said } from './plain-forecaster.ts';
import { filled, type Leads, type SeriesEnd } from './series-end.ts';

/** Bins whose mean is the usual rate: beyond the memory of most changes. */
const MEAN_BINS = 2_000;
/** Seasons back in which the errors of the seasonal forecast are looked for. */
const SEASONS_BACK = 3;

/** Each bin to come is like the last one. */
export function lastValue(): SeriesForecaster {
  return plainForecaster({
    id: 'naive@1',
    traits: { scope: 'stream', needsSeasonality: false, historyBinsMin: 1 },
    lookBackBins: (_, leads) => ERROR_ORIGINS + leads.last + 1,
    quantiles: (series, leads) => {
      const values = filled(series.values, 0);
      return said(series, leads, (origin, leadBins) => (values[origin - 1] ?? NaN) * (leads.isTotal ? leadBins : 1));
    },
  });
}

/** Each bin to come is like the mean of those known. */
export function meanRate(): SeriesForecaster {
  return plainForecaster({
    id: 'mean-rate@1',
    traits: { scope: 'stream', needsSeasonality: false, historyBinsMin: 1 },
    lookBackBins: (_, leads) => MEAN_BINS + ERROR_ORIGINS + leads.last,
    quantiles: (series, leads) => {
      const values = filled(series.values, 0);
      const past = new LeadDemand(values, leads);
      return said(series, leads, (origin, leadBins) => {
        const from = Math.max(0, origin - MEAN_BINS);
        return (past.sum(from, origin) / (origin - from)) * (leads.isTotal ? leadBins : 1);
      });
    },
  });
}

export interface SeasonalNaiveOptions {
  /** `errors`: quantiles by the errors it has made. `none`: all quantiles are the forecast itself, as published tables score it. */
  readonly spread: 'errors' | 'none';
}

/** Each bin to come is like the one a season before, by the shortest season. */
export function seasonalNaive(options: SeasonalNaiveOptions = { spread: 'errors' }): SeriesForecaster {
  const hasSpread = options.spread === 'errors';
  return plainForecaster({
    id: hasSpread ? 'seasonal-naive@1' : 'seasonal-naive-point@1',
    traits: { scope: 'stream', needsSeasonality: true, historyBinsMin: 1 },
    lookBackBins: ([season = 1], leads) => SEASONS_BACK * season + ERROR_ORIGINS + leads.last,
    quantiles: (series, leads, [season = 1]) => {
      if (series.values.length < season) return { refused: 'too-short', detail: `a season has ${season} bins` };
      const pointAt = seasonalPoint(series, leads, season);
      if (hasSpread) return said(series, leads, pointAt);
      const end = series.values.length;
      const points = leads.bins.flatMap((leadBins) => leads.levels.map(() => pointAt(end, leadBins)));
      return { perBin: pointAt(end, leads.bins[0] ?? 1) / perPoint(leads), quantiles: Float64Array.from(points) };
    },
  });
}

function seasonalPoint(series: SeriesEnd, leads: Leads, season: number): (origin: number, leadBins: number) => number {
  const values = filled(series.values, season);
  const past = new LeadDemand(values, leads);
  return (origin, leadBins) => {
    const whole = Math.floor(leadBins / season);
    const rest = leadBins - whole * season;
    if (!leads.isTotal) return values[origin - season + ((leadBins - 1) % season)] ?? NaN;
    return whole * past.sum(origin - season, origin) + past.sum(origin - season, origin - season + rest);
  };
}

function said(series: SeriesEnd, leads: Leads, pointAt: (origin: number, leadBins: number) => number): Said {
  const perBin = pointAt(series.values.length, leads.bins[0] ?? 1) / perPoint(leads);
  return { perBin, quantiles: spreadQuantiles(series, leads, pointAt) };
}

function perPoint(leads: Leads): number {
  return leads.isTotal ? (leads.bins[0] ?? 1) : 1;
}

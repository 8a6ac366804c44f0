/**
 * Seasonal empirical quantiles (expert P) over a series of any bin length: the demand over the same lead at the same time, give or
 * take a quarter of an hour, in the last fourteen seasons, each corrected by the square root of how much busier it is now than
 * then. The same day of the week counts three times. `models/online/seasonal-empirical.ts` does it live. Source: forecasting study, 7.2.
 */
import type { SeriesForecaster } from '../contract.ts';
import { LeadDemand } from './lead-demand.ts';
import { plainForecaster, type Said } from './plain-forecaster.ts';
import type { Leads, SeriesEnd } from './series-end.ts';

const SEASONS = 14;
const OFFSET_MS = 300_000;
const OFFSETS = [0, -1, 1, -2, 2, -3, 3];
const SAME_WEEKDAY_WEIGHT = 3;
/** A past day that was four times quieter or busier says nothing about today beyond that. */
const LEVEL_RATIO_MAX = 4;
/** The level is that of the last hour of a day. */
const LEVEL_SHARE = 24;

export function seasonalEmpirical(): SeriesForecaster {
  return plainForecaster({
    id: 'seasonal-empirical@1',
    traits: { scope: 'stream', needsSeasonality: true, historyBinsMin: 1 },
    lookBackBins: ([season = 1], leads, binMs) => SEASONS * season + leads.last + Math.ceil(season / LEVEL_SHARE) + offsetBins(binMs, 3),
    quantiles: (series, leads, [season = 1, longSeason = 0]) => said(series, leads, season, longSeason),
  });
}

function said(series: SeriesEnd, leads: Leads, season: number, longSeason: number): Said | { refused: 'too-short'; detail: string } {
  const end = series.values.length;
  const demand = new LeadDemand(series.values, leads);
  const hour = Math.ceil(season / LEVEL_SHARE);
  const level = demand.sum(end - hour, end);
  const offsets = [...new Set(OFFSETS.map((steps) => offsetBins(series.binMs, steps)))];
  const width = leads.levels.length;
  const quantiles = new Float64Array(leads.bins.length * width);
  let perBin = 0;
  for (const [lead, leadBins] of leads.bins.entries()) {
    const samples: number[] = [];
    for (let back = 1; back <= SEASONS; back++) {
      const then = end - back * season;
      const levelThen = demand.sum(then - hour, then);
      const ratio = Number.isNaN(level + levelThen) ? 1 : (level + 1) / (levelThen + 1);
      const factor = Math.sqrt(Math.min(LEVEL_RATIO_MAX, Math.max(1 / LEVEL_RATIO_MAX, ratio)));
      const weight = longSeason > 0 && (back * season) % longSeason === 0 ? SAME_WEEKDAY_WEIGHT : 1;
      for (const offset of offsets) {
        const sample = demand.after(then + offset, leadBins) * factor;
        for (let i = 0; i < weight && !Number.isNaN(sample); i++) samples.push(sample);
      }
    }
    if (samples.length === 0) return { refused: 'too-short', detail: `nothing is known of the demand a season before lead ${leadBins}` };
    samples.sort((a, b) => a - b);
    leads.levels.forEach((wanted, k) => {
      quantiles[lead * width + k] = samples[Math.max(0, Math.ceil(wanted * samples.length) - 1)] ?? 0;
    });
    if (lead === 0) perBin = (samples[samples.length >> 1] ?? 0) / (leads.isTotal ? leadBins : 1);
  }
  return { perBin, quantiles };
}

/** Steps of five minutes in bins, towards zero: none where bins are long. */
function offsetBins(binMs: number, steps: number): number {
  return Math.trunc((steps * OFFSET_MS) / binMs);
}

/**
 * Turns the means and standard deviations that a model gives for each bin, on a scale of its own (a logarithm, a root), into
 * quantiles: of single bins as they are, of totals as if the errors of all bins had one sign, which is near the truth for models
 * whose error is mostly one of level, and on the safe side otherwise.
 */
import { standardQuantile } from './error-spread.ts';
import type { Said } from './plain-forecaster.ts';
import type { Leads } from './series-end.ts';

export interface BinForecast {
  /** Of each bin up to the last lead, on the model's scale. */
  readonly means: ArrayLike<number>;
  readonly deviations: ArrayLike<number>;
}

/** `toDemand` leads back from the model's scale; demand above `most` is an explosion, and the forecast then undefined. */
export function normalQuantiles(forecast: BinForecast, leads: Leads, toDemand: (value: number) => number, most: number): Said | undefined {
  const width = leads.levels.length;
  const quantiles = new Float64Array(leads.bins.length * width);
  const scores = leads.levels.map(standardQuantile);
  const totals = new Float64Array(width);
  let perBin = 0;
  let lead = 0;
  for (let i = 0; i < leads.last; i++) {
    const mean = forecast.means[i] ?? NaN;
    const deviation = forecast.deviations[i] ?? NaN;
    const point = toDemand(mean);
    if (!(Math.abs(point) <= most) || !(deviation >= 0)) return undefined;
    const isLead = leads.bins[lead] === i + 1;
    if (lead === 0) perBin += Math.max(0, point);
    for (let k = 0; k < width; k++) {
      const value = Math.max(0, Math.min(most, toDemand(mean + (scores[k] ?? 0) * deviation)));
      totals[k] = leads.isTotal ? (totals[k] ?? 0) + value : value;
      if (isLead) quantiles[lead * width + k] = totals[k] ?? 0;
    }
    if (isLead) lead++;
  }
  return { perBin: perBin / (leads.bins[0] ?? 1), quantiles };
}

/** Beyond 20 times what was ever seen a forecast has exploded. Source: forecasting study, section 4. */
const EXPLOSION = 20;

export function explosionOf(values: Float64Array): number {
  return EXPLOSION * (1 + values.reduce((most, value) => (value > most ? value : most), 0));
}

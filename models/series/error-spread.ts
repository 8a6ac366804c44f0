/**
 * Turns a point forecast into quantiles by the errors it has made: at each lead the empirical distribution of
 * log(1 + demand) − log(1 + forecast) over the newest origins. Logarithms, because demand scatters in proportion.
 * Source: forecasting study, section 7.2.
 */
import { normalQuantile } from '../../core/sizing/reserve.ts';
import { LeadDemand } from './lead-demand.ts';
import type { Leads, SeriesEnd } from './series-end.ts';

/** Origins whose errors count: recent enough to be like now, enough for a .99 quantile. */
export const ERROR_ORIGINS = 200;
/** With fewer errors than this their quantiles say less than the scatter of counts does. */
const ERRORS_MIN = 8;
/** Variance of the log error beyond Poisson scatter while nothing is known: a third either way. */
const VARIANCE_UNKNOWN = 0.1;
/** No forecast is larger than what can be counted. */
const LOG_MAX = Math.log1p(Number.MAX_SAFE_INTEGER);

export class ErrorSpread {
  private readonly errors: Float64Array;
  private readonly perLead: number;
  private readonly counts: Uint32Array;
  private isSorted = false;

  constructor(leads: number, perLead = ERROR_ORIGINS) {
    this.perLead = perLead;
    this.errors = new Float64Array(leads * perLead);
    this.counts = new Uint32Array(leads);
  }

  /** An outcome at a lead; one that is not known, or was not forecast, is none. */
  add(lead: number, demand: number, forecast: number): void {
    const error = Math.log1p(demand) - Math.log1p(forecast);
    const count = this.counts[lead] ?? 0;
    if (!Number.isFinite(error) || count >= this.perLead) return;
    this.isSorted = false;
    this.errors[lead * this.perLead + count] = error;
    this.counts[lead] = count + 1;
  }

  /** The demand that lies above the forecast with probability 1 − level, if errors are `widening` times what they were. */
  quantile(lead: number, level: number, forecast: number, widening = 1): number {
    const log = Math.log1p(forecast);
    return Math.expm1(Math.min(LOG_MAX, log + widening * this.error(lead, level, forecast)));
  }

  private error(lead: number, level: number, forecast: number): number {
    const count = this.counts[lead] ?? 0;
    if (count < ERRORS_MIN) return standardQuantile(level) * Math.sqrt(1 / (forecast + 1) + VARIANCE_UNKNOWN);
    this.sort();
    const at = Math.min(count - 1, Math.max(0, level * (count + 1) - 1));
    const below = Math.floor(at);
    const first = lead * this.perLead + below;
    const low = this.errors[first] ?? 0;
    return at === below ? low : low + (at - below) * ((this.errors[first + 1] ?? 0) - low);
  }

  private sort(): void {
    if (this.isSorted) return;
    this.isSorted = true;
    this.counts.forEach((count, lead) => {
      this.errors.subarray(lead * this.perLead, lead * this.perLead + count).sort();
    });
  }
}

/** Quantile of the standard normal at any level. */
export function standardQuantile(level: number): number {
  if (level === 0.5) return 0;
  return level > 0.5 ? normalQuantile(level) : -normalQuantile(1 - level);
}

/** Quantiles, lead by lead, of a point forecast that can be made at any origin: `pointAt(origin, leadBins)`. */
export function spreadQuantiles(series: SeriesEnd, leads: Leads, pointAt: (origin: number, leadBins: number) => number): Float64Array {
  const end = series.values.length;
  const demand = new LeadDemand(series.values, leads);
  const spread = new ErrorSpread(leads.bins.length);
  const quantiles = new Float64Array(leads.bins.length * leads.levels.length);
  leads.bins.forEach((leadBins, lead) => {
    const newest = end - leadBins;
    for (let origin = newest; origin > newest - ERROR_ORIGINS && origin > 0; origin--) {
      spread.add(lead, demand.after(origin, leadBins), pointAt(origin, leadBins));
    }
    const point = pointAt(end, leadBins);
    leads.levels.forEach((level, k) => {
      quantiles[lead * leads.levels.length + k] = spread.quantile(lead, level, point);
    });
  });
  return quantiles;
}

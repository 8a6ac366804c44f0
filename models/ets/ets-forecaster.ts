/**
 * Exponential smoothing, fitted to one stream: seasonal and damped, additive on log(1 + demand). Quantiles come from the errors it
 * has made at each lead. Fitting costs some ten milliseconds; a forecast at another origin, or of a longer history, one pass over
 * the end of it with the weights found.
 */
import type { Answer, FitOptions, FittedForecaster, LeadGrid, Refusal, SeriesForecaster, SeriesHistory } from '../contract.ts';
import { ERROR_ORIGINS, ErrorSpread } from '../series/error-spread.ts';
import { LeadDemand } from '../series/lead-demand.ts';
import { decodeModel, encodeModel, isNumbers, isRecord } from '../series/model-bytes.ts';
import { asForecast, type Said } from '../series/plain-forecaster.ts';
import { isRefused, type Leads, leadsOf, type SeriesEnd, seriesEnd } from '../series/series-end.ts';
import { initialStates } from './decomposition.ts';
import { candidateForms, type FittedEts, fitEts, SEASONS_SEEN_MIN } from './ets-fit.ts';
import { copyOf, expectation, smooth } from './smoothing.ts';

const ID = 'ets@1';
const TRAITS = { scope: 'stream', needsSeasonality: false, historyBinsMin: 24 } as const;
/** Six of the longest season tell it from chance; what is older has been smoothed away. */
const SEASONS_USED = 6;
const BINS_USED_MIN = 1_000;
/** A season of more bins than this is seen too seldom, and its profile costs more memory than it tells. */
const SEASON_BINS_MAX = 3_000;
/** Beyond 20 times what was ever seen a forecast has exploded. */
const BOUND = 20;

export function ets(): SeriesForecaster {
  return {
    id: ID,
    traits: TRAITS,
    fit: (histories, options) => Promise.resolve(fitOne(histories, options)),
    load: (bytes) => fitted(decodeModel(ID, bytes, parse)),
  };
}

interface EtsModel extends FittedEts {
  readonly binsUsed: number;
}

function fitOne(histories: readonly SeriesHistory[], options: FitOptions): FittedForecaster | Refusal {
  const [history] = histories;
  if (history === undefined || histories.length > 1) return refuse('failed', 'it is fitted to exactly one series');
  const leads = leadsOf(options.grid, history.binMs);
  if (isRefused(leads)) return { model: ID, ...leads };
  const seasons = options.seasonsBins.filter((length) => length <= SEASON_BINS_MAX);
  const binsUsed = Math.max(BINS_USED_MIN, SEASONS_USED * (seasons[seasons.length - 1] ?? 0));
  const series = seriesEnd(history, binsUsed);
  if (isRefused(series)) return { model: ID, ...series };
  if (series.known < TRAITS.historyBinsMin) return refuse('too-short', `${series.known} bins of history`);
  const found = fitEts(series.values.map(Math.log1p), series.firstBin, candidateForms(series.known, seasons), leads.last);
  return found === undefined ? refuse('did-not-converge', 'no form gave a finite error') : fitted({ ...found, binsUsed });
}

function fitted(model: EtsModel): FittedForecaster {
  return {
    id: ID,
    predict: (histories, grid) => Promise.resolve(histories.map((history) => answer(model, history, grid))),
    save: () => encodeModel(ID, model),
  };
}

function answer(model: EtsModel, history: SeriesHistory, grid: LeadGrid): Answer {
  const leads = leadsOf(grid, history.binMs);
  if (isRefused(leads)) return { model: ID, ...leads };
  const series = seriesEnd(history, model.binsUsed);
  if (isRefused(series)) return { model: ID, ...series };
  const longest = model.form.seasons[model.form.seasons.length - 1] ?? 0;
  if (series.known < Math.max(TRAITS.historyBinsMin, SEASONS_SEEN_MIN * longest)) {
    return refuse('too-short', `${series.known} bins of history, the longest season has ${longest}`);
  }
  return asForecast(ID, series, said(model, series, leads), grid);
}

function said({ form, parameters }: EtsModel, series: SeriesEnd, leads: Leads): Said {
  const { values, firstBin } = series;
  const end = values.length;
  const logs = values.map(Math.log1p);
  const states = copyOf(initialStates(logs, firstBin, form));
  const bound = Math.log1p(BOUND * (1 + values.reduce((most, value) => (value > most ? value : most), 0)));
  const expected = new Float64Array(leads.last);
  const points = new Float64Array(leads.bins.length);
  const forecast = (origin: number) => {
    expectation(states, parameters, firstBin + origin, expected);
    fillPoints(expected, leads, bound, points);
  };
  const demand = new LeadDemand(values, leads);
  const spread = new ErrorSpread(leads.bins.length);
  const warmUp = form.seasons[form.seasons.length - 1] ?? 1;
  smooth(logs, firstBin, parameters, states, (origin) => {
    if (origin < warmUp || origin < end - leads.last - ERROR_ORIGINS) return;
    forecast(origin);
    leads.bins.forEach((leadBins, lead) => {
      if (origin > end - leadBins - ERROR_ORIGINS) spread.add(lead, demand.after(origin, leadBins), points[lead] ?? NaN);
    });
  });
  forecast(end);
  const widening = wideningOf(end, warmUp);
  const width = leads.levels.length;
  const quantiles = new Float64Array(leads.bins.length * width);
  points.forEach((point, lead) => {
    leads.levels.forEach((level, k) => {
      quantiles[lead * width + k] = spread.quantile(lead, level, point, widening);
    });
  });
  return { perBin: (points[0] ?? 0) / (leads.isTotal ? (leads.bins[0] ?? 1) : 1), quantiles };
}

/**
 * The profile of a season is a mean that the errors it is judged by were part of: over n seasons the errors to come are larger
 * than those by the root of (n + 1) / (n − 1).
 */
function wideningOf(bins: number, season: number): number {
  const seen = Math.max(SEASONS_SEEN_MIN, bins / season);
  return Math.sqrt((seen + 1) / (seen - 1));
}

/** Point forecasts at the leads, from the expected logarithms of each bin. */
function fillPoints(expected: Float64Array, leads: Leads, bound: number, points: Float64Array): void {
  let total = 0;
  let lead = 0;
  for (let i = 0; i < expected.length; i++) {
    const isLead = leads.bins[lead] === i + 1;
    if (!leads.isTotal && !isLead) continue;
    const value = Math.max(0, Math.expm1(Math.min(bound, expected[i] ?? NaN)));
    total += value;
    if (isLead) points[lead++] = leads.isTotal ? total : value;
  }
}

function refuse(refused: Refusal['refused'], detail: string): Refusal {
  return { model: ID, refused, detail };
}

function parse(state: unknown): EtsModel | undefined {
  if (!isRecord(state) || typeof state.binsUsed !== 'number') return undefined;
  const { form, parameters, binsUsed } = state;
  if (!isRecord(form) || !isRecord(parameters)) return undefined;
  const { trend, seasons, carries } = form;
  const { alpha, beta, phi, gammas, rho } = parameters;
  if (trend !== 'none' && trend !== 'linear' && trend !== 'damped') return undefined;
  if (!isNumbers(seasons) || !isNumbers(gammas) || !isNumbers([alpha, beta, phi, rho]) || typeof carries !== 'boolean') return undefined;
  return { form: { trend, seasons, carries }, parameters: { alpha, beta, phi, gammas, rho } as FittedEts['parameters'], binsUsed };
}

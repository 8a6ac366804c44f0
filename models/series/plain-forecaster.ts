/**
 * Forecasters that keep nothing: a rule that looks at the end of a history and says what comes. Fitting only notes the seasons;
 * so one fitted forecaster serves all series, at any origin. A rule may also be a model that is fitted anew at each origin.
 */
import {
  type Answer,
  type DemandForecast,
  type FitOptions,
  type FittedForecaster,
  type ForecasterTraits,
  type LeadGrid,
  orderlyForecast,
  type Refusal,
  type SeriesForecaster,
  type SeriesHistory,
} from '../contract.ts';
import { decodeModel, encodeModel, isNumbers, isRecord } from './model-bytes.ts';
import { isRefused, type Leads, leadsOf, type SeriesEnd, seriesEnd } from './series-end.ts';

export interface PlainRule {
  readonly id: string;
  readonly traits: ForecasterTraits;
  /** Bins of the past that it looks at, at most. */
  lookBackBins(seasonsBins: readonly number[], leads: Leads, binMs: number): number;
  quantiles(series: SeriesEnd, leads: Leads, seasonsBins: readonly number[]): Outcome | Promise<Outcome>;
}

type Outcome = Said | Omit<Refusal, 'model'>;

export interface Said {
  /** Expected demand per bin, up to the first lead. */
  readonly perBin: number;
  /** Lead by lead, level by level within. */
  readonly quantiles: Float64Array;
}

export function plainForecaster(rule: PlainRule): SeriesForecaster {
  const { id, traits } = rule;
  return {
    id,
    traits,
    fit: (_, options: FitOptions) => {
      const { seasonsBins } = options;
      if (traits.needsSeasonality && seasonsBins.length === 0) {
        return Promise.resolve({ model: id, refused: 'unsupported-grid', detail: 'it needs the length of a season' });
      }
      return Promise.resolve(fitted(rule, seasonsBins));
    },
    load: (bytes) => fitted(rule, decodeModel(id, bytes, parseSeasons)),
  };
}

function fitted(rule: PlainRule, seasonsBins: readonly number[]): FittedForecaster {
  return {
    id: rule.id,
    predict: async (histories, grid) => {
      const answers: Answer[] = [];
      // One after the other: a model fitted anew needs its memory once.
      for (const history of histories) answers.push(await answer(rule, seasonsBins, history, grid));
      return answers;
    },
    save: () => encodeModel(rule.id, { seasonsBins }),
  };
}

async function answer(rule: PlainRule, seasonsBins: readonly number[], history: SeriesHistory, grid: LeadGrid): Promise<Answer> {
  const model = rule.id;
  const leads = leadsOf(grid, history.binMs);
  if (isRefused(leads)) return { model, ...leads };
  const series = seriesEnd(history, rule.lookBackBins(seasonsBins, leads, history.binMs));
  if (isRefused(series)) return { model, ...series };
  const { historyBinsMin } = rule.traits;
  if (series.known < historyBinsMin) {
    return { model, refused: 'too-short', detail: `${series.known} bins of history, ${historyBinsMin} are needed` };
  }
  const said = await rule.quantiles(series, leads, seasonsBins);
  if (isRefused(said)) return { model, ...said };
  return asForecast(model, series, said, grid);
}

export function asForecast(model: string, series: SeriesEnd, said: Said, grid: LeadGrid): Answer {
  const forecast: DemandForecast = {
    model,
    originMs: series.endMs,
    ratePerSecond: (Math.max(0, said.perBin) * 1_000) / series.binMs,
    quantiles: said.quantiles,
  };
  return orderlyForecast(forecast, grid);
}

function parseSeasons(state: unknown): readonly number[] | undefined {
  if (!isRecord(state) || !isNumbers(state.seasonsBins)) return undefined;
  return state.seasonsBins;
}

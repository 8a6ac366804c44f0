/**
 * The larger of a forecaster and the reactive rule (expert X), level by level: what most autoscalers do. Where jumps cannot be
 * foreseen it stays the best; elsewhere it covers too much. Source: forecasting study, section 7.2.
 */
import {
  type Answer,
  type FitOptions,
  type FittedForecaster,
  isRefusal,
  type LeadGrid,
  orderlyForecast,
  type SeriesForecaster,
} from '../contract.ts';
import { reactive } from './reactive-series.ts';

/** What has nothing to learn needs no options either. */
const NOTHING_TO_LEARN: FitOptions = { seasonsBins: [], seed: 0, grid: { leadsMs: [], levels: [], of: 'total' } };

export function maximum(best: SeriesForecaster): SeriesForecaster {
  const id = `maximum-${best.id}`;
  return {
    id,
    traits: best.traits,
    fit: async (histories, options) => {
      const fitted = await best.fit(histories, options);
      return 'refused' in fitted ? { ...fitted, model: id } : withReactive(id, fitted);
    },
    load: (bytes) => withReactive(id, best.load(bytes)),
  };
}

/** The reactive rule remembers nothing: what is saved is the other forecaster. */
function withReactive(id: string, fitted: FittedForecaster): FittedForecaster {
  const dispose = fitted.dispose?.bind(fitted);
  return {
    id,
    predict: async (histories, grid) => {
      const rule = await reactive().fit([], NOTHING_TO_LEARN);
      if ('refused' in rule) return histories.map(() => ({ ...rule, model: id }));
      const answers = await Promise.all([fitted.predict(histories, grid), rule.predict(histories, grid)]);
      return histories.map((_, i) => larger(id, answers[0][i], answers[1][i], grid));
    },
    save: () => fitted.save(),
    ...(dispose === undefined ? {} : { dispose }),
  };
}

function larger(model: string, best: Answer | undefined, other: Answer | undefined, grid: LeadGrid): Answer {
  if (best === undefined || isRefusal(best)) return { refused: 'failed', detail: 'no answer', ...best, model };
  if (other === undefined || isRefusal(other)) return { refused: 'failed', detail: 'no answer', ...other, model };
  const quantiles = best.quantiles.map((value, i) => Math.max(value, other.quantiles[i] ?? 0));
  return orderlyForecast({ ...best, model, quantiles, ratePerSecond: Math.max(best.ratePerSecond, other.ratePerSecond) }, grid);
}

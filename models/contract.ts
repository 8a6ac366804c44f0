/**
 * The contract of forecasters that are fitted: ARIMA, exponential smoothing, Prophet, the LSTM, the plain baselines. Learn from
 * histories once (`fit`), then forecast from the end of any history (`predict`), as often as asked. The forecasters that learn as
 * they go, bin by bin, keep the contract of `forecaster.ts`; `online-forecaster.ts` makes them one of these for benches and backtests.
 *
 * Nothing here reads a clock or draws a number that the seed does not fix: the same histories, seed and grid give the same forecast.
 */
import { assert } from '../core/assertion.ts';

/** Demand of one stream, in bins of one length, without gaps. */
export interface SeriesHistory {
  /** Stream id, or a name of the series: tells series apart, and nothing else. */
  readonly key: string;
  readonly binMs: number;
  /** Start of the first bin; a multiple of `binMs` since the epoch where calendar features are to mean anything. */
  readonly startMs: number;
  /** Values asked for, bin by bin: finite, not negative. Bins that the forecaster is known not to look at may be left out as NaN. */
  readonly demand: Float64Array;
  /** 1 where a bin was an outage and tells nothing; left out where there was none. */
  readonly outages?: Uint8Array;
  /** What does not change: shared by the streams of one kind. */
  readonly clientType?: string;
  readonly service?: string;
  /** Bursts planned by people, past and future: values per second on top of what is usual. */
  readonly announced?: readonly AnnouncedBurst[];
}

export interface AnnouncedBurst {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly rate: number;
}

/** What is asked of a forecast: quantiles of the demand at each lead from the end of the history. */
export interface LeadGrid {
  /** Multiples of the history's `binMs`, ascending. */
  readonly leadsMs: readonly number[];
  /** Probability levels in (0, 1), ascending. */
  readonly levels: readonly number[];
  /**
   * `total`: demand of all bins up to the lead, which is what a shard has to cover. `bin`: demand of the one bin that ends at the
   * lead, which is what forecasting competitions score.
   */
  readonly of: 'total' | 'bin';
}

export interface DemandForecast {
  /** Model and version that said it, e.g. `ets@1`. */
  readonly model: string;
  /** End of the history it was made from. */
  readonly originMs: number;
  /** Expected demand per second up to the first lead. */
  readonly ratePerSecond: number;
  /** Lead by lead, level by level within: finite, not negative, ascending in the level, and in the lead where totals are asked for. */
  readonly quantiles: Float64Array;
}

/** A forecaster says that it cannot say anything of a series; a mixture leaves it out. */
export interface Refusal {
  readonly model: string;
  readonly refused: RefusalReason;
  readonly detail: string;
}

export type RefusalReason = 'too-short' | 'no-variation' | 'not-finite' | 'did-not-converge' | 'failed' | 'timed-out' | 'unsupported-grid';

export type Answer = DemandForecast | Refusal;

export function isRefusal(answer: Answer): answer is Refusal {
  return 'refused' in answer;
}

export interface ForecasterTraits {
  /** `stream`: fitted to one series. `global`: fitted to many at once, and forecasts series it has never seen. */
  readonly scope: 'stream' | 'global';
  readonly needsSeasonality: boolean;
  /** Bins of history below which it refuses. */
  readonly historyBinsMin: number;
}

export interface FitOptions {
  /** Lengths of the seasons in bins, shortest first, e.g. [24, 168] for hourly bins; empty where there is none. */
  readonly seasonsBins: readonly number[];
  readonly seed: number;
  /** What `predict` will be asked for: some learn for these leads and levels only. */
  readonly grid: LeadGrid;
}

export interface SeriesForecaster {
  /** Model and version, e.g. `seasonal-naive@1`. */
  readonly id: string;
  readonly traits: ForecasterTraits;
  /** Learns from histories: exactly one where its scope is `stream`. Refuses rather than throws what a series is to blame for. */
  fit(histories: readonly SeriesHistory[], options: FitOptions): Promise<FittedForecaster | Refusal>;
  /** A fitted one from the bytes that it saved. Throws SEQ_MODEL_INVALID where they are not its own. */
  load(bytes: Uint8Array): FittedForecaster;
}

export interface FittedForecaster {
  readonly id: string;
  /** Forecasts from the end of each history, in their order. Histories may be longer, or others, than those it was fitted to. */
  predict(histories: readonly SeriesHistory[], grid: LeadGrid): Promise<readonly Answer[]>;
  save(): Uint8Array;
  /** Gives back memory outside the garbage collector's reach, where it holds any. */
  dispose?(): void;
}

/** Makes a forecast what the contract asks: not negative, ascending in level and lead. What is not finite becomes a refusal. */
export function orderlyForecast(forecast: DemandForecast, grid: LeadGrid): Answer {
  const { quantiles, model } = forecast;
  const width = grid.levels.length;
  assert(quantiles.length === grid.leadsMs.length * width, 'a forecast has one quantile for each lead and level');
  for (let i = 0; i < quantiles.length; i++) {
    const value = quantiles[i] ?? NaN;
    if (!Number.isFinite(value)) return { model, refused: 'not-finite', detail: `quantile ${i} is ${value}` };
    let least = 0;
    if (i % width > 0) least = quantiles[i - 1] ?? 0;
    if (grid.of === 'total' && i >= width) least = Math.max(least, quantiles[i - width] ?? 0);
    quantiles[i] = Math.min(Number.MAX_SAFE_INTEGER, Math.max(least, value));
  }
  if (!Number.isFinite(forecast.ratePerSecond)) return { model, refused: 'not-finite', detail: 'the rate is not finite' };
  return forecast;
}

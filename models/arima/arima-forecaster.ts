/**
 * Seasonal ARIMA of a fixed order, (2,0,1)(1,1,1) over the shortest season, on log(1 + demand) of the last 500 bins, by the package
 * `arima` in a thread of its own. Weights are found again where they are needed and never travel: what is saved is what they were
 * found from. A search for the order costs ten times as much and forecasts no better (forecasting study, section 4).
 */
import type { Answer, FitOptions, FittedForecaster, LeadGrid, Refusal, SeriesForecaster, SeriesHistory } from '../contract.ts';
import { decodeModel, encodeModel, isCount, isNumbers, isRecord } from '../series/model-bytes.ts';
import { explosionOf, normalQuantiles } from '../series/normal-spread.ts';
import { asForecast } from '../series/plain-forecaster.ts';
import { filled, isRefused, type Leads, leadsOf, type SeriesEnd, seriesEnd } from '../series/series-end.ts';
import { type DisposableThread, disposableThread, type ThreadLimits } from '../threads/disposable-thread.ts';
import type { ArimaForecast, ArimaOrder, ArimaTask } from './arima-messages.ts';

const ID = 'arima@1';
/** More costs time in proportion; a good tenth of what the stack of the package holds. */
const BINS_USED = 500;
/** The package wants two seasons; for weights that mean anything three. */
const SEASONS_MIN = 3;
/** Time and memory grow with the square of the season: above this, one without a season is fitted. */
const SEASON_BINS_MAX = 60;
const BINS_MIN = 60;
const SEASONAL = { p: 2, d: 0, q: 1, P: 1, D: 1, Q: 1 } as const;
/** Without a season the level wanders: differences hold it. */
const PLAIN = { p: 2, d: 1, q: 1, P: 0, D: 0, Q: 0, s: 0 } as const;
const TRAITS = { scope: 'stream', needsSeasonality: false, historyBinsMin: BINS_MIN } as const;

type ArimaThread = DisposableThread<ArimaTask, readonly ArimaForecast[]>;

interface ArimaModel {
  readonly order: ArimaOrder;
  /** log(1 + demand) that the weights are found from. */
  readonly fittedTo: Float64Array;
}

/** An ARIMA forecaster holds a thread: `close` ends it. */
export interface ArimaForecaster extends SeriesForecaster {
  close(): Promise<void>;
}

export function arima(limits: Partial<ThreadLimits> = {}): ArimaForecaster {
  const thread: ArimaThread = disposableThread('arima/arima-thread.js', limits);
  return {
    id: ID,
    traits: TRAITS,
    fit: (histories, options) => fitOne(thread, histories, options),
    load: (bytes) => fitted(thread, decodeModel(ID, bytes, parse)),
    close: () => thread.close(),
  };
}

async function fitOne(thread: ArimaThread, histories: readonly SeriesHistory[], options: FitOptions): Promise<FittedForecaster | Refusal> {
  const [history] = histories;
  if (history === undefined || histories.length > 1) return refuse('failed', 'it is fitted to exactly one series');
  const series = seriesEnd(history, BINS_USED);
  if (isRefused(series)) return { model: ID, ...series };
  if (series.values.length < BINS_MIN) return refuse('too-short', `${series.values.length} bins of history, ${BINS_MIN} are needed`);
  const order = orderFor(series.values.length, options.seasonsBins);
  const fittedTo = logsOf(series, order.s);
  if (isConstant(fittedTo)) return refuse('no-variation', `each bin has ${series.values[0]}`);
  const leads = leadsOf(options.grid, history.binMs);
  if (isRefused(leads)) return { model: ID, ...leads };
  const model = { order, fittedTo };
  // What cannot forecast its own end cannot forecast.
  const first = await answers(thread, model, [history], options.grid);
  const [answer = refuse('failed', 'no answer')] = first;
  return 'refused' in answer ? answer : fitted(thread, model, { history, grid: options.grid, answer });
}

/** The forecast that a fit has made already: the one asked for first. */
interface Known {
  readonly history: SeriesHistory;
  readonly grid: LeadGrid;
  readonly answer: Answer;
}

function fitted(thread: ArimaThread, model: ArimaModel, known?: Known): FittedForecaster {
  return {
    id: ID,
    predict: (histories, grid) => {
      const isKnown = histories.length === 1 && histories[0] === known?.history && grid === known?.grid;
      return isKnown && known !== undefined ? Promise.resolve([copyOf(known.answer)]) : answers(thread, model, histories, grid);
    },
    save: () => encodeModel(ID, { order: model.order, fittedTo: Array.from(model.fittedTo) }),
  };
}

async function answers(
  thread: ArimaThread,
  model: ArimaModel,
  histories: readonly SeriesHistory[],
  grid: LeadGrid,
): Promise<readonly Answer[]> {
  const asked = histories.map((history) => question(model, history, grid));
  const windows = asked.flatMap((one) => ('window' in one ? [one.window] : []));
  if (windows.length === 0) return asked.map((one) => ('window' in one ? refuse('failed', 'no answer') : one));
  const lastBins = Math.max(...asked.map((one) => ('window' in one ? one.leads.last : 0)));
  const outcome = await thread.run({ ...model, windows, bins: lastBins });
  let next = 0;
  return asked.map((one) => {
    if (!('window' in one)) return one;
    if ('failed' in outcome) return refuse(outcome.timedOut ? 'timed-out' : 'failed', outcome.failed);
    return judged(one, outcome.result[next++], grid);
  });
}

interface Question {
  readonly series: SeriesEnd;
  readonly leads: Leads;
  readonly window: Float64Array;
}

function question({ order, fittedTo }: ArimaModel, history: SeriesHistory, grid: LeadGrid): Question | Refusal {
  const leads = leadsOf(grid, history.binMs);
  if (isRefused(leads)) return { model: ID, ...leads };
  const series = seriesEnd(history, fittedTo.length);
  if (isRefused(series)) return { model: ID, ...series };
  if (series.values.length < fittedTo.length) return refuse('too-short', `${series.values.length} bins, fitted to ${fittedTo.length}`);
  const window = logsOf(series, order.s);
  if (isConstant(window)) return refuse('no-variation', `each bin has ${series.values[0]}`);
  return { series, leads, window };
}

function judged({ series, leads }: Question, forecast: ArimaForecast | undefined, grid: LeadGrid): Answer {
  const { means, variances } = forecast ?? { means: [], variances: new Float64Array(0) };
  const said = normalQuantiles({ means, deviations: variances.map(Math.sqrt) }, leads, Math.expm1, explosionOf(series.values));
  return said === undefined ? refuse('did-not-converge', 'the forecast exploded') : asForecast(ID, series, said, grid);
}

function orderFor(bins: number, seasonsBins: readonly number[]): ArimaOrder {
  const season = seasonsBins.find((length) => length > 1 && length <= SEASON_BINS_MAX && SEASONS_MIN * length <= bins);
  return season === undefined ? PLAIN : { ...SEASONAL, s: season };
}

function logsOf(series: SeriesEnd, season: number): Float64Array {
  return filled(series.values, season).map(Math.log1p);
}

function isConstant(values: Float64Array): boolean {
  return values.every((value) => value === values[0]);
}

function copyOf(answer: Answer): Answer {
  return 'refused' in answer ? answer : { ...answer, quantiles: answer.quantiles.slice() };
}

function refuse(refused: Refusal['refused'], detail: string): Refusal {
  return { model: ID, refused, detail };
}

function parse(state: unknown): ArimaModel | undefined {
  if (!isRecord(state) || !isRecord(state.order) || !isNumbers(state.fittedTo)) return undefined;
  const { p, d, q, P, D, Q, s } = state.order;
  if (![p, d, q, P, D, Q, s].every(isCount) || state.fittedTo.length < BINS_MIN || state.fittedTo.length > BINS_USED) return undefined;
  return { order: { p, d, q, P, D, Q, s } as ArimaOrder, fittedTo: Float64Array.from(state.fittedTo) };
}

/**
 * Consumes   seqcast.consumption: what was asked for, and what fitted models, profiles and announced bursts expect of it
 * Produces   seqcast.forecasts: expected demand over the lead time and the ride-through, with the order size that follows
 * State      per stream its model, the lead time measured so far, and the last event seen
 * Guarantee  a pure fold: the same events give the same bytes; affects timing and size only, never which values are given out
 * On failure a copy of an event is dropped by its number, a fitted model's forecast that is absurd or stale by its look; without forecasts the allocator falls back to its floor and burst guard
 * Metrics    seqcast_forecasts_total, seqcast_forecast_streams
 */
import { economicSize } from '../core/sizing/order-size.ts';
import type { HorizonDemand } from '../core/sizing/reserve.ts';
import type { ConsumptionEvent, ExpertForecast, ExpertWeight, Forecast } from '../schemas/messages.ts';
import { isFirstSeen, type SeenEvents } from './consumption.ts';
import { type Expectations, emptyExpectations, noteDemand, withExpectations } from './expectations.ts';
import { type LeadTimes, noteLeadTime, plannedLeadTimeMs } from './lead-times.ts';

/** What the stage asks of a stream's model; `models/stream-forecast.ts` is one. */
export interface StreamModel {
  readonly id: string;
  readonly rate: number;
  readonly meanSqrtRate: number;
  /** Whom it trusts at its longest horizon. */
  readonly trust: readonly ExpertWeight[];
  watch(horizonsMs: readonly number[]): void;
  consume(span: { readonly fromMs: number; readonly toMs: number; readonly demanded: number; readonly peakPerSecond: number }): boolean;
  /** What a fitted model expects; the reason where that is turned away. */
  hear(forecast: ExpertForecast): string | undefined;
  forecasts(): HorizonDemand[];
  save(): Uint8Array;
}

export interface ForecastStream {
  readonly model: StreamModel;
  readonly leadTimes: LeadTimes;
  /** Values of the largest request, fading by half in an hour. */
  requestSize: number;
  requestSizeAtMs: number;
}

export interface ForecastState {
  readonly streams: Map<string, ForecastStream>;
  readonly seen: SeenEvents;
  /** Profiles, kinds and announced bursts, from the same log. */
  readonly expectations: Expectations;
  readonly newModel: () => StreamModel;
  readonly rideThroughMsOf: (sequence: string) => number;
}

const REQUEST_SIZE_HALF_LIFE_MS = 3_600_000;
/** Weights move slowly: they are said with the first forecast of each minute. */
const TRUST_MS = 60_000;

export function emptyForecast(options: Pick<ForecastState, 'newModel' | 'rideThroughMsOf'>): ForecastState {
  return { streams: new Map(), seen: new Map(), expectations: emptyExpectations(), ...options };
}

/** Folds one event; returns the stream's forecast as of its end, or nothing for a copy. */
export function onConsumption(state: ForecastState, event: ConsumptionEvent): Forecast | undefined {
  if (!isFirstSeen(state.seen, event)) return undefined;
  const stream = streamOf(state, event.stream);
  if (event.leadTimeMs > 0) noteLeadTime(stream.leadTimes, event.leadTimeMs);
  noteRequestSize(stream, event);
  const rideThroughMs = state.rideThroughMsOf(event.stream.slice(0, event.stream.indexOf('/')));
  const { model } = stream;
  const leadTimeMs = plannedLeadTimeMs(stream.leadTimes);
  // During a ride-through the order before it is lost, and the one after it takes a lead time again.
  model.watch(rideThroughMs > 0 ? [leadTimeMs, rideThroughMs + 2 * leadTimeMs] : [leadTimeMs]);
  const { fromMs, toMs, demanded, peakPerSecond } = event;
  model.consume({ fromMs, toMs, demanded, peakPerSecond });
  noteDemand(state.expectations, event);
  const own = { rate: model.rate, meanSqrtRate: model.meanSqrtRate, horizons: model.forecasts(), by: '' };
  const { rate, meanSqrtRate, horizons, by } = withExpectations(state.expectations, event, own);
  return {
    kind: 'Forecast',
    stream: event.stream,
    pool: event.pool,
    incarnation: event.incarnation,
    model: model.id + by,
    cutoffMs: toMs,
    rate,
    meanSqrtRate,
    requestSize: Math.ceil(stream.requestSize),
    leadTimeMs: Math.ceil(leadTimeMs),
    stock: event.stock,
    waiting: event.waiting,
    seenOffset: event.seenOffset,
    horizons: horizons.map((each) => ({ ...each, horizonMs: Math.ceil(each.horizonMs) })),
    shardSize: Math.ceil(economicSize(rate, meanSqrtRate)),
    experts: Math.floor(fromMs / TRUST_MS) === Math.floor(toMs / TRUST_MS) ? [] : model.trust,
  };
}

/** Folds what a fitted model expects of a stream; the reason where it is turned away. It counts from the stream's next event on. */
export function onExpertForecast(state: ForecastState, forecast: ExpertForecast): string | undefined {
  const stream = state.streams.get(forecast.stream);
  return stream === undefined ? 'unknown-stream' : stream.model.hear(forecast);
}

function noteRequestSize(stream: ForecastStream, event: ConsumptionEvent): void {
  const faded = stream.requestSize * 0.5 ** (Math.max(0, event.toMs - stream.requestSizeAtMs) / REQUEST_SIZE_HALF_LIFE_MS);
  stream.requestSize = Math.max(faded, event.largestRequest);
  stream.requestSizeAtMs = event.toMs;
}

function streamOf(state: ForecastState, id: string): ForecastStream {
  let stream = state.streams.get(id);
  if (stream === undefined) {
    stream = { model: state.newModel(), leadTimes: [], requestSize: 0, requestSizeAtMs: 0 };
    state.streams.set(id, stream);
  }
  return stream;
}

/**
 * Consumes   seqcast.consumption, as recorded, or demand from a trace in the same form
 * Produces   what the present rule would have done with it: stalls, idle stock, orders and returns; nothing is appended
 * State      per stream the forecast stage's state and a stock that is filled one lead time after each order
 * Guarantee  a pure fold in event time: the forecast stage and the sizing rule that run live, and the same events, the same report
 * On failure an event out of order counts at the time already reached
 * Metrics    none: the report is the result
 */

import type { SequenceDefinition } from '../core/sequence.ts';
import { decide } from '../core/sizing/decision.ts';
import type { ConsumptionEvent, ExpertForecast, Forecast } from '../schemas/messages.ts';
import { emptyForecast, type ForecastState, onConsumption, onExpertForecast, type StreamModel } from './forecast.ts';

/** Demand within a span arrives in slots of this length: below the lead times of interest, above the cost of single values. */
const SLOT_MS = 100;
/** Time constant of the fast rate, as in the live meter. */
const FAST_WINDOW_MS = 5_000;

export interface ReplayOptions {
  readonly newModel: () => StreamModel;
  readonly definition: Pick<SequenceDefinition, 'targetStallsPpm' | 'rideThroughMs' | 'rideThroughClass'>;
  /** Decision to usable stock, the same for every order. */
  readonly leadTimeMs: number;
  /** Only what happens from here on is counted; what is before warms the state up. */
  readonly countFromMs: number;
}

interface StreamReplay {
  nowMs: number;
  stock: number;
  waiting: number;
  readonly due: { atMs: number; count: number }[];
  forecast: Forecast | undefined;
  fastRate: number;
  lastOrderSize: number;
  lastOrderAtMs: number;
  lastReturnAtMs: number;
  readonly counts: ReplayCounts;
}

export interface ReplayCounts {
  /** Values asked for, and those of them that waited. */
  demanded: number;
  stalled: number;
  orders: number;
  returns: number;
  countedMs: number;
  idleMs: number;
  maxIdle: number;
}

export interface ReplayState {
  readonly options: ReplayOptions;
  readonly forecasts: ForecastState;
  readonly streams: Map<string, StreamReplay>;
}

export function emptyReplay(options: ReplayOptions): ReplayState {
  const { rideThroughMs } = options.definition;
  const forecasts = emptyForecast({ newModel: options.newModel, rideThroughMsOf: () => rideThroughMs });
  return { options, forecasts, streams: new Map() };
}

/** Folds one recorded event: its demand meets the stock slot by slot, then the forecast learns of it, as it does live. */
export function onRecorded(state: ReplayState, event: ConsumptionEvent): void {
  const stream = streamOf(state, event);
  const slots = Math.max(1, Math.round((event.toMs - Math.max(event.fromMs, stream.nowMs)) / SLOT_MS));
  const startMs = stream.nowMs;
  let asked = 0;
  for (let slot = 1; slot <= slots; slot++) {
    const until = Math.round((event.demanded * slot) / slots);
    runSlot(state.options, stream, startMs + ((event.toMs - startMs) * slot) / slots, until - asked);
    asked = until;
  }
  stream.nowMs = Math.max(stream.nowMs, event.toMs);
  const { stock, waiting } = stream;
  // The recorded lead time is another system's: this one's orders take what the options say.
  stream.forecast = onConsumption(state.forecasts, { ...event, stock, waiting, leadTimeMs: state.options.leadTimeMs }) ?? stream.forecast;
  decideNow(state.options, stream, 'forecast');
}

/** Folds what a fitted model expected then: of the demand, which is the same whoever serves it. */
export function onRecordedExpert(state: ReplayState, forecast: ExpertForecast): void {
  onExpertForecast(state.forecasts, forecast);
}

function runSlot(options: ReplayOptions, stream: StreamReplay, atMs: number, demand: number): void {
  const elapsedMs = Math.max(0, atMs - stream.nowMs);
  count(options, stream, elapsedMs, atMs);
  stream.nowMs = Math.max(stream.nowMs, atMs);
  while (stream.due[0] !== undefined && stream.due[0].atMs <= stream.nowMs) arrive(stream, stream.due.shift()?.count ?? 0);
  const keep = Math.exp(-elapsedMs / FAST_WINDOW_MS);
  if (elapsedMs > 0) stream.fastRate = keep * stream.fastRate + (1 - keep) * ((demand * 1_000) / elapsedMs);
  const served = stream.waiting > 0 ? 0 : Math.min(stream.stock, demand);
  stream.stock -= served;
  stream.waiting += demand - served;
  if (stream.nowMs > options.countFromMs) {
    stream.counts.demanded += demand;
    stream.counts.stalled += demand - served;
  }
  if (demand > 0) decideNow(options, stream, 'order');
}

function arrive(stream: StreamReplay, count: number): void {
  const served = Math.min(stream.waiting, count);
  stream.waiting -= served;
  stream.stock += count - served;
}

function count(options: ReplayOptions, stream: StreamReplay, elapsedMs: number, atMs: number): void {
  if (atMs < options.countFromMs) return;
  stream.counts.countedMs += elapsedMs;
  stream.counts.idleMs += stream.stock * elapsedMs;
  stream.counts.maxIdle = Math.max(stream.counts.maxIdle, stream.stock);
}

function decideNow(options: ReplayOptions, stream: StreamReplay, trigger: 'order' | 'forecast'): void {
  const { forecast, nowMs, stock, waiting, fastRate, lastOrderSize, lastOrderAtMs, lastReturnAtMs } = stream;
  const outcome = decide({
    trigger,
    nowMs,
    stock,
    waiting,
    onOrder: stream.due.reduce((sum, each) => sum + each.count, 0),
    fastRate,
    rate: forecast?.rate ?? 0,
    meanSqrtRate: forecast?.meanSqrtRate ?? 0,
    leadTimeMs: forecast?.leadTimeMs ?? options.leadTimeMs,
    requestSize: forecast?.requestSize ?? 1,
    horizons: forecast?.horizons ?? [],
    forecastAtMs: forecast?.cutoffMs ?? 0,
    declaredRate: 0,
    lastOrderSize,
    lastOrderAtMs,
    lastReturnAtMs,
    ...options.definition,
  });
  const counted = nowMs >= options.countFromMs ? 1 : 0;
  if (outcome.kind === 'order') {
    stream.due.push({ atMs: nowMs + options.leadTimeMs, count: outcome.count });
    stream.lastOrderSize = outcome.count;
    stream.lastOrderAtMs = nowMs;
    stream.counts.orders += counted;
  } else if (outcome.kind === 'return') {
    stream.stock -= Math.min(stream.stock, outcome.surplus);
    stream.lastReturnAtMs = nowMs;
    stream.counts.returns += counted;
  }
}

function streamOf(state: ReplayState, event: ConsumptionEvent): StreamReplay {
  let stream = state.streams.get(event.stream);
  if (stream === undefined) {
    stream = newStream(event.fromMs);
    state.streams.set(event.stream, stream);
  }
  return stream;
}

function newStream(nowMs: number): StreamReplay {
  return {
    nowMs,
    stock: 0,
    waiting: 0,
    due: [],
    forecast: undefined,
    fastRate: 0,
    lastOrderSize: 0,
    lastOrderAtMs: Number.NEGATIVE_INFINITY,
    lastReturnAtMs: nowMs,
    counts: { demanded: 0, stalled: 0, orders: 0, returns: 0, countedMs: 0, idleMs: 0, maxIdle: 0 },
  };
}

export interface ReplayReport {
  readonly stream: string;
  readonly demanded: number;
  readonly stalledPpm: number;
  readonly meanIdle: number;
  readonly maxIdle: number;
  /** Orders and returns an hour. */
  readonly allocationsPerHour: number;
}

export function replayReports(state: ReplayState): ReplayReport[] {
  return [...state.streams].map(([stream, { counts }]) => ({
    stream,
    demanded: counts.demanded,
    stalledPpm: counts.demanded === 0 ? 0 : (counts.stalled * 1e6) / counts.demanded,
    meanIdle: counts.countedMs === 0 ? 0 : counts.idleMs / counts.countedMs,
    maxIdle: counts.maxIdle,
    allocationsPerHour: counts.countedMs === 0 ? 0 : ((counts.orders + counts.returns) * 3_600_000) / counts.countedMs,
  }));
}

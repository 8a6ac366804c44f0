/**
 * Consumes   seqcast.consumption, as recorded, or demand from a trace in the same form
 * Produces   what the present rule would have done with it: stalls, idle stock, orders and returns; nothing is appended
 * State      per stream the forecast stage's state and a stock that is filled one lead time after each order
 * Guarantee  a pure fold in event time: the forecast stage and the sizing rule that run live, and the same events, the same report
 * On failure an event out of order counts at the time already reached; a model that knew the future is not heard
 * Metrics    none: the report is the result
 *
 * The backtest's harness (backtest/harness) asks many policies on seconds of demand that are split in ten milliseconds. This is the stage's
 * own fold instead, over events as pools report them, with the profiles, bursts and fitted models that stand between them in the log: what
 * a replay of a live log, shadow mode and the tests of the stage need, and what has no place for another rule.
 */

import type { SequenceDefinition } from '../core/sequence.ts';
import { decide } from '../core/sizing/decision.ts';
import type { ConsumptionEvent, ExpertForecast, Forecast } from '../schemas/messages.ts';
import { reorderPointOf } from './filling.ts';
import { emptyForecast, type ForecastState, onConsumption, onExpertForecast, type StreamModel } from './forecast.ts';

/** Demand within a span arrives in slots of this length: below the lead times of interest, above the cost of single values. */
const SLOT_MS = 100;
/** Time constant of the fast rate, as in the live meter. */
const FAST_WINDOW_MS = 5_000;

export interface ReplayOptions {
  readonly newModel: () => StreamModel;
  readonly definition: Pick<SequenceDefinition, 'targetStallsPpm' | 'rideThroughMs' | 'rideThroughClass'>;
  /** Decision to usable stock: of every order, or what is planned with before one was measured. */
  readonly leadTimeMs: number;
  /** When an order of that time is usable, where orders differ. They may overtake each other. */
  readonly usableAtMs?: (orderedAtMs: number) => number;
  /** Until when a fitted model was trained; undefined for one that nobody registered. */
  readonly trainedUntilMs?: (model: string) => number | undefined;
  /** Only what happens from here on is counted; what is before warms the state up. */
  readonly countFromMs: number;
}

interface StreamReplay {
  nowMs: number;
  stock: number;
  waiting: number;
  /** Orders on their way, the next one to arrive first. */
  readonly due: Due[];
  /** Values of all of them. */
  onOrder: number;
  /** The longest lead time of the orders that arrived since the last event; 0 without one. */
  measuredMs: number;
  forecast: Forecast | undefined;
  /** Where an order is due; everywhere before the first forecast. */
  reorderPoint: number;
  fastRate: number;
  lastOrderSize: number;
  lastOrderAtMs: number;
  lastReturnAtMs: number;
  readonly counts: ReplayCounts;
}

interface Due {
  readonly orderedAtMs: number;
  readonly atMs: number;
  readonly count: number;
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
  /** Forecasts of fitted models that were not heard, by why. */
  readonly refused: Map<string, number>;
}

export function emptyReplay(options: ReplayOptions): ReplayState {
  const { rideThroughMs } = options.definition;
  const forecasts = emptyForecast({ newModel: options.newModel, rideThroughMsOf: () => rideThroughMs });
  return { options, forecasts, streams: new Map(), refused: new Map() };
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
  // The recorded lead time is another system's: what this one's orders took is known once they have arrived.
  stream.forecast = onConsumption(state.forecasts, { ...event, stock, waiting, leadTimeMs: stream.measuredMs }) ?? stream.forecast;
  stream.measuredMs = 0;
  if (stream.forecast !== undefined) stream.reorderPoint = reorderPointOf(stream.forecast, state.options.definition);
  decideNow(state.options, stream, 'forecast');
}

/**
 * Folds what a fitted model expected then: of the demand, which is the same whoever serves it. Whatever was made from more than was known
 * by then is not heard, and counted; returns why.
 */
export function onRecordedExpert(state: ReplayState, forecast: ExpertForecast): string | undefined {
  const reason = foresight(state, forecast) ?? onExpertForecast(state.forecasts, forecast);
  if (reason !== undefined) state.refused.set(reason, (state.refused.get(reason) ?? 0) + 1);
  return reason;
}

function foresight({ options, streams }: ReplayState, { stream, model, originMs }: ExpertForecast): string | undefined {
  if (originMs > (streams.get(stream)?.nowMs ?? Number.POSITIVE_INFINITY)) return 'origin-ahead';
  const trainedUntilMs = options.trainedUntilMs?.(model);
  return trainedUntilMs !== undefined && trainedUntilMs > originMs ? 'trained-later' : undefined;
}

function runSlot(options: ReplayOptions, stream: StreamReplay, atMs: number, demand: number): void {
  const elapsedMs = Math.max(0, atMs - stream.nowMs);
  count(options, stream, elapsedMs, atMs);
  stream.nowMs = Math.max(stream.nowMs, atMs);
  for (let next = stream.due[0]; next !== undefined && next.atMs <= stream.nowMs; next = stream.due[0]) {
    stream.due.shift();
    arrive(stream, next);
  }
  const keep = Math.exp(-elapsedMs / FAST_WINDOW_MS);
  if (elapsedMs > 0) stream.fastRate = keep * stream.fastRate + (1 - keep) * ((demand * 1_000) / elapsedMs);
  const served = stream.waiting > 0 ? 0 : Math.min(stream.stock, demand);
  stream.stock -= served;
  stream.waiting += demand - served;
  if (stream.nowMs > options.countFromMs) {
    stream.counts.demanded += demand;
    stream.counts.stalled += demand - served;
  }
  // As a pool does, it orders by itself only at the reorder point that the last forecast says.
  if (demand > 0 && stream.stock - stream.waiting + stream.onOrder <= stream.reorderPoint) decideNow(options, stream, 'order');
}

function arrive(stream: StreamReplay, { orderedAtMs, atMs, count }: Due): void {
  stream.measuredMs = Math.max(stream.measuredMs, atMs - orderedAtMs);
  stream.onOrder -= count;
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
    onOrder: stream.onOrder,
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
    send(stream, { orderedAtMs: nowMs, atMs: options.usableAtMs?.(nowMs) ?? nowMs + options.leadTimeMs, count: outcome.count });
    stream.lastOrderSize = outcome.count;
    stream.lastOrderAtMs = nowMs;
    stream.counts.orders += counted;
  } else if (outcome.kind === 'return') {
    stream.stock -= Math.min(stream.stock, outcome.surplus);
    stream.lastReturnAtMs = nowMs;
    stream.counts.returns += counted;
  }
}

function send(stream: StreamReplay, order: Due): void {
  const { due } = stream;
  stream.onOrder += order.count;
  const later = due.findIndex(({ atMs }) => atMs > order.atMs);
  due.splice(later === -1 ? due.length : later, 0, order);
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
    onOrder: 0,
    reorderPoint: Number.POSITIVE_INFINITY,
    measuredMs: 0,
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

/**
 * Consumes   seqcast.consumption from its first record on, and seqcast.forecasts
 * Produces   whether the forecast stage makes each recorded forecast again, byte for byte; nothing is appended
 * State      the forecast stage's, and its newest forecasts
 * Guarantee  a forecast agrees only if every byte does: rates, horizons, shard size, trust
 * On failure a forecast whose event is gone is counted as such; one that differs is told field by field
 * Metrics    none: the report is the result
 */
import { encode } from '../schemas/codec.ts';
import type { Forecast } from '../schemas/messages.ts';
import type { Message } from '../schemas/topics.ts';
import { onBurstDeclared, onProfileSet } from './expectations.ts';
import { emptyForecast, type ForecastState, onConsumption, onExpertForecast } from './forecast.ts';
import type { Difference } from './replay-decision.ts';

export interface ForecastDifference {
  readonly stream: string;
  readonly offset: number;
  readonly cutoffMs: number;
  readonly fields: readonly Difference[];
}

export interface ForecastCounts {
  forecasts: number;
  agreeing: number;
  differing: number;
  /** Forecasts whose consumption event is not in the log any more. */
  eventless: number;
  readonly differences: ForecastDifference[];
}

export interface ForecastReplay {
  readonly state: ForecastState;
  /** What the stage made of the newest events, oldest first, by stream and cutoff. */
  readonly made: Map<string, Forecast>;
  readonly counts: ForecastCounts;
}

/** Forecasts are said in the order of their events; those of a catch-up never, so they are let go when so many are newer. */
const MADE_KEPT = 8_192;
/** Differences that are told in full; all are counted. */
const DIFFERENCES_KEPT = 10;

export function noForecasts(): ForecastCounts {
  return { forecasts: 0, agreeing: 0, differing: 0, eventless: 0, differences: [] };
}

/** Adds to these counts: partitions are replayed one after the other. */
export function emptyForecastReplay(
  options: Pick<ForecastState, 'newModel' | 'rideThroughMsOf'> & { readonly counts: ForecastCounts },
): ForecastReplay {
  const { counts, ...stage } = options;
  return { state: emptyForecast(stage), made: new Map(), counts };
}

/** Folds one record of the consumption topic as the forecaster does. */
export function onConsumptionRecord({ state, made }: ForecastReplay, message: Message): void {
  if (message.kind === 'ExpertForecast') onExpertForecast(state, message);
  else if (message.kind === 'ProfileSet') onProfileSet(state.expectations, message);
  else if (message.kind === 'BurstDeclared') onBurstDeclared(state.expectations, message);
  if (message.kind !== 'ConsumptionEvent') return;
  const forecast = onConsumption(state, message);
  if (forecast === undefined) return;
  made.set(keyOf(forecast), forecast);
  if (made.size <= MADE_KEPT) return;
  for (const oldest of made.keys()) {
    made.delete(oldest);
    break;
  }
}

/** Holds a recorded forecast against what the stage made of its event, which must be folded by then. */
export function onForecastRecord({ made, counts }: ForecastReplay, offset: number, recorded: Forecast): void {
  counts.forecasts++;
  const again = made.get(keyOf(recorded));
  if (again === undefined) {
    counts.eventless++;
    return;
  }
  if (Buffer.compare(encode(again), encode(recorded)) === 0) {
    counts.agreeing++;
    return;
  }
  counts.differing++;
  if (counts.differences.length === DIFFERENCES_KEPT) return;
  const { stream, cutoffMs } = recorded;
  counts.differences.push({ stream, offset, cutoffMs, fields: fieldsThatDiffer(recorded, again) });
}

function keyOf({ stream, incarnation, cutoffMs }: Forecast): string {
  return `${stream}\n${incarnation}\n${cutoffMs}`;
}

function fieldsThatDiffer(recorded: Forecast, again: Forecast): Difference[] {
  const fields = Object.keys(recorded) as (keyof Forecast)[];
  const said = (forecast: Forecast, field: keyof Forecast): string => JSON.stringify(forecast[field]);
  return fields
    .filter((field) => said(recorded, field) !== said(again, field))
    .map((field) => ({ field, recorded: said(recorded, field), derived: said(again, field) }));
}

/**
 * A trace in the minutes that slow models read, and what such a model says at the end of each of them: from the past up to there and
 * nothing later, many minutes at a time.
 */
import { type FittedForecaster, isRefusal, type LeadGrid, type SeriesHistory } from '../../models/contract.ts';
import type { DemandSeconds } from '../traces/demand-seconds.ts';
import type { MinuteVoices } from './minute-voices.ts';

const MINUTE_S = 60;
const MINUTE_MS = 60_000;
/** The last week and a day: no model of minutes looks back further. */
const PAST_MINUTES_MAX = 8 * 1_440;
/** Asked for at a time: as many as a batch of inference, a few times over. */
const TOGETHER = 2_048;

/** The whole minutes of a trace up to a second. */
export function minuteHistory(demand: DemandSeconds, untilSecond = demand.counts.length): SeriesHistory {
  const skipped = (MINUTE_S - ((demand.startMs / 1_000) % MINUTE_S)) % MINUTE_S;
  const minutes = Float64Array.from({ length: Math.max(0, Math.floor((untilSecond - skipped) / MINUTE_S)) }, (_, minute) => {
    const from = skipped + minute * MINUTE_S;
    return demand.counts.subarray(from, from + MINUTE_S).reduce((sum, count) => sum + count, 0);
  });
  return { key: demand.name, binMs: MINUTE_MS, startMs: demand.startMs + skipped * 1_000, demand: minutes };
}

export interface SpeakingModel {
  readonly family: string;
  readonly fitted: FittedForecaster;
  readonly grid: LeadGrid;
}

/** What the model says of each minute from a second on; nothing where it refuses even one. */
export async function voicesFrom(demand: DemandSeconds, fromSecond: number, model: SpeakingModel): Promise<MinuteVoices | undefined> {
  const { family, fitted, grid } = model;
  const whole = minuteHistory(demand);
  const first = Math.max(1, Math.ceil((demand.startMs + fromSecond * 1_000 - whole.startMs) / MINUTE_MS));
  const width = grid.leadsMs.length * grid.levels.length;
  const quantiles = new Float32Array(Math.max(0, whole.demand.length - first + 1) * width);
  for (let from = first; from <= whole.demand.length; from += TOGETHER) {
    const until = Math.min(whole.demand.length + 1, from + TOGETHER);
    const pasts = Array.from({ length: until - from }, (_, i) => pastOf(whole, from + i));
    for (const [i, answer] of (await fitted.predict(pasts, grid)).entries()) {
      if (isRefusal(answer)) return undefined;
      quantiles.set(answer.quantiles, (from - first + i) * width);
    }
  }
  const firstOriginMs = whole.startMs + first * MINUTE_MS;
  return { family, model: fitted.id, leadsMs: grid.leadsMs, levels: grid.levels, firstOriginMs, quantiles };
}

/** The minutes before one, without a copy of them. */
function pastOf(whole: SeriesHistory, minute: number): SeriesHistory {
  const from = Math.max(0, minute - PAST_MINUTES_MAX);
  return { ...whole, startMs: whole.startMs + from * MINUTE_MS, demand: whole.demand.subarray(from, minute) };
}

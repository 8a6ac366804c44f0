/** A fitted model's answer as a record for the log: only what the stream's horizons need, and nothing that its readers would turn away. */
import { type Answer, isRefusal, type LeadGrid } from '../../../models/contract.ts';
import { type ExpertFamily, faultOf } from '../../../models/mixture/expert-voices.ts';
import type { ExpertForecast } from '../../../schemas/messages.ts';

export interface Spoken {
  readonly family: ExpertFamily;
  /** The version that is served; left out where the model says its own. */
  readonly version?: string | undefined;
  readonly stream: string;
  readonly grid: LeadGrid;
  readonly freshMs: number;
  readonly longestHorizonMs: number;
}

/** The record, or why there is none. */
export function expertRecord(answer: Answer, spoken: Spoken): ExpertForecast | string {
  if (isRefusal(answer)) return answer.refused;
  const { family, version, stream, grid, longestHorizonMs } = spoken;
  const freshMs = Math.round(spoken.freshMs);
  const reachMs = longestHorizonMs + freshMs;
  const beyond = grid.leadsMs.findIndex((leadMs) => leadMs >= reachMs);
  const leads = beyond < 0 ? grid.leadsMs.length : beyond + 1;
  const record: ExpertForecast = {
    kind: 'ExpertForecast',
    stream,
    family,
    model: version === undefined ? answer.model : `${family}@${version}`,
    originMs: answer.originMs,
    freshMs,
    leadsMs: grid.leadsMs.slice(0, leads),
    levels: grid.levels,
    // Single precision is what the fold keeps.
    quantiles: Array.from(answer.quantiles.subarray(0, leads * grid.levels.length), Math.fround),
  };
  return faultOf(record) ?? record;
}

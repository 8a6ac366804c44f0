/**
 * One trace, one ride-through: what the rule does as it is, and what the mixture is worth against the log-regression alone when all
 * survive the same share of outages.
 */
import { operationsPerHour, type StreamResult } from '../harness/result.ts';
import { type ForecastTrack, forecastTrack, horizonsMsOf } from '../policies/forecast-track.ts';
import { type MinuteVoices, speakingUp } from '../policies/minute-voices.ts';
import type { DemandSeconds } from '../traces/demand-seconds.ts';
import { SurvivalSearch } from './equal-survival.ts';
import { withRegressionAlone } from './regression-track.ts';
import { type RuleOptions, runRule } from './rule-run.ts';

/** Rules warm up on this share of a trace and are measured on the rest; models are trained on it. */
export const WARM_UP_SHARE = 0.6;
const TARGET_STALLS_PPM = 10;

export const POLICIES = ['log-regression', 'mixture', 'mixture with LSTM'] as const;
export type Policy = (typeof POLICIES)[number];

export interface RuleRow {
  readonly trace: string;
  readonly leadTimeS: number;
  readonly rideThroughS: number;
  readonly rideThroughClass: 'expected' | 'insured';
  readonly result: StreamResult;
}

/** Idle stock of each policy at equal survival; a policy that does not reach it is left out. */
export interface EqualRow {
  readonly trace: string;
  readonly seasonal: boolean;
  readonly rideThroughS: number;
  readonly survivedPercent: number;
  readonly rideThroughClass: 'expected' | 'insured';
  readonly policies: Readonly<Partial<Record<Policy, PolicyCost>>>;
}

export interface PolicyCost {
  readonly meanIdle: number;
  readonly factor: number;
  readonly operationsPerHour: number;
}

export interface TraceOptions {
  readonly leadTimeS: number;
  readonly rideThroughS: number;
}

export function warmUpSeconds(demand: DemandSeconds): number {
  return Math.floor(demand.counts.length * WARM_UP_SHARE);
}

/** The rule as it runs, in both classes where there is a ride-through. */
export function ruleRows(demand: DemandSeconds, track: ForecastTrack, options: TraceOptions): RuleRow[] {
  const classes = options.rideThroughS > 0 ? (['expected', 'insured'] as const) : (['expected'] as const);
  return classes.map((rideThroughClass) => ({
    trace: demand.name,
    ...options,
    rideThroughClass,
    result: runRule(demand, track, ruleOptions(demand, options, rideThroughClass)),
  }));
}

export function trackOf(demand: DemandSeconds, { leadTimeS, rideThroughS }: TraceOptions, voices?: MinuteVoices): ForecastTrack {
  const horizonsMs = horizonsMsOf(leadTimeS * 1_000, rideThroughS * 1_000);
  return forecastTrack(demand, voices === undefined ? { horizonsMs } : { horizonsMs, beforeBin: speakingUp(voices) });
}

/** Two survivals for those who trust what is expected, and one for those who are insured: bursts that nobody foresees need that. */
const GOALS = [
  { survivedPercent: 99.9, rideThroughClass: 'expected' },
  { survivedPercent: 99, rideThroughClass: 'expected' },
  { survivedPercent: 99.9, rideThroughClass: 'insured' },
] as const;

/** Both survivals of the expected class, and the insured one where the log-regression does not reach the higher. */
export function equalRows(
  demand: DemandSeconds,
  mixture: ForecastTrack,
  withLstm: ForecastTrack | undefined,
  options: TraceOptions,
): EqualRow[] {
  const tracks: [Policy, ForecastTrack][] = [
    ['log-regression', withRegressionAlone(demand, mixture)],
    ['mixture', mixture],
  ];
  if (withLstm !== undefined) tracks.push(['mixture with LSTM', withLstm]);
  const searches = { expected: searchesOf(demand, tracks, options, 'expected'), insured: searchesOf(demand, tracks, options, 'insured') };
  const rows: EqualRow[] = [];
  for (const goal of GOALS) {
    if (goal.rideThroughClass === 'insured' && rows[0]?.policies['log-regression'] !== undefined) continue;
    const policies: Partial<Record<Policy, PolicyCost>> = {};
    for (const [policy, search] of searches[goal.rideThroughClass]) {
      const reached = search.atLeast(goal.survivedPercent);
      if (reached === undefined) continue;
      const { result, factor } = reached;
      policies[policy] = { meanIdle: result.meanIdle, operationsPerHour: operationsPerHour(result), factor };
    }
    rows.push({ trace: demand.name, seasonal: demand.seasonal, rideThroughS: options.rideThroughS, ...goal, policies });
  }
  return rows;
}

function searchesOf(
  demand: DemandSeconds,
  tracks: readonly (readonly [Policy, ForecastTrack])[],
  options: TraceOptions,
  rideThroughClass: 'expected' | 'insured',
): [Policy, SurvivalSearch][] {
  const rule = ruleOptions(demand, options, rideThroughClass);
  return tracks.map(([policy, track]) => {
    return [policy, new SurvivalSearch((rideThroughFactor) => runRule(demand, track, { ...rule, rideThroughFactor }))];
  });
}

function ruleOptions(demand: DemandSeconds, options: TraceOptions, rideThroughClass: 'expected' | 'insured'): RuleOptions {
  return { ...options, rideThroughClass, targetStallsPpm: TARGET_STALLS_PPM, countFromS: warmUpSeconds(demand) };
}

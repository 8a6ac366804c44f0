/**
 * Replays all policies of one cell (a trace, a lead time, a ride-through) side by side: the live rule with and without its parts, the
 * rules of others, those tuned on the training part, and foresight. Forecasts are made once for all runs of the cell.
 */
import { warmUpSeconds } from '../closed-loop/comparison.ts';
import { fixedLeadTime } from '../harness/lead-times.ts';
import type { Policy } from '../harness/policy.ts';
import { replayTogether } from '../harness/replay.ts';
import { operationsPerHour, type StreamResult } from '../harness/result.ts';
import { type ForecastTrack, forecastTrack, horizonsMsOf } from '../policies/forecast-track.ts';
import { type SeqcastSettings, seqcastRuleOn } from '../policies/seqcast-rule.ts';
import { rivalsNamed } from '../rivals/catalogue.ts';
import { largestDemand } from '../rivals/tuned.ts';
import type { DemandSeconds } from '../traces/demand-seconds.ts';
import type { Cell } from './promised.ts';

const TARGET_STALLS_PPM = 10;

export interface CellOptions {
  readonly leadTimeS: number;
  readonly rideThroughS: number;
  /** A burst to announce: from here on at this rate. */
  readonly declared?: { readonly fromS: number; readonly untilS: number; readonly rate: number };
  /** Also the rule at as many operations an hour as Leaf has. */
  readonly atOperationsOfLeaf?: boolean;
}

const SHORT_RIVALS = ['leaf', 'tinyid', 'tidb', 'cosid', 'tuned-sq', 'tuned-static', 'foresight'] as const;
const LONG_RIVALS = ['leaf', 'tuned-sq', 'foresight'] as const;

/** What a rival is called in a cell, where that is not its id. */
const NAMES: Readonly<Record<string, string>> = { 'tuned-sq': 'tuned (s, Q)', 'tuned-static': 'tuned static' };

export function measuredCell(demand: DemandSeconds, options: CellOptions): Cell {
  const { leadTimeS, rideThroughS } = options;
  const track = forecastTrack(demand, { horizonsMs: horizonsMsOf(leadTimeS * 1_000, rideThroughS * 1_000) });
  const named: [string, Policy][] = [...ownPolicies(track, options), ...rivals(demand, options)];
  const results: Record<string, StreamResult> = run(demand, options, named);
  if (options.atOperationsOfLeaf === true && results.leaf !== undefined) {
    const settings = { ...settingsOf(options), allocationsPerHour: Math.max(1, operationsPerHour(results.leaf)) };
    Object.assign(results, run(demand, options, [['seqcast at the operations of leaf', seqcastRuleOn(track, settings)]]));
  }
  return { trace: demand.name, leadTimeS, rideThroughS, results, leadDemandMax: largestDemand(demand.counts, leadTimeS) };
}

function ownPolicies(track: ForecastTrack, options: CellOptions): [string, Policy][] {
  const settings = settingsOf(options);
  const peaks: SeqcastSettings = { ...settings, forecast: false, returns: false };
  if (options.rideThroughS > 0) {
    return [
      ['expected', seqcastRuleOn(track, settings)],
      ['insured', seqcastRuleOn(track, { ...settings, rideThroughClass: 'insured' })],
      ['remembered peaks', seqcastRuleOn(track, peaks)],
    ];
  }
  const own: [string, Policy][] = [
    ['seqcast', seqcastRuleOn(track, settings)],
    ['seqcast without returns', seqcastRuleOn(track, { ...settings, returns: false })],
    ['remembered peaks', seqcastRuleOn(track, peaks)],
  ];
  if (options.declared !== undefined)
    own.push(['seqcast, burst announced', seqcastRuleOn(track, { ...settings, declared: [options.declared] })]);
  return own;
}

function settingsOf({ leadTimeS, rideThroughS }: CellOptions): SeqcastSettings {
  return { leadTimeS, rideThroughS, rideThroughClass: 'expected', targetStallsPpm: TARGET_STALLS_PPM };
}

function rivals(demand: DemandSeconds, { leadTimeS, rideThroughS }: CellOptions): [string, Policy][] {
  const context = {
    startMs: demand.startMs,
    training: demand.counts.subarray(0, warmUpSeconds(demand)),
    leadTimes: fixedLeadTime(leadTimeS),
    rideThroughS,
    whole: demand.counts,
  };
  return rivalsNamed(rideThroughS > 0 ? LONG_RIVALS : SHORT_RIVALS).map((each) => [NAMES[each.id] ?? each.id, each.create(context)]);
}

function run(
  demand: DemandSeconds,
  { leadTimeS, rideThroughS }: CellOptions,
  policies: readonly (readonly [string, Policy])[],
): Record<string, StreamResult> {
  const results = replayTogether(
    policies.map(([, policy]) => policy),
    demand,
    {
      leadTimes: fixedLeadTime(leadTimeS),
      rideThroughS,
      outagesS: rideThroughS > 0 ? [rideThroughS] : [],
      countFromS: warmUpSeconds(demand),
    },
  );
  return Object.fromEntries(results.map((result, i) => [policies[i]?.[0] ?? '', result]));
}

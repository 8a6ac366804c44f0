/** What a replay can be told, as options of the command and as settings; wrong words are refused before anything is read. */
import { fixedLeadTime, sampledLeadTimes, withOutages } from '../../backtest/harness/lead-times.ts';
import type { LeadTimes } from '../../backtest/harness/policy.ts';
import { SequenceError } from '../../core/errors.ts';
import { timeOf } from '../demand-inputs/demand-options.ts';

export interface ReplayFlags {
  readonly leadTime: string;
  readonly outage: readonly string[];
  readonly rideThrough: number;
  readonly rideThroughClass: 'expected' | 'insured';
  readonly targetStalls: number;
  readonly countFrom?: string;
  readonly seed: number;
}

/** An allocator that was away: nothing was decided, and what was on its way came after it was back. */
export interface Outage {
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface ReplaySettings {
  /** `measured`: each order takes one of the lead times that the recorded pools measured, by chance. */
  readonly leadTime: number | 'measured';
  readonly outages: readonly Outage[];
  readonly rideThroughMs: number;
  readonly rideThroughClass: 'expected' | 'insured';
  readonly targetStallsPpm: number;
  readonly countFromMs: number;
  readonly seed: number;
}

const UNITS_MS: Readonly<Record<string, number>> = { '': 1, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
const LEAD_TIME_MS_MAX = 86_400_000;

export function replaySettings(flags: ReplayFlags): ReplaySettings {
  const { leadTime, outage, rideThrough, rideThroughClass, targetStalls, countFrom, seed } = flags;
  return {
    leadTime: leadTime === 'measured' ? leadTime : millisecondsOf('--lead-time', leadTime),
    outages: outage.map(outageOf),
    rideThroughMs: rideThrough,
    rideThroughClass,
    targetStallsPpm: targetStalls,
    countFromMs: countFrom === undefined ? 0 : timeOf('--count-from', countFrom),
    seed,
  };
}

/** How long orders take from there on: for the fold a function of the moment. `measuredMs` are what pools measured, where any did. */
export function leadTimesOf(
  { leadTime, outages, seed }: ReplaySettings,
  startMs: number,
  measuredMs: readonly number[],
): { readonly leadTimeMs: number; readonly usableAtMs?: (orderedAtMs: number) => number } {
  if (leadTime === 'measured' && measuredMs.length === 0) throw wrong('no lead time was measured there: give --lead-time as a duration');
  if (leadTime !== 'measured' && outages.length === 0) return { leadTimeMs: leadTime };
  // Below a microsecond nothing is decided; the harness knows no lead time of nothing.
  const seconds = (ms: number): number => Math.max(ms, 0.001) / 1_000;
  const usual = leadTime === 'measured' ? sampledLeadTimes(measuredMs.map(seconds), seed) : fixedLeadTime(seconds(leadTime));
  const windows = outages.map(({ fromMs, untilMs }) => ({ fromS: (fromMs - startMs) / 1_000, untilS: (untilMs - startMs) / 1_000 }));
  const model: LeadTimes = windows.length === 0 ? usual : withOutages(usual, windows);
  return { leadTimeMs: model.plannedS * 1_000, usableAtMs: (atMs) => startMs + model.usableAtS((atMs - startMs) / 1_000) * 1_000 };
}

function outageOf(text: string): Outage {
  const at = text.lastIndexOf('/');
  if (at < 1) throw wrong(`--outage is ${text}: give its begin and how long it lasted, such as 2026-11-29T10:00:00Z/15m`);
  const fromMs = timeOf('--outage', text.slice(0, at));
  return { fromMs, untilMs: fromMs + millisecondsOf('--outage', text.slice(at + 1)) };
}

function millisecondsOf(option: string, text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  const ms = Number(amount) * (UNITS_MS[unit] ?? Number.NaN);
  if (amount !== undefined && ms <= LEAD_TIME_MS_MAX) return ms;
  throw wrong(`${option} is ${text}: give a duration such as 10ms, 0.5s or 15m, a day at most`);
}

function wrong(problem: string): SequenceError {
  return new SequenceError('SEQ_CONFIG_INVALID', problem);
}

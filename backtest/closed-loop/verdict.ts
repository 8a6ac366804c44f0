/**
 * Whether the mixture with the LSTM earns its keep against the log-regression alone: one ratio of idle stock a trace and ride-through,
 * where the log-regression survives 99.9 %, as expected or else insured. Where it does neither, nothing can be said.
 */
import type { EqualRow, Policy } from './comparison.ts';

export interface Verdict {
  readonly policy: Policy;
  /** One a trace and ride-through. */
  readonly ratios: readonly RatioRow[];
  /** Seasonal traces on which it saves enough, in the mean of its ride-throughs, of how many. */
  readonly seasonal: number;
  readonly saves: number;
  readonly worst: RatioRow | undefined;
  readonly kept: boolean;
}

export interface RatioRow {
  readonly trace: string;
  readonly seasonal: boolean;
  readonly rideThroughS: number;
  readonly survivedPercent: number;
  readonly rideThroughClass: 'expected' | 'insured';
  /** Idle stock relative to the log-regression's; infinite where only the log-regression reaches the survival. */
  readonly ratio: number;
}

/** Promised: a twentieth saved on at least half of the seasonal traces, and a fiftieth more nowhere. */
/** Lower survivals are shown, and not judged: at 99 % one moved job decides. */
const COMPARED_AT_PERCENT = 99.9;
const SAVES_AT_MOST = 0.95;
const NEVER_ABOVE = 1.02;

export function verdictOf(rows: readonly EqualRow[], policy: Policy): Verdict {
  const ratios: RatioRow[] = [];
  for (const { policies, ...row } of rows) {
    const baseline = policies['log-regression'];
    if (baseline === undefined || row.survivedPercent < COMPARED_AT_PERCENT) continue;
    if (ratios.some(({ trace, rideThroughS }) => trace === row.trace && rideThroughS === row.rideThroughS)) continue;
    ratios.push({ ...row, ratio: (policies[policy]?.meanIdle ?? Infinity) / baseline.meanIdle });
  }
  const seasonal = [...new Set(ratios.filter((row) => row.seasonal).map(({ trace }) => trace))];
  const saves = seasonal.filter((trace) => {
    const own = ratios.filter((row) => row.trace === trace);
    return own.reduce((product, { ratio }) => product * ratio, 1) ** (1 / own.length) <= SAVES_AT_MOST;
  });
  const worst = ratios.reduce<RatioRow | undefined>((most, row) => (most === undefined || row.ratio > most.ratio ? row : most), undefined);
  const kept = worst !== undefined && worst.ratio <= NEVER_ABOVE && 2 * saves.length >= seasonal.length;
  return { policy, ratios, seasonal: seasonal.length, saves: saves.length, worst, kept };
}

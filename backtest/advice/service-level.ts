/** Which service level a stream should ask for: a target that can be seen to be kept, and a ride-through that its reserve is worth. */
import type { StreamAdvice } from '../report/backtest-report.ts';
import { type DemandProfile, peakOver, valuesPerDay } from './demand-profile.ts';

/** The default of a sequence; no stream is better off with more. */
const TARGET_PPM = 10;
const TARGET_PPM_MAX = 1_000;
/** A target is seen to be missed when it allows about one stalled value a day. */
const STALLS_PER_DAY = 1;
/** Longest first: a quarter of an hour is a person who is called, five minutes a machine that is replaced, one a restart. */
const RIDE_THROUGHS_S = [900, 300, 60] as const;
/** An even stream needs 1 % of a day's values for a quarter of an hour; beyond five times that a burst sits in it. */
const SHARE_OF_DAY_MAX = 0.05;

export interface ServiceLevel {
  readonly serviceLevel: StreamAdvice['serviceLevel'];
  readonly reasons: readonly string[];
}

export function serviceLevel(profile: DemandProfile, unforecastable: boolean): ServiceLevel {
  const perDay = Math.max(1, valuesPerDay(profile));
  const targetStallsPpm = Math.min(TARGET_PPM_MAX, Math.max(TARGET_PPM, Math.round((STALLS_PER_DAY * 1e6) / perDay)));
  const cheap = RIDE_THROUGHS_S.find((spanS) => peakOver(profile, spanS) <= SHARE_OF_DAY_MAX * perDay);
  const rideThroughS = cheap ?? RIDE_THROUGHS_S[RIDE_THROUGHS_S.length - 1] ?? 0;
  const share = `${((100 * peakOver(profile, rideThroughS)) / perDay).toFixed(1)} % of a day's values`;
  const rideThroughClass = unforecastable ? 'insured' : 'expected';
  return {
    serviceLevel: { targetStallsPpm, rideThroughS, rideThroughClass },
    reasons: [
      targetStallsPpm === TARGET_PPM
        ? `${TARGET_PPM} ppm, the default: it has enough values that a miss would be seen`
        : `${targetStallsPpm} ppm: about one value a day, less could not be told from luck`,
      cheap === undefined
        ? `${rideThroughS} s without an allocator take ${share}: its bursts make longer ones dear`
        : `${rideThroughS} s without an allocator take at most ${share}`,
      unforecastable ? 'insured: what comes is not foreseen, so what came must be remembered' : 'expected: its forecast knows what comes',
    ],
  };
}

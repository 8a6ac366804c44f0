/**
 * Where a trace is cut: policies are fitted to what comes before an origin, and counted on what comes a gap after it. With several
 * origins each is fitted anew to all that came before it, never to what comes later, and their parts cover the rest of the trace once.
 */
import { SequenceError } from '../../core/errors.ts';

export interface Split {
  /** Seconds before it may be looked at to fit; the gap after it belongs to nobody but warms up what learns as it goes. */
  readonly trainedUntilS: number;
  readonly countedFromS: number;
  readonly countedUntilS: number;
}

export interface SplitOptions {
  readonly trainShare: number;
  readonly gapS: number;
  readonly origins: number;
}

/** Forecasts are made by bins of ten seconds: a cut inside one would give a policy half of it. */
const CUT_STEP_S = 10;
/** Less than this says nothing about stalls, and an origin costs a replay. */
const COUNTED_S_MIN = 600;

export function splitsOf(stream: string, seconds: number, { trainShare, gapS, origins }: SplitOptions): Split[] {
  const first = cutAt(seconds * trainShare);
  const counted = seconds - first - gapS;
  if (counted < COUNTED_S_MIN * origins) throw tooShort(stream, seconds, { trainShare, gapS, origins });
  return Array.from({ length: origins }, (_, origin) => {
    const trainedUntilS = cutAt(first + (counted * origin) / origins);
    const next = origin === origins - 1 ? seconds - gapS : cutAt(first + (counted * (origin + 1)) / origins);
    return { trainedUntilS, countedFromS: trainedUntilS + gapS, countedUntilS: next + gapS };
  });
}

/** One split over all that the others count: for policies that are not fitted, and learn as they go. */
export function wholeSplit(splits: readonly Split[]): Split {
  const [first] = splits;
  const last = splits.at(-1);
  if (first === undefined || last === undefined) throw new SequenceError('SEQ_INTERNAL', 'a trace has at least one split');
  return { ...first, countedUntilS: last.countedUntilS };
}

function cutAt(second: number): number {
  return Math.floor(second / CUT_STEP_S) * CUT_STEP_S;
}

function tooShort(stream: string, seconds: number, { trainShare, gapS, origins }: SplitOptions): SequenceError {
  const left = Math.max(0, Math.round(seconds * (1 - trainShare) - gapS));
  return new SequenceError(
    'SEQ_CONFIG_INVALID',
    `${stream} lasts ${seconds} s: after --train-share ${trainShare} and --gap ${gapS}s only ${left} s are left to count, and ` +
      `${origins === 1 ? 'that needs' : `${origins} origins need`} ${COUNTED_S_MIN * origins} s: ` +
      'give a longer history, a smaller share or gap, or fewer --origins',
  );
}

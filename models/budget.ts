/**
 * Which streams get a fit of an expensive expert next, under a budget of processor time: those where it is worth most, which is
 * volume times regret (what the mixture loses to the best it could have been), and the longer ago the last fit, the more.
 *
 * A stream that was never fitted counts as if half of its loss could be saved, so that each gets its chance; one that refused
 * comes again later and later. Pure: the same streams, at the same time, give the same order.
 */

export interface FitCandidate {
  readonly key: string;
  /** Values per second, as the running rate has it. */
  readonly ratePerSecond: number;
  /** Loss of the mixture over that of its best expert, minus one, where it is known: 0 is as good as can be. */
  readonly regret?: number;
  /** When it was fitted last; left out where it never was. */
  readonly fittedAtMs?: number;
  /** Milliseconds that its last fit took; left out where it never was. */
  readonly costMs?: number;
  /** Refusals in a row. */
  readonly refusals?: number;
}

export interface FitBudget {
  /** Processor time for fits, per hour. */
  readonly msPerHour: number;
  /** Expected cost of a fit of which nothing is known. */
  readonly costMs: number;
  /** A fit younger than this is good enough. */
  readonly freshMs: number;
}

const HOUR_MS = 3_600_000;
/** Saved budget is kept this long: after a quiet hour there is no storm of fits. */
const SAVED_MS_MAX = HOUR_MS / 4;
/** Even a stream that is forecast perfectly is fitted anew some day. */
const REGRET_MIN = 0.01;
/** A regret beyond this is a broken forecast, which a fit may not mend. */
const REGRET_MAX = 3;
/** Regret of a stream of which nothing is known. */
const REGRET_UNKNOWN = 0.5;
/** Each refusal doubles the wait, up to this many times. */
const REFUSALS_MAX = 8;
/** Age speaks for a fit, up to this many times the age at which it is due. */
const AGE_RATIO_MAX = 4;

/** The streams to fit now, best first, for what is left of the budget. */
export function nextFits(candidates: readonly FitCandidate[], nowMs: number, leftMs: number, budget: FitBudget): readonly string[] {
  const due = candidates.flatMap((candidate) => {
    const worth = worthOf(candidate, nowMs, budget);
    const costMs = Math.max(1, candidate.costMs ?? budget.costMs);
    return worth > 0 ? [{ key: candidate.key, costMs, worth: worth / costMs }] : [];
  });
  due.sort((a, b) => b.worth - a.worth || (a.key < b.key ? -1 : 1));
  const chosen: string[] = [];
  let left = leftMs;
  for (const { key, costMs } of due) {
    if (costMs > left) continue;
    left -= costMs;
    chosen.push(key);
  }
  return chosen;
}

/** What may be spent at `nowMs`, given what was left at `thenMs`: negative after a fit that cost more than was expected. */
export function budgetLeft(leftMs: number, thenMs: number, nowMs: number, budget: FitBudget): number {
  const earned = (Math.max(0, nowMs - thenMs) * budget.msPerHour) / HOUR_MS;
  return Math.min(leftMs + earned, (SAVED_MS_MAX * budget.msPerHour) / HOUR_MS + budget.costMs);
}

/** Values that a fit may save, roughly; 0 while it is not due. */
function worthOf(candidate: FitCandidate, nowMs: number, budget: FitBudget): number {
  const { ratePerSecond, regret = REGRET_UNKNOWN, fittedAtMs, refusals = 0 } = candidate;
  if (!(ratePerSecond > 0)) return 0;
  const bounded = Number.isFinite(regret) ? Math.min(REGRET_MAX, Math.max(REGRET_MIN, regret)) : REGRET_UNKNOWN;
  if (fittedAtMs === undefined) return ratePerSecond * bounded;
  const waitMs = budget.freshMs * 2 ** Math.min(REFUSALS_MAX, refusals);
  // A clock that went back makes a fit no younger than just made.
  const ageMs = Math.max(0, nowMs - fittedAtMs);
  return ageMs < waitMs ? 0 : ratePerSecond * bounded * Math.min(AGE_RATIO_MAX, ageMs / waitMs);
}

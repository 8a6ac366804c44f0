/**
 * Which stream is fitted next. A fit costs some hundred milliseconds, so only some streams can have one: those whose forecasts lose most,
 * which is their volume times how wrong they are, and no more of them than the budget of each family allows.
 */
import type { Refusal } from '../../../models/contract.ts';
import type { ExpertFamily } from '../../../models/mixture/expert-voices.ts';
import { NOT_FITTED } from './fitted-models.ts';
import type { ModelledStream } from './forecasts.ts';

const HOUR_MS = 3_600_000;
/** How long a fit is used for new forecasts. ARIMA and Prophet are fitted anew for each forecast, whatever is kept of them. */
const FIT_MS: Readonly<Record<string, number>> = { ets: 24 * HOUR_MS, prophet: HOUR_MS, arima: HOUR_MS };
/** What could not be fitted may be so when it has more of a past. */
const REFUSED_MS = 6 * HOUR_MS;
/** Until it was seen what one costs. */
const FIRST_COST_MS: Readonly<Record<string, number>> = { ets: 100, arima: 500, prophet: 200 };
const COST_GAIN = 0.1;
/** What is not spent is kept for so long: after a quiet night there is no rush of fits. */
const SAVED_MS = 60_000;
/** Families that share the budget. */
const FAMILIES = 3;

interface Fit {
  readonly atMs: number;
  readonly isRefused: boolean;
}

interface Budget {
  leftMs: number;
  sinceMs: number;
  costMs: number;
}

export class FitAgenda {
  readonly #msPerHour: number;
  readonly #fits = new Map<string, Fit>();
  readonly #budgets = new Map<ExpertFamily, Budget>();

  constructor(msPerHour: number) {
    this.#msPerHour = msPerHour / FAMILIES;
  }

  /** Fits that are in use or were refused. */
  get size(): number {
    return this.#fits.size;
  }

  isFitted(family: ExpertFamily, stream: string, nowMs: number): boolean {
    const fit = this.#fits.get(`${family} ${stream}`);
    return fit !== undefined && !fit.isRefused && nowMs - fit.atMs < (FIT_MS[family] ?? HOUR_MS);
  }

  /** The streams to be fitted now, the most rewarding first: as many as can be paid for. */
  choose(family: ExpertFamily, candidates: readonly ModelledStream[], monotonicMs: number): ModelledStream[] {
    const budget = this.#budgetOf(family, monotonicMs);
    const count = Math.floor(budget.leftMs / budget.costMs);
    if (count === 0) return [];
    const waiting = candidates.filter(({ stream, model }) => model.regret > 0 && this.#mayBeFitted(family, stream, model.cutoffMs));
    return waiting.sort((a, b) => b.model.regret - a.model.regret).slice(0, count);
  }

  note(family: ExpertFamily, stream: string, nowMs: number, tookMs: number): void {
    this.#fits.set(`${family} ${stream}`, { atMs: nowMs, isRefused: false });
    const budget = this.#budgets.get(family);
    if (budget === undefined) return;
    budget.leftMs -= tookMs;
    budget.costMs += COST_GAIN * (Math.max(1, tookMs) - budget.costMs);
  }

  refused(family: ExpertFamily, stream: string, nowMs: number, { detail }: Refusal): void {
    const key = `${family} ${stream}`;
    if (detail === NOT_FITTED) this.#fits.delete(key);
    else this.#fits.set(key, { atMs: nowMs, isRefused: true });
  }

  /** Forgets the streams of partitions that others own now. */
  forget(isKept: (stream: string) => boolean): void {
    for (const key of this.#fits.keys()) if (!isKept(key.slice(key.indexOf(' ') + 1))) this.#fits.delete(key);
  }

  #mayBeFitted(family: ExpertFamily, stream: string, nowMs: number): boolean {
    const fit = this.#fits.get(`${family} ${stream}`);
    return fit === undefined || nowMs - fit.atMs >= (fit.isRefused ? REFUSED_MS : (FIT_MS[family] ?? HOUR_MS));
  }

  #budgetOf(family: ExpertFamily, monotonicMs: number): Budget {
    const known = this.#budgets.get(family);
    const share = this.#msPerHour / HOUR_MS;
    if (known === undefined) {
      const first = { leftMs: SAVED_MS * share, sinceMs: monotonicMs, costMs: FIRST_COST_MS[family] ?? 100 };
      this.#budgets.set(family, first);
      return first;
    }
    // At least one fit can be saved up for.
    const most = Math.max(SAVED_MS * share, known.costMs);
    known.leftMs = Math.min(most, known.leftMs + (monotonicMs - known.sinceMs) * share);
    known.sinceMs = monotonicMs;
    return known;
  }
}

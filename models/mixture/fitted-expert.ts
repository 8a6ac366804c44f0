/**
 * A fitted model's slot in a mixture: answers from the newest forecast that its family said of the stream. That was made for some leads
 * from some moment in the past; asked is one horizon from now.
 *
 * The median from now to the horizon's end is the difference of the cumulative medians at the two, interpolated between leads. The
 * spread is that of a lead as long as the horizon, as a ratio to its median: half a value on both sides, as in `ewma-ratio.ts`.
 */
import { normalQuantile } from '../../core/sizing/reserve.ts';
import { type Forecaster, orderly, type QuantileQuery } from '../forecaster.ts';
import type { DemandHistory } from '../history/history.ts';
import type { ExpertFamily, ExpertVoices, SaidForecast } from './expert-voices.ts';

/** Below this share of its first lead a model knows nothing: within its bins it has seen no scatter. */
const FIRST_LEAD_SHARE = 0.5;
/** Beyond its last lead its last rate goes on, for as long again. */
const LAST_LEAD_STRETCH = 2;
const OFFSET = 0.5;

export class FittedExpert implements Forecaster {
  /** It says nothing of its own: what it holds is the stream's, for all horizons. */
  readonly bytes = 0;
  readonly family: ExpertFamily;
  private readonly history: DemandHistory;
  private readonly voices: ExpertVoices;
  private horizonMs: number;

  constructor({ history, voices, family, horizonMs }: FittedExpertParts) {
    this.history = history;
    this.voices = voices;
    this.family = family;
    this.horizonMs = horizonMs;
  }

  /** The model that speaks for the family now. */
  get id(): string {
    return this.voice?.model ?? this.family;
  }

  get ready(): boolean {
    return this.voice !== undefined;
  }

  observe(): void {}

  quantiles(query: QuantileQuery): number[] {
    const { voice, horizonMs } = this;
    if (voice === undefined) return query.levels.map(() => NaN);
    const elapsedMs = this.history.endMs - voice.originMs;
    const median = Math.max(0, demandBy(voice, 0.5, elapsedMs + horizonMs) - demandBy(voice, 0.5, elapsedMs));
    const typical = demandBy(voice, 0.5, horizonMs) + OFFSET;
    const quantiles = query.levels.map((level) => {
      const ratio = (demandBy(voice, level, horizonMs) + OFFSET) / typical;
      return (median + OFFSET) * ratio - OFFSET;
    });
    return orderly(quantiles, query.horizonMs / horizonMs);
  }

  retarget(horizonMs: number): void {
    this.horizonMs = horizonMs;
  }

  save(): void {}

  restore(): void {}

  private get voice(): SaidForecast | undefined {
    const nowMs = this.history.endMs;
    const voice = this.voices.fresh(this.family, nowMs);
    if (voice === undefined) return undefined;
    const first = voice.leadsMs[0] ?? 0;
    const last = voice.leadsMs.at(-1) ?? 0;
    const answers = this.horizonMs >= FIRST_LEAD_SHARE * first && nowMs - voice.originMs + this.horizonMs <= LAST_LEAD_STRETCH * last;
    return answers ? voice : undefined;
  }
}

export interface FittedExpertParts {
  readonly history: DemandHistory;
  readonly voices: ExpertVoices;
  readonly family: ExpertFamily;
  readonly horizonMs: number;
}

/** Demand from the origin up to any time after it, at a level: straight between leads, in proportion outside of them. */
function demandBy(voice: SaidForecast, level: number, ms: number): number {
  const { leadsMs } = voice;
  let next = 0;
  while (next < leadsMs.length - 1 && (leadsMs[next] ?? 0) < ms) next++;
  const untilMs = leadsMs[next] ?? 1;
  const until = atLead(voice, next, level);
  if (next === 0 || ms > untilMs) return (until * ms) / untilMs;
  const fromMs = leadsMs[next - 1] ?? 0;
  const from = atLead(voice, next - 1, level);
  return from + ((until - from) * (ms - fromMs)) / (untilMs - fromMs);
}

/** The quantile of a lead at any level: straight in standard deviations between the levels that were said, and on beyond them. */
function atLead({ levels, quantiles }: SaidForecast, lead: number, level: number): number {
  const at = lead * levels.length;
  const exact = levels.indexOf(level);
  if (exact >= 0 || levels.length === 1) return quantiles[at + Math.max(0, exact)] ?? 0;
  let above = 1;
  while (above < levels.length - 1 && (levels[above] ?? 1) < level) above++;
  const [low, high] = [deviations(levels[above - 1] ?? 0.5), deviations(levels[above] ?? 0.5)];
  const [from, to] = [quantiles[at + above - 1] ?? 0, quantiles[at + above] ?? 0];
  return Math.max(0, from + ((to - from) * (deviations(level) - low)) / (high - low));
}

function deviations(level: number): number {
  return level >= 0.5 ? normalQuantile(level) : -normalQuantile(1 - level);
}

/**
 * What a training job was told, and what follows from it alone, so that a job that runs again does the same: which data, how many steps,
 * and where the days begin that are kept back for scoring.
 */
import { SequenceError } from '../../../core/errors.ts';
import { FINE_TUNE_PLAN } from '../../../models/lstm/plan.ts';
import { PRESETS, type PresetName } from '../../../models/lstm/presets.ts';
import type { TrainingKind } from '../../../models/registry/model-card.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;
/** What pools report of a minute is in the log this much later. */
const SETTLED_MS = 2 * MINUTE_MS;
/** Ten times the longest that was ever worth it. */
const STEPS_MAX = 20_000;
/** The days kept back: a week sees every weekday; a fine-tuning is about the newest day. */
const HOLDOUT_MS = { full: 7 * DAY_MS, 'fine-tune': DAY_MS } as const satisfies Record<TrainingKind, number>;
/** Of a short history. */
const HOLDOUT_SHARE_MAX = 0.2;
/** A day to compare with, and as much again to learn from. */
const HISTORY_MS_MIN = 2 * DAY_MS;
const SEED_DEFAULT = 1;

export interface TrainingPlan {
  readonly kind: TrainingKind;
  /** What a full training trains. */
  readonly preset: PresetName;
  readonly steps: number;
  readonly seed: number;
  readonly dataUntilMs: number;
  /** Whose streams it learns from; all where undefined. */
  readonly sequences: readonly string[] | undefined;
  /** Undefined where the history is too short to keep anything back. */
  split(dataFromMs: number): { readonly trainedUntilMs: number; readonly scoredFromMs: number } | undefined;
}

export interface PlanFacts {
  readonly nowMs: number;
  readonly champion: { readonly trainedUntilMs: number } | undefined;
}

/** Throws `SEQ_INVALID_REQUEST` for what a job cannot be told. */
export function planOf(data: unknown, { nowMs, champion }: PlanFacts): TrainingPlan {
  const told = (data ?? {}) as {
    kind?: unknown;
    preset?: unknown;
    steps?: unknown;
    seed?: unknown;
    sequences?: unknown;
    atMs?: unknown;
    untilMs?: unknown;
  };
  const { kind = 'full', preset = 'live', seed = SEED_DEFAULT } = told;
  if (kind !== 'full' && kind !== 'fine-tune') throw invalid(`a training is full or fine-tune, not ${JSON.stringify(kind)}`);
  if (preset !== 'live' && preset !== 'demo') throw invalid(`a preset is live or demo, not ${JSON.stringify(preset)}`);
  const { steps = (kind === 'full' ? PRESETS[preset].plan : FINE_TUNE_PLAN).steps } = told;
  if (!isCount(steps) || steps > STEPS_MAX) throw invalid(`a training has 1 to ${STEPS_MAX} steps, not ${JSON.stringify(steps)}`);
  const { sequences } = told;
  if (sequences !== undefined && !isNames(sequences)) throw invalid(`sequences are names, not ${JSON.stringify(sequences)}`);
  if (!isCount(seed)) throw invalid(`a seed is a whole number from 1, not ${JSON.stringify(seed)}`);
  // A scheduled job is told the start of its interval by the queue's clock, one by hand the time of the stages.
  const untilMs = [told.untilMs, told.atMs].find((ms): ms is number => typeof ms === 'number' && ms <= nowMs) ?? nowMs;
  const dataUntilMs = Math.floor((untilMs - SETTLED_MS) / MINUTE_MS) * MINUTE_MS;
  return {
    kind,
    preset,
    steps,
    seed,
    dataUntilMs,
    sequences,
    split(dataFromMs) {
      const spanMs = dataUntilMs - dataFromMs;
      if (spanMs < HISTORY_MS_MIN) return undefined;
      const holdoutMs = Math.min(HOLDOUT_MS[kind], spanMs * HOLDOUT_SHARE_MAX);
      const trainedUntilMs = Math.floor((dataUntilMs - holdoutMs) / MINUTE_MS) * MINUTE_MS;
      // What the champion has learnt from tells nothing of it.
      const scoredFromMs = Math.max(trainedUntilMs, champion?.trainedUntilMs ?? 0);
      return { trainedUntilMs, scoredFromMs };
    },
  };
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;
}

function invalid(message: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', message);
}

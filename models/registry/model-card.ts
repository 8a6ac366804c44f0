/**
 * The card of a trained model: where it comes from and how good it was on data that it had not seen. Kept beside the weights as JSON,
 * and as a page for people (`card-page.ts`). Its version is the beginning of the checksum of its weights, so that a version never changes
 * and the same training gives the same one.
 */
import { SequenceError } from '../../core/errors.ts';
import type { EvaluationSummary } from './gate.ts';

/** Raised when a card says something else than before. */
export const CARD_SCHEMA = 1;
const VERSION_DIGITS = 8;
/** Points of a loss curve: enough to see its shape. */
const CURVE_POINTS_MAX = 24;

export type TrainingKind = 'full' | 'fine-tune';

export interface LossPoint {
  readonly step: number;
  readonly loss: number;
}

export interface TrainingData {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly binMs: number;
  readonly streams: number;
  /** Bins of all streams, and how many of them were outages. */
  readonly points: number;
  readonly outages: number;
}

export interface ModelCard {
  readonly cardSchema: typeof CARD_SCHEMA;
  readonly family: string;
  readonly version: string;
  readonly sha256: string;
  readonly weightBytes: number;
  /** What the network is fed with: a process that feeds otherwise refuses it. */
  readonly featureSchema: string;
  /** Nothing later went into it. */
  readonly trainedUntilMs: number;
  readonly data: TrainingData;
  readonly training: {
    readonly kind: TrainingKind;
    /** The version that a fine-tuning began with. */
    readonly startedFrom: string | null;
    readonly seeds: readonly number[];
    readonly steps: number;
    readonly tookMs: number;
    readonly losses: readonly LossPoint[];
  };
  /** What computed it, e.g. `wasm`. */
  readonly backend: string;
  readonly madeAtMs: number;
  readonly evaluation: EvaluationSummary;
}

export function versionOf(sha256: string): string {
  return sha256.slice(0, VERSION_DIGITS);
}

/** As forecasts and events name it: `lstm@3f2a90c1`. */
export function modelId(family: string, version: string): string {
  return `${family}@${version}`;
}

/** Undefined for what does not look like one. */
export function parseModelId(id: string): { readonly family: string; readonly version: string } | undefined {
  const match = /^([a-z][a-z0-9-]*)@([0-9a-f]{8})$/.exec(id);
  return match?.[1] === undefined || match[2] === undefined ? undefined : { family: match[1], version: match[2] };
}

/** Some points of a curve, the first and the last among them, each the mean of those it stands for. */
export function thinnedLosses(losses: readonly LossPoint[]): LossPoint[] {
  const every = Math.max(1, Math.ceil(losses.length / CURVE_POINTS_MAX));
  const thinned: LossPoint[] = [];
  for (let from = 0; from < losses.length; from += every) {
    const part = losses.slice(from, from + every);
    const mean = part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
    thinned.push({ step: part.at(-1)?.step ?? 0, loss: Number(mean.toPrecision(5)) });
  }
  return thinned;
}

/** Throws `SEQ_MODEL_INVALID` where it is not a card of this version's schema. */
export function readModelCard(card: unknown): ModelCard {
  const { cardSchema, family, version, evaluation, training, data, ...rest } = (card ?? {}) as Partial<ModelCard>;
  const isCard =
    cardSchema === CARD_SCHEMA &&
    typeof family === 'string' &&
    typeof version === 'string' &&
    typeof rest.sha256 === 'string' &&
    typeof rest.featureSchema === 'string' &&
    typeof rest.backend === 'string' &&
    [rest.trainedUntilMs, rest.madeAtMs, rest.weightBytes].every(Number.isFinite) &&
    [evaluation, training, data].every((part) => typeof part === 'object' && part !== null);
  if (isCard) return card as ModelCard;
  throw new SequenceError('SEQ_MODEL_INVALID', `the card of ${String(family)}@${String(version)} is not one that this version reads`);
}

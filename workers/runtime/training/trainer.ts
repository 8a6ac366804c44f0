/**
 * What trains a model and scores it, whichever thread it does that in. A training that is told to stop, or whose process ends, goes on
 * from its last checkpoint to the same bytes.
 */
import type { SeriesHistory } from '../../../models/contract.ts';
import type { PresetName } from '../../../models/lstm/presets.ts';
import type { HoldoutScores } from '../../../models/registry/evaluation.ts';
import type { LossPoint, TrainingKind } from '../../../models/registry/model-card.ts';
import type { TrainingProgress } from '../../../pipelines/ports.ts';

export interface TrainingRequest {
  readonly kind: TrainingKind;
  /** What a full training trains; a fine-tuning goes on with what it starts from. */
  readonly preset: PresetName;
  readonly steps: number;
  readonly seed: number;
  /** Handed over: whoever asks must not use their arrays afterwards. */
  readonly histories: readonly SeriesHistory[];
  /** Training sees only what came before. */
  readonly trainedUntilMs: number;
  /** From there on nothing was seen by the champion either. */
  readonly scoredFromMs: number;
  readonly champion: Uint8Array | undefined;
  /** Weights that a fine-tuning begins with. */
  readonly startFrom: Uint8Array | undefined;
  readonly checkpoint: Uint8Array | undefined;
}

export interface TrainingHooks {
  onProgress(progress: TrainingProgress): void;
  onCheckpoint(progress: TrainingProgress, bytes: Uint8Array): void;
  /** Something that a person should know, such as a checkpoint that does not fit. */
  onNote(text: string): void;
  /** Calls `stop` when the training should end at its next step. */
  onStop(stop: () => void): void;
}

export interface TrainedModel {
  readonly kind: 'trained';
  readonly weights: Uint8Array;
  readonly featureSchema: string;
  readonly backend: string;
  readonly seeds: readonly number[];
  readonly losses: readonly LossPoint[];
  readonly tookMs: number;
  readonly holdout: HoldoutScores;
}

export type TrainingOutcome =
  | TrainedModel
  /** Told to stop; its checkpoint was handed out. */
  | { readonly kind: 'stopped' }
  /** Nothing to learn from, and why. */
  | { readonly kind: 'refused'; readonly because: string };

export type Trainer = (request: TrainingRequest, hooks: TrainingHooks) => Promise<TrainingOutcome>;

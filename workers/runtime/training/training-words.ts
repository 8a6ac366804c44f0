/** What a process and its training thread say to each other. */
import type { TrainingProgress } from '../../../pipelines/ports.ts';
import type { TrainingOutcome, TrainingRequest } from './trainer.ts';

export type ToTrainingThread = 'stop';

export interface TrainingThreadOptions {
  readonly request: TrainingRequest;
}

export type FromTrainingThread =
  | { readonly kind: 'progress'; readonly progress: TrainingProgress }
  | { readonly kind: 'checkpoint'; readonly progress: TrainingProgress; readonly bytes: Uint8Array }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'ended'; readonly outcome: TrainingOutcome }
  | { readonly kind: 'failed'; readonly message: string };

/** What is said between a forecaster and its expert thread. */
import type { Answers, Question } from './experts.ts';

export type ToExpertThread =
  | { readonly kind: 'serve'; readonly family: string; readonly version: string; readonly bytes: Uint8Array | undefined }
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question };

export type FromExpertThread =
  | { readonly kind: 'serving'; readonly family: string; readonly version: string }
  | { readonly kind: 'unusable'; readonly family: string; readonly version: string; readonly message: string }
  | ({ readonly kind: 'answered'; readonly id: number } & Answers)
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };

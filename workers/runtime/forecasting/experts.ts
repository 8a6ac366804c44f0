/** What the refresher asks fitted models; `thread-experts.ts` has them in a worker thread, tests have them in memory. */
import type { Answer, LeadGrid, SeriesHistory } from '../../../models/contract.ts';
import type { ExpertFamily } from '../../../models/mixture/expert-voices.ts';
import type { ServedModel } from './model-source.ts';

export interface Question {
  readonly family: ExpertFamily;
  /** All in bins of one length. Demand in shared memory is not written to before the answer is there. */
  readonly histories: readonly SeriesHistory[];
  readonly grid: LeadGrid;
  /** Families that are fitted to one stream at a time: fits anew what is asked about, before it answers. */
  readonly fit?: { readonly seasonsBins: readonly number[]; readonly seed: number };
}

export interface Answers {
  /** As many as histories, in their order. */
  readonly answers: readonly Answer[];
  /** Time spent on it, and of that on fitting. */
  readonly tookMs: number;
}

export interface Experts {
  /** Serves a trained model from now on, without a gap to the one before; none where it is undefined. */
  serve(family: ExpertFamily, model: ServedModel | undefined): void;
  /** The version whose answers are to be had now. */
  serving(family: ExpertFamily): string | undefined;
  /** Rejects where the models are lost: they are started again, and the next question may be answered. */
  ask(question: Question): Promise<Answers>;
  /** Models that should answer and do not, and why. */
  problems(): readonly string[];
  close(): Promise<void>;
}

/**
 * The LSTM as the accuracy bench runs it: trained in full where it is fitted first; where it is fitted again, in full once more or
 * fine-tuned from there, as a running installation does by night and by the hour. Says how far it is, and can be held to so many
 * minutes, by fewer steps of the same plan.
 */
import type { FitOptions, FittedForecaster, Refusal, SeriesForecaster, SeriesHistory } from '../../models/contract.ts';
import { FittedLstm, LstmForecaster } from '../../models/lstm/lstm-forecaster.ts';
import { FULL_PLAN } from '../../models/lstm/plan.ts';
import type { LstmWeights } from '../../models/lstm/weights.ts';

export interface LstmTraining {
  readonly nowMs: () => number;
  /** Longest that the full training may take; the plan's steps where left out, so that a run repeats. */
  readonly minutesMax?: number;
  readonly networks?: number;
  /** Every fit begins anew. Where fits are many that would take days. */
  readonly inFull?: boolean;
  readonly onStep?: (step: number, steps: number) => void;
}

/** Steps that say how long a step takes: the first ones are slower. */
const TIMED_STEPS = 20;
/** Fewer teach nothing worth a row. */
const STEPS_MIN = 50;

export class TrainedLstm implements SeriesForecaster {
  readonly id: string;
  readonly traits: SeriesForecaster['traits'];
  readonly #training: LstmTraining;
  #weights: LstmWeights | undefined;

  constructor(training: LstmTraining) {
    const plain = new LstmForecaster();
    this.id = plain.id;
    this.traits = plain.traits;
    this.#training = training;
  }

  async fit(histories: readonly SeriesHistory[], options: FitOptions): Promise<FittedForecaster | Refusal> {
    const isFirst = this.#weights === undefined;
    const fitted = await this.#forecaster(isFirst ? await this.#fullSteps(histories, options) : undefined).fit(histories, options);
    if (fitted instanceof FittedLstm && this.#training.inFull !== true) this.#weights = fitted.weights;
    return fitted;
  }

  load(bytes: Uint8Array): FittedForecaster {
    return new LstmForecaster().load(bytes);
  }

  /** The plan's, or as many as there is time for, by the time that a few take. */
  async #fullSteps(histories: readonly SeriesHistory[], options: FitOptions): Promise<number> {
    const { nowMs, minutesMax, networks = 1 } = this.#training;
    if (minutesMax === undefined) return FULL_PLAN.steps;
    const durations: number[] = [];
    const watch = { nowMs, onStep: ({ ms }: { ms: number }) => durations.push(ms) };
    const timed = await new LstmForecaster({ plan: { steps: TIMED_STEPS }, watch }).fit(histories, options);
    if ('dispose' in timed) timed.dispose?.();
    const settled = durations.slice(TIMED_STEPS / 2);
    const stepMs = settled.reduce((sum, ms) => sum + ms, 0) / Math.max(1, settled.length);
    return Math.max(STEPS_MIN, Math.min(FULL_PLAN.steps, Math.floor((minutesMax * 60_000) / Math.max(1, stepMs) / networks)));
  }

  #forecaster(steps: number | undefined): LstmForecaster {
    const { nowMs, networks, onStep } = this.#training;
    return new LstmForecaster({
      ...(steps === undefined ? {} : { plan: { steps } }),
      ...(networks === undefined ? {} : { networks }),
      ...(this.#weights === undefined ? {} : { from: this.#weights }),
      watch: { nowMs, onStep: ({ step, steps: all }) => onStep?.(step, all) },
    });
  }
}

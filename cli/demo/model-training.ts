/**
 * The demo's own model. When the first days are over it has the server train one on what was asked for so far, by the job that
 * `seqcast train` adds, and looks on: how far the training is, what the gate finds, and how much the mixtures trust the model since.
 *
 * What the demo is about goes on without it: looking never waits, and what goes wrong here is shown and nothing else.
 */
import { sequenceOfStream } from '../../core/stream.ts';
import type { EvaluationSummary } from '../../models/registry/gate.ts';
import type { SeqcastService } from '../../workers/runtime/service/service.ts';
import type { GateScores, ModelProgress, ModelWeight } from './model-progress.ts';

/** Two days and a half can be kept back then. After ten days about every second training was refused: its .95 quantile covered too much. */
export const TRAIN_AFTER_DAYS = 12;
const SEED = 1;
const FAMILY = 'lstm@';
const DAY_MS = 86_400_000;
/** Between two looks, in real time: a job says how far it is every few steps. */
const LOOK_WALL_MS = 500;

export interface DemoModelOptions {
  readonly service: Pick<SeqcastService, 'train' | 'job' | 'model' | 'explain'>;
  readonly speedUp: number;
  readonly afterDays?: number;
}

/** What the job answers (`workers/runtime/training/training-job.ts`). */
interface Result {
  readonly trained: boolean;
  readonly model?: string;
  readonly promoted: boolean;
  readonly because: string;
}

export class DemoModel {
  readonly #options: DemoModelOptions;
  readonly #afterDays: number;
  readonly #weights = new Map<string, { now: number; sum: number; looks: number }>();
  #said: Omit<ModelProgress, 'afterDays' | 'weights'> = { state: 'waiting', note: '' };
  #job: string | undefined;
  #nextMs = 0;
  #isLooking = false;

  constructor(options: DemoModelOptions) {
    this.#options = options;
    this.#afterDays = options.afterDays ?? TRAIN_AFTER_DAYS;
  }

  get progress(): ModelProgress {
    const weights = [...this.#weights].map(([stream, { now, sum, looks }]): ModelWeight => ({ stream, now, mean: sum / looks }));
    return { ...this.#said, afterDays: this.#afterDays, weights };
  }

  /** Call it as often as you like, with the demo time since the beginning. */
  look(elapsedMs: number, streams: readonly string[]): void {
    if (elapsedMs < this.#nextMs) return;
    this.#nextMs = elapsedMs + LOOK_WALL_MS * this.#options.speedUp;
    this.#weigh(streams);
    const isOver = this.#said.state !== 'waiting' && this.#said.state !== 'training';
    if (this.#isLooking || isOver || elapsedMs < this.#afterDays * DAY_MS) return;
    this.#isLooking = true;
    const day = elapsedMs / DAY_MS;
    void this.#step(day, [...new Set(streams.map(sequenceOfStream))])
      .catch((error: unknown) => {
        this.#said = { ...this.#said, state: 'failed', note: error instanceof Error ? error.message : String(error) };
      })
      .finally(() => {
        this.#isLooking = false;
      });
  }

  async #step(day: number, sequences: readonly string[]): Promise<void> {
    const { service } = this.#options;
    if (this.#job === undefined) {
      this.#said = { state: 'training', note: 'it begins', askedDay: day };
      // Not on the callers that come by the clock: nothing is held in stock for them, and a minute of theirs is no chance.
      this.#job = (await service.train({ kind: 'full', preset: 'demo', seed: SEED, sequences })).job;
      return;
    }
    const { state, note, result, error } = await service.job(this.#job);
    if (state === 'dead') this.#said = { ...this.#said, state: 'failed', note: error ?? 'its job failed' };
    else if (state === 'done') await this.#conclude(result as Result, day);
    else if (note !== undefined) this.#said = { ...this.#said, note };
  }

  async #conclude({ trained, model, promoted, because }: Result, endedDay: number): Promise<void> {
    const known = { ...this.#said, note: because, endedDay };
    if (!trained || model === undefined) {
      this.#said = { ...known, state: 'failed' };
      return;
    }
    const { card } = await this.#options.service.model(model);
    const facts = card === undefined ? {} : { tookMs: card.training.tookMs, gate: gateScoresOf(card.evaluation) };
    // From here on it is the model's weight, and not that of one from an earlier demo.
    this.#weights.clear();
    this.#said = { ...known, ...facts, state: promoted ? 'promoted' : 'refused', model };
  }

  #weigh(streams: readonly string[]): void {
    for (const stream of streams) {
      const weight = this.#weightOf(stream);
      const known = this.#weights.get(stream) ?? { now: 0, sum: 0, looks: 0 };
      if (weight === 0 && known.looks === 0) continue;
      this.#weights.set(stream, { now: weight, sum: known.sum + weight, looks: known.looks + 1 });
    }
  }

  #weightOf(stream: string): number {
    try {
      return this.#options.service.explain(stream).experts.find(({ expert }) => expert.startsWith(FAMILY))?.weight ?? 0;
    } catch {
      // A stream that was never allocated to has no mixture yet.
      return 0;
    }
  }
}

function gateScoresOf({ fromMs, untilMs, losses, rival, improvement, coverage }: EvaluationSummary): GateScores {
  return {
    days: (untilMs - fromMs) / DAY_MS,
    loss: losses.challenger,
    rival,
    rivalLoss: losses.champion ?? losses.baselines[rival] ?? Number.NaN,
    saved: improvement.share,
    savedLow: improvement.low,
    savedHigh: improvement.high,
    covered: coverage.share,
  };
}

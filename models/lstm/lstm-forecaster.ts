/**
 * The LSTM as a forecaster: global, fitted to many histories at once, and good for histories that it has never seen. TensorFlow is
 * loaded when it is first needed, so that naming this file costs nothing; where it runs is the caller's choice, and belongs into a
 * worker thread.
 */
import type {
  Answer,
  FitOptions,
  FittedForecaster,
  ForecasterTraits,
  LeadGrid,
  Refusal,
  RefusalReason,
  SeriesForecaster,
  SeriesHistory,
} from '../contract.ts';
import { orderlyForecast } from '../contract.ts';
import type { BackendChoice } from './backend.ts';
import { type GridProjection, meanOf, projected, projection } from './grid.ts';
import type { LstmInference } from './inference.ts';
import type { ModelTrainingWatch } from './model-training.ts';
import type { LstmNetwork } from './network.ts';
import { FINE_TUNE_PLAN, FULL_PLAN, type TrainingPlan } from './plan.ts';
import { historyBinsMin, type LstmSpec, specFor, trainingBinsMin } from './spec.ts';
import { decodeWeights, encodeWeights, type LstmWeights } from './weights.ts';

export const LSTM_ID = 'lstm@1';

export interface LstmOptions {
  /** Made from what is asked of `fit` where it is left out. */
  readonly spec?: LstmSpec;
  /** Networks to train and to average: 1 is quick, 2 is better. */
  readonly networks?: number;
  readonly plan?: Partial<Omit<TrainingPlan, 'seed'>>;
  readonly backend?: BackendChoice;
  /** Weights to go on from, instead of from nothing. */
  readonly from?: LstmWeights;
  readonly watch?: ModelTrainingWatch;
}

export class LstmForecaster implements SeriesForecaster {
  readonly id = LSTM_ID;
  readonly traits: ForecasterTraits;
  readonly #options: LstmOptions;

  constructor(options: LstmOptions = {}) {
    this.#options = options;
    const historyBins = options.spec === undefined ? 1 : historyBinsMin(options.spec);
    this.traits = { scope: 'global', needsSeasonality: false, historyBinsMin: historyBins };
  }

  async fit(histories: readonly SeriesHistory[], { seasonsBins, seed, grid }: FitOptions): Promise<FittedForecaster | Refusal> {
    const first = histories[0];
    if (first === undefined) return refusal('too-short', 'there is no history to learn from');
    const spec = this.#options.spec ?? specFor(first.binMs, seasonsBins, grid);
    const { trainModel, LostTraining } = await import('./model-training.ts');
    const usable = histories.filter(({ binMs, demand }) => binMs === spec.binMs && demand.length >= trainingBinsMin(spec));
    if (usable.length === 0) return refusal('too-short', `no history has the ${trainingBinsMin(spec)} bins that a window needs`);
    const { from, watch, networks = 1, backend } = this.#options;
    const { seed: _, ...plan } = from === undefined ? FULL_PLAN : FINE_TUNE_PLAN;
    const seeds = Array.from({ length: from?.members.length ?? networks }, (_, i) => seed + i);
    try {
      const end = await trainModel(usable, {
        spec,
        seeds,
        plan: { ...plan, ...this.#options.plan },
        watch: watch ?? { nowMs: () => 0 },
        ...(from === undefined ? {} : { from }),
        ...(backend === undefined ? {} : { backend }),
      });
      if (end.kind === 'stopped') return refusal('timed-out', `stopped after ${end.checkpoint.state.step} steps`);
      return new FittedLstm(end.weights, backend);
    } catch (cause) {
      if (cause instanceof LostTraining) return refusal('did-not-converge', cause.message);
      throw cause;
    }
  }

  load(bytes: Uint8Array): FittedLstm {
    return new FittedLstm(decodeWeights(bytes), this.#options.backend);
  }
}

export class FittedLstm implements FittedForecaster {
  readonly id = LSTM_ID;
  readonly weights: LstmWeights;
  readonly #backend: BackendChoice;
  #running: Promise<{ inference: LstmInference; networks: readonly LstmNetwork[] }> | undefined;

  constructor(weights: LstmWeights, backend: BackendChoice = 'auto') {
    this.weights = weights;
    this.#backend = backend;
  }

  async predict(histories: readonly SeriesHistory[], grid: LeadGrid): Promise<readonly Answer[]> {
    const { spec } = this.weights;
    const place = projection(spec, grid);
    if (typeof place === 'string') return histories.map(() => refusal('unsupported-grid', place));
    const refusals = histories.map((history) => this.#refusalOf(history));
    const { inference } = await this.#start();
    const demands = inference.predict(histories.filter((_, i) => refusals[i] === undefined));
    let next = 0;
    return histories.map((history, i) => refusals[i] ?? this.#answer(history, demands[next++], grid, place));
  }

  save(): Uint8Array {
    return encodeWeights(this.weights);
  }

  dispose(): void {
    const running = this.#running;
    this.#running = undefined;
    void running?.then(
      ({ networks }) => {
        for (const network of networks) network.dispose();
      },
      // It never started: nothing is held.
      () => undefined,
    );
  }

  #refusalOf({ binMs, demand }: SeriesHistory): Refusal | undefined {
    const { spec } = this.weights;
    if (binMs !== spec.binMs) return refusal('unsupported-grid', `it was made for bins of ${spec.binMs} ms, not of ${binMs} ms`);
    const least = historyBinsMin(spec);
    return demand.length < least ? refusal('too-short', `${demand.length} bins of history, and it needs ${least}`) : undefined;
  }

  #answer(history: SeriesHistory, demands: Float64Array | undefined, grid: LeadGrid, place: GridProjection): Answer {
    if (demands === undefined) return refusal('not-finite', 'the history is not finite');
    const quantiles = projected(demands, this.weights.spec, place);
    const firstMs = grid.of === 'total' ? (grid.leadsMs[0] ?? history.binMs) : history.binMs;
    const ratePerSecond = meanOf(grid.levels, quantiles.subarray(0, grid.levels.length)) / (firstMs / 1_000);
    const originMs = history.startMs + history.demand.length * history.binMs;
    return orderlyForecast({ model: LSTM_ID, originMs, ratePerSecond, quantiles }, grid);
  }

  #start(): Promise<{ inference: LstmInference; networks: readonly LstmNetwork[] }> {
    this.#running ??= this.#load();
    return this.#running;
  }

  async #load(): Promise<{ inference: LstmInference; networks: readonly LstmNetwork[] }> {
    const [{ startBackend }, { LstmNetwork }, { LstmInference }] = await Promise.all([
      import('./backend.ts'),
      import('./network.ts'),
      import('./inference.ts'),
    ]);
    await startBackend(this.#backend);
    const { spec, members } = this.weights;
    const networks = members.map((parameters) => {
      const network = new LstmNetwork(spec);
      network.assign(parameters);
      return network;
    });
    return { inference: new LstmInference(spec, networks), networks };
  }
}

function refusal(refused: RefusalReason, detail: string): Refusal {
  return { model: LSTM_ID, refused, detail };
}

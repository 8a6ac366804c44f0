/**
 * The fitted models of an expert thread: the trained one in service, and those that were fitted to a stream each, the last used of which
 * are kept. Knows nothing of threads.
 */
import type { Answer, FittedForecaster, Refusal, SeriesForecaster, SeriesHistory } from '../../../models/contract.ts';
import type { ExpertFamily } from '../../../models/mixture/expert-voices.ts';
import { EXPERT_PLANS } from './expert-plans.ts';
import type { Answers, Question } from './experts.ts';

/** Fits that are kept, some kilobytes each; whoever was not asked about for longest is fitted again when its turn comes. */
const FITS_MAX = 4_000;

/** The detail of a refusal that another fit mends: the thread was started anew, or the fit was forgotten. */
export const NOT_FITTED = 'it was not fitted yet';

/** How a family's models are made; loaded when the family is first asked. */
export type ForecasterLoader = (family: ExpertFamily) => Promise<SeriesForecaster>;

export class FittedModels {
  readonly #load: ForecasterLoader;
  readonly #nowMs: () => number;
  readonly #forecasters = new Map<ExpertFamily, Promise<SeriesForecaster>>();
  readonly #serving = new Map<string, FittedForecaster>();
  /** By family and stream, the last used one last. */
  readonly #fits = new Map<string, FittedForecaster>();

  constructor(load: ForecasterLoader, nowMs: () => number) {
    this.#load = load;
    this.#nowMs = nowMs;
  }

  /** Resolves when the model answers; until then, and where it throws, the one before goes on. */
  async serve(family: ExpertFamily, bytes: Uint8Array | undefined): Promise<void> {
    const before = this.#serving.get(family);
    if (bytes === undefined) this.#serving.delete(family);
    else {
      const forecaster = await this.#forecaster(family);
      const fitted = forecaster.load(bytes);
      // The first question starts the backend: nobody should wait for that.
      await fitted.predict([], EXPERT_PLANS[family].grid);
      this.#serving.set(family, fitted);
    }
    before?.dispose?.();
  }

  async answer({ family, histories, grid, fit }: Question): Promise<Answers> {
    const startMs = this.#nowMs();
    const served = this.#serving.get(family);
    const answers = served === undefined ? await this.#answerOneByOne(family, histories, grid, fit) : await served.predict(histories, grid);
    return { answers, tookMs: this.#nowMs() - startMs };
  }

  async #answerOneByOne(
    family: ExpertFamily,
    histories: readonly SeriesHistory[],
    grid: Question['grid'],
    fit: Question['fit'],
  ): Promise<Answer[]> {
    const answers: Answer[] = [];
    for (const history of histories) {
      const fitted = await this.#fitOf(family, history, grid, fit);
      const [answer] = 'refused' in fitted ? [fitted] : await fitted.predict([history], grid);
      answers.push(answer ?? { model: family, refused: 'failed', detail: 'it said nothing' });
    }
    return answers;
  }

  async #fitOf(
    family: ExpertFamily,
    history: SeriesHistory,
    grid: Question['grid'],
    fit: Question['fit'],
  ): Promise<FittedForecaster | Refusal> {
    const key = `${family} ${history.key}`;
    const known = this.#fits.get(key);
    this.#fits.delete(key);
    if (fit === undefined) {
      if (known === undefined) return { model: family, refused: 'failed', detail: NOT_FITTED };
      this.#fits.set(key, known);
      return known;
    }
    known?.dispose?.();
    const forecaster = await this.#forecaster(family);
    const fitted = await forecaster.fit([history], { ...fit, grid });
    if ('refused' in fitted) return fitted;
    this.#fits.set(key, fitted);
    for (const [oldest, forgotten] of this.#fits) {
      if (this.#fits.size <= FITS_MAX) break;
      this.#fits.delete(oldest);
      forgotten.dispose?.();
    }
    return fitted;
  }

  #forecaster(family: ExpertFamily): Promise<SeriesForecaster> {
    let forecaster = this.#forecasters.get(family);
    if (forecaster === undefined) {
      forecaster = this.#load(family);
      this.#forecasters.set(family, forecaster);
    }
    return forecaster;
  }
}

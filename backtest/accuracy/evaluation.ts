/**
 * Asks one forecaster at every origin of a task. A forecaster of single series is fitted to each on its own, a global one to all
 * of them at once; either is fitted anew where the origins say so, and never to anything after.
 */
import type {
  Answer,
  FitOptions,
  FittedForecaster,
  Refusal,
  RefusalReason,
  SeriesForecaster,
  SeriesHistory,
} from '../../models/contract.ts';
import { isRefusal } from '../../models/contract.ts';
import { emptyQuantiles, type ForecastTable } from './forecast-table.ts';
import { type AccuracyTask, historyUntil } from './task.ts';

/** Histories handed over at a time: enough for a network to work in batches, few enough to show progress. */
const BATCH = 256;

export interface EvaluationOptions {
  readonly seed: number;
  /** Milliseconds of any clock: costs are differences of it. */
  readonly nowMs: () => number;
  /** Called after each fit and batch with the share of the work that is done. */
  readonly onProgress?: (done: number) => void;
}

interface Place {
  readonly series: number;
  readonly origin: number;
}

export async function forecastTask(forecaster: SeriesForecaster, task: AccuracyTask, options: EvaluationOptions): Promise<ForecastTable> {
  return new Evaluation(forecaster, task, options).run();
}

class Evaluation {
  readonly #forecaster: SeriesForecaster;
  readonly #task: AccuracyTask;
  readonly #options: EvaluationOptions;
  readonly #quantiles: Float64Array[];
  readonly #refusals: Partial<Record<RefusalReason, number>> = {};
  readonly #cost = { fits: 0, fitMs: 0, predictions: 0, predictMs: 0 };
  #done = 0;

  constructor(forecaster: SeriesForecaster, task: AccuracyTask, options: EvaluationOptions) {
    this.#forecaster = forecaster;
    this.#task = task;
    this.#options = options;
    this.#quantiles = emptyQuantiles(task);
  }

  async run(): Promise<ForecastTable> {
    for (const places of this.#sharedFits()) await this.#forecastFrom(places);
    return { model: this.#forecaster.id, quantiles: this.#quantiles, refusals: this.#refusals, cost: this.#cost };
  }

  /** Origins that share a fit: of one series, or of all of them where the forecaster is global. */
  #sharedFits(): Place[][] {
    const groups = new Map<string, Place[]>();
    const global = this.#forecaster.traits.scope === 'global';
    this.#task.series.forEach(({ origins }, series) => {
      let fit = -1;
      let fitBins = -1;
      origins.forEach((origin, index) => {
        if (origin.fitBins !== fitBins) fit++;
        fitBins = origin.fitBins;
        const key = global ? `${fit}` : `${series}/${fit}`;
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [{ series, origin: index }]);
        else group.push({ series, origin: index });
      });
    });
    return [...groups.values()];
  }

  async #forecastFrom(places: readonly Place[]): Promise<void> {
    const fitted = await this.#fitted(places);
    this.#report(0);
    if (isRefusalOfFit(fitted)) {
      for (const _ of places) this.#refuse(fitted.refused);
      this.#report(places.length);
      return;
    }
    for (let from = 0; from < places.length; from += BATCH) {
      const batch = places.slice(from, from + BATCH);
      const startMs = this.#options.nowMs();
      const answers = await fitted.predict(
        batch.map((place) => this.#historyAt(place)),
        this.#task.grid,
      );
      this.#cost.predictMs += this.#options.nowMs() - startMs;
      this.#cost.predictions += batch.length;
      batch.forEach((place, i) => {
        this.#take(place, answers[i]);
      });
      this.#report(batch.length);
    }
    fitted.dispose?.();
  }

  async #fitted(places: readonly Place[]): Promise<FittedForecaster | Refusal> {
    const histories = new Map<number, SeriesHistory>();
    for (const { series, origin } of places) {
      const { history, origins } = this.#seriesAt(series);
      if (!histories.has(series)) histories.set(series, historyUntil(history, origins[origin]?.fitBins ?? 0));
    }
    const { seasonsBins, grid } = this.#task;
    const fit: FitOptions = { seasonsBins, grid, seed: this.#options.seed };
    const startMs = this.#options.nowMs();
    const fitted = await this.#forecaster.fit([...histories.values()], fit);
    this.#cost.fitMs += this.#options.nowMs() - startMs;
    this.#cost.fits++;
    return fitted;
  }

  #take({ series, origin }: Place, answer: Answer | undefined): void {
    const { leadsMs, levels } = this.#task.grid;
    const width = leadsMs.length * levels.length;
    if (answer === undefined) this.#refuse('failed');
    else if (isRefusal(answer)) this.#refuse(answer.refused);
    else if (answer.quantiles.length !== width || !answer.quantiles.every((value) => Number.isFinite(value))) this.#refuse('not-finite');
    else this.#quantiles[series]?.set(answer.quantiles, origin * width);
  }

  #refuse(reason: RefusalReason): void {
    this.#refusals[reason] = (this.#refusals[reason] ?? 0) + 1;
  }

  #historyAt({ series, origin }: Place): SeriesHistory {
    const { history, origins } = this.#seriesAt(series);
    return historyUntil(history, origins[origin]?.historyBins ?? 0);
  }

  #seriesAt(series: number): AccuracyTask['series'][number] {
    return this.#task.series[series] as AccuracyTask['series'][number];
  }

  #report(done: number): void {
    this.#done += done;
    const all = this.#task.series.reduce((sum, { origins }) => sum + origins.length, 0);
    this.#options.onProgress?.(this.#done / all);
  }
}

function isRefusalOfFit(fitted: FittedForecaster | Refusal): fitted is Refusal {
  return 'refused' in fitted;
}

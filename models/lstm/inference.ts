/**
 * Asks the network for many streams at once. Batches have one of two shapes, the last one padded: the backend keeps memory for each
 * shape that it has seen.
 */
import type { SeriesHistory } from '../contract.ts';
import { clearWindow, type FeatureBatch, FeatureWriter, featureBatch } from './features.ts';
import type { LstmNetwork } from './network.ts';
import type { LstmSpec } from './spec.ts';

/** Windows in a batch, as many as a refresh asks about at a time: beyond this they are no faster, and hold more memory. */
const WINDOWS = 128;
/** Where only a few ask: padding is computed too. */
const WINDOWS_FEW = 32;
/** Above this, demand would not be a safe integer (e^36.7). */
const LOG_DEMAND_MAX = 36;

/** Demand by lead and level for the end of each history; undefined where its demand was not finite. */
export class LstmInference {
  readonly #spec: LstmSpec;
  /** Trained from different seeds; what they say is averaged. */
  readonly #networks: readonly LstmNetwork[];
  readonly #writer: FeatureWriter;
  readonly #many: FeatureBatch;
  readonly #few: FeatureBatch;

  constructor(spec: LstmSpec, networks: readonly LstmNetwork[]) {
    this.#spec = spec;
    this.#networks = networks;
    this.#writer = new FeatureWriter(spec);
    this.#many = featureBatch(spec, WINDOWS);
    this.#few = featureBatch(spec, WINDOWS_FEW);
  }

  predict(histories: readonly SeriesHistory[]): (Float64Array | undefined)[] {
    const answers: (Float64Array | undefined)[] = [];
    while (answers.length < histories.length) {
      const left = histories.length - answers.length;
      const batch = left > 2 * WINDOWS_FEW ? this.#many : this.#few;
      answers.push(...this.#predictBatch(histories.slice(answers.length, answers.length + batch.windows), batch));
    }
    return answers;
  }

  #predictBatch(histories: readonly SeriesHistory[], batch: FeatureBatch): (Float64Array | undefined)[] {
    const usable = histories.map((history, row) => this.#writer.write(history, history.demand.length, batch, row));
    // Also the rows that were refused: what is not a number must not reach the backend.
    for (let row = 0; row < batch.windows; row++) if (usable[row] !== true) clearWindow(batch, row);
    const said = this.#networks.map((network) => network.answer(batch));
    return usable.map((yes, row) => (yes ? this.#demands(said, batch, row) : undefined));
  }

  /** Out of logarithms, ascending over leads where they are totals: what lies within an hour lies within two. */
  #demands(said: readonly Float32Array[], batch: FeatureBatch, row: number): Float64Array {
    const { leadsBins, levels, of } = this.#spec;
    const width = levels.length;
    const cells = leadsBins.length * width;
    const demands = new Float64Array(cells);
    for (let i = 0; i < cells; i++) {
      const ref = batch.refs[row * leadsBins.length + Math.floor(i / width)] as number;
      let sum = 0;
      for (const one of said) sum += Math.max(0, Math.expm1(Math.min(LOG_DEMAND_MAX, ref + (one[row * cells + i] as number))));
      const demand = sum / said.length;
      demands[i] = of === 'total' && i >= width ? Math.max(demand, demands[i - width] as number) : demand;
    }
    return demands;
  }
}

/**
 * Which windows training sees: half of them from any stream alike, half in proportion to how much streams ask for, at random origins.
 * What a step draws depends on the seed and the step alone, so that a resumed training draws what an uninterrupted one would.
 */
import type { Rng } from '../../core/rng.ts';
import type { SeriesHistory } from '../contract.ts';
import { drawsOf } from './draws.ts';
import { clearWindow, type FeatureBatch, FeatureWriter, featureBatch } from './features.ts';
import { ABSENT, leadDemands, meanDemand } from './spans.ts';
import { historyBinsMin, type LstmSpec, trainingBinsMin } from './spec.ts';

export interface TrainingBatch {
  readonly features: FeatureBatch;
  /** Log demand above the refs, by window and lead. */
  readonly targets: Float32Array;
  /** 0 where the target was not seen. */
  readonly weights: Float32Array;
}

/** A window drawn from a series with demand that is not finite is drawn again, this often. */
const DRAWS_MAX = 16;

export class TrainingWindows {
  readonly #spec: LstmSpec;
  readonly #windows: number;
  readonly #histories: readonly SeriesHistory[];
  /** Running sums of the levels, to draw in proportion. */
  readonly #levels: Float64Array;
  readonly #writer: FeatureWriter;
  readonly #batch: TrainingBatch;
  readonly #demands: Float64Array;

  constructor(spec: LstmSpec, windows: number, histories: readonly SeriesHistory[]) {
    this.#spec = spec;
    this.#windows = windows;
    this.#histories = histories.filter((history) => history.demand.length >= trainingBinsMin(spec));
    this.#levels = new Float64Array(this.#histories.length);
    let sum = 0;
    for (const [i, history] of this.#histories.entries()) {
      const level = meanDemand(history, 0, history.demand.length);
      if (Number.isFinite(level)) sum += shareOf(spec, Math.max(0, level));
      this.#levels[i] = sum;
    }
    this.#writer = new FeatureWriter(spec);
    const cells = windows * spec.leadsBins.length;
    this.#batch = { features: featureBatch(spec, windows), targets: new Float32Array(cells), weights: new Float32Array(cells) };
    this.#demands = new Float64Array(spec.leadsBins.length);
  }

  /** Series long enough to learn from. */
  get count(): number {
    return this.#histories.length;
  }

  /** The batch of a step, in memory that the next call uses again. */
  draw(seed: number, step: number): TrainingBatch {
    const rng = drawsOf('windows', seed, step);
    for (let row = 0; row < this.#windows; row++) this.#drawRow(rng, row);
    return this.#batch;
  }

  #drawRow(rng: Rng, row: number): void {
    const longest = this.#spec.leadsBins[this.#spec.leadsBins.length - 1] as number;
    const earliest = historyBinsMin(this.#spec);
    for (let draw = 0; draw < DRAWS_MAX; draw++) {
      const history = this.#histories[this.#drawSeries(rng, row)] as SeriesHistory;
      const origins = history.demand.length - longest - earliest + 1;
      const origin = earliest + Math.floor(rng.next() * origins);
      if (!this.#writer.write(history, origin, this.#batch.features, row)) continue;
      if (this.#writeTargets(history, origin, row)) return;
    }
    // Nothing usable was drawn: an empty window that costs nothing.
    const leads = this.#spec.leadsBins.length;
    clearWindow(this.#batch.features, row);
    this.#batch.targets.fill(0, row * leads, (row + 1) * leads);
    this.#batch.weights.fill(0, row * leads, (row + 1) * leads);
  }

  #drawSeries(rng: Rng, row: number): number {
    const count = this.#histories.length;
    const total = this.#levels[count - 1] as number;
    const uniform = rng.next();
    if (row % 2 === 0 || total === 0) return Math.floor(uniform * count);
    const wanted = uniform * total;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#levels[middle] as number) > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #writeTargets(history: SeriesHistory, origin: number, row: number): boolean {
    const leads = this.#spec.leadsBins.length;
    const { features, targets, weights } = this.#batch;
    leadDemands(history, origin, history.demand.length, 0, this.#spec, this.#demands);
    for (let i = 0; i < leads; i++) {
      const at = row * leads + i;
      const demand = this.#demands[i] as number;
      const target = demand === ABSENT ? 0 : Math.log1p(demand) - (features.refs[at] as number);
      if (!Number.isFinite(target)) return false;
      targets[at] = target;
      // An error counts by how much it is for this series.
      weights[at] = demand === ABSENT ? 0 : 1 / (features.scales[at] as number);
    }
    return true;
  }
}

/** Where levels lie orders of magnitude apart, the two largest series would be drawn all the time, and learnt by heart. */
function shareOf(spec: LstmSpec, level: number): number {
  return spec.spread === 'measured' ? Math.log1p(level) : level;
}

/**
 * Fixed-share mixture of experts: quantiles averaged with exponential weights on each expert's normalised pinball loss, learnt
 * when a horizon has passed, then an upper quantile calibrated by a tracker.
 *
 * Source: Herbster and Warmuth 1998 (fixed share); forecasting study, sections 7.3 and 7.4. An expert that is not ready or says
 * something that is not finite is left out, and the others' weights are scaled up; it keeps its own share for later.
 */
import { DelayLine } from './delay-line.ts';
import { boundedLoss, mixed, reweigh } from './fixed-share.ts';
import { type Forecaster, orderly, type QuantileQuery } from './forecaster.ts';
import type { DemandHistory } from './history.ts';
import type { StateReader, StateWriter } from './state-bytes.ts';
import { QuantileTracker } from './tracker.ts';

/** Each has weights of its own; the last one is calibrated. Other levels use the weights of the nearest. */
export const MIXTURE_LEVELS: readonly number[] = [0.5, 0.99];
const UPPER = MIXTURE_LEVELS.length - 1;
const UPPER_LEVEL = 0.99;

/** Outcomes per horizon: the study judges each minute of five. */
const RECORDS_MAX = 6;

export interface MixtureParts {
  readonly history: DemandHistory;
  readonly horizonMs: number;
  /** Observed by the mixture, in this order. */
  readonly experts: readonly Forecaster[];
  /** One standard deviation of the demand over the horizon: the unit of losses and of the tracker's shift. */
  readonly scale: () => number;
  /** What the upper quantile is at least, whatever the experts say: the schedule's promise. */
  readonly atLeast: () => number;
}

export class Mixture implements Forecaster {
  readonly id = 'mixture@1';
  readonly experts: readonly Forecaster[];
  readonly tracker = new QuantileTracker(UPPER_LEVEL);
  private readonly parts: MixtureParts;
  private horizonMs: number;
  /** By level, then by expert. */
  private readonly weights: Float64Array;
  private line: DelayLine;
  /** What is said and combined for the levels at the end of this bin: not state, the same follows after a restore. */
  private spokenBin = -1;
  private said: readonly number[] = [];
  private spoken: readonly number[] = [];

  constructor(parts: MixtureParts) {
    this.parts = parts;
    this.experts = parts.experts;
    this.horizonMs = parts.horizonMs;
    this.weights = new Float64Array(MIXTURE_LEVELS.length * parts.experts.length).fill(1 / parts.experts.length);
    this.line = this.newLine();
  }

  get ready(): boolean {
    return this.experts.some((expert) => expert.ready);
  }

  get bytes(): number {
    return this.weights.byteLength + this.line.bytes + this.experts.reduce((sum, expert) => sum + expert.bytes, 0);
  }

  /** Weight of an expert for the calibrated level. */
  weightOf(expert: number): number {
    return this.weights[UPPER * this.experts.length + expert] ?? 0;
  }

  observe(binStartMs: number, demand: number): void {
    for (const expert of this.experts) expert.observe(binStartMs, demand);
    const { history, scale } = this.parts;
    if (!this.line.isDue(history.nextBin)) return;
    if (this.line.matured) this.judge();
    this.speak();
    for (const value of this.said) this.line.push(value);
    this.line.push(this.ready ? (this.spoken[UPPER] ?? 0) : NaN);
    this.line.push(scale());
  }

  quantiles(query: QuantileQuery): number[] {
    this.speak();
    const own = { horizonMs: this.horizonMs, levels: query.levels };
    const combined = query.levels === MIXTURE_LEVELS ? [...this.spoken] : this.combined(this.saidBy(own), query.levels);
    return orderly(combined, query.horizonMs / this.horizonMs);
  }

  retarget(horizonMs: number): void {
    this.horizonMs = horizonMs;
    this.spokenBin = -1;
    this.line = this.newLine();
    for (const expert of this.experts) expert.retarget(horizonMs);
  }

  save(to: StateWriter): void {
    to.elements(this.weights);
    this.tracker.save(to);
    this.line.save(to);
    for (const expert of this.experts) expert.save(to);
  }

  restore(from: StateReader): void {
    this.spokenBin = -1;
    from.elements(this.weights);
    this.tracker.restore(from);
    this.line.restore(from);
    for (const expert of this.experts) expert.restore(from);
  }

  private newLine(): DelayLine {
    const width = MIXTURE_LEVELS.length * this.experts.length + 2;
    return new DelayLine({ width, horizonMs: this.horizonMs, recordsMax: RECORDS_MAX });
  }

  private speak(): void {
    if (this.spokenBin === this.parts.history.nextBin) return;
    this.spokenBin = this.parts.history.nextBin;
    this.said = this.saidBy({ horizonMs: this.horizonMs, levels: MIXTURE_LEVELS });
    this.spoken = this.combined(this.said, MIXTURE_LEVELS);
  }

  /** What each expert says, level by level; `NaN` for one that is left out. */
  private saidBy(query: QuantileQuery): number[] {
    const count = this.experts.length;
    const said = new Array<number>(query.levels.length * count).fill(NaN);
    this.experts.forEach((expert, k) => {
      if (!expert.ready) return;
      const quantiles = expert.quantiles(query);
      if (!quantiles.every((value) => Number.isFinite(value))) return;
      quantiles.forEach((value, level) => {
        said[level * count + k] = value;
      });
    });
    return said;
  }

  private combined(said: readonly number[], levels: readonly number[]): number[] {
    const count = this.experts.length;
    return levels.map((level, i) => {
      const row = level > (0.5 + UPPER_LEVEL) / 2 ? UPPER : 0;
      const mean = mixed(this.weights, row * count, said, i * count, count);
      if (level < UPPER_LEVEL) return mean;
      return Math.max(this.tracker.shifted(mean, this.parts.scale()), this.parts.atLeast());
    });
  }

  /** Holds what was said one horizon ago against what came. */
  private judge(): void {
    const { line, parts } = this;
    const count = this.experts.length;
    // Nothing was said: nobody is to blame.
    if (Number.isNaN(line.oldest(MIXTURE_LEVELS.length * count))) return;
    const demand = parts.history.windowDemand(line.madeAtMs(parts.history.endMs), this.horizonMs);
    const upper = line.oldest(MIXTURE_LEVELS.length * count);
    const scale = line.oldest(MIXTURE_LEVELS.length * count + 1);
    for (let row = 0; row < MIXTURE_LEVELS.length; row++) this.reweigh(row, demand, scale);
    this.tracker.observe(demand > upper, line.records);
  }

  private reweigh(row: number, demand: number, scale: number): void {
    const count = this.experts.length;
    const level = MIXTURE_LEVELS[row] ?? 0.5;
    for (let k = 0; k < count; k++) LOSSES[k] = boundedLoss(demand - this.line.oldest(row * count + k), level, scale);
    reweigh(this.weights, row * count, LOSSES, count);
  }
}

/** Losses of one outcome: scratch, filled before each use; grows to the number of experts. */
const LOSSES: number[] = [];

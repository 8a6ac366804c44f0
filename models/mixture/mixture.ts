/**
 * Fixed-share mixture of experts: quantiles averaged with exponential weights on each expert's normalised pinball loss, learnt
 * when a horizon has passed, then an upper quantile calibrated by a tracker.
 *
 * Source: Herbster and Warmuth 1998 (fixed share); forecasting study, sections 7.3 and 7.4. An expert that is not ready or says
 * something that is not finite is left out, and the others' weights are scaled up; it keeps its own share for later. So slots of
 * experts that never speak change nothing.
 */

import { type Forecaster, orderly, type QuantileQuery } from '../forecaster.ts';
import type { DemandHistory } from '../history/history.ts';
import { float64s } from '../history/slab.ts';
import type { StateReader, StateWriter } from '../state-bytes.ts';
import { AloneLoss } from './alone-loss.ts';
import { DelayLine } from './delay-line.ts';
import { boundedLoss, mixed, mixedLogs, reweigh, SHARE } from './fixed-share.ts';
import { QuantileTracker } from './tracker.ts';

/** Each has weights of its own; the last one is calibrated. Other levels use the weights of the nearest. */
export const MIXTURE_LEVELS: readonly number[] = [0.5, 0.99];
const UPPER = MIXTURE_LEVELS.length - 1;
const UPPER_LEVEL = 0.99;

/** Losses with and without an expert: means over the last two hundred outcomes. */
const LOSS_GAIN = 1 / 200;

/** In a closed loop the shift's own swings cost idle stock: at .25, 5 to 9 % on demand with rare bursts. */
const TRACKER_GAIN = 0.1;
/** What the first expert is trusted before anything is known, and given back: about as much as all that speak besides it. */
const FIRST_PRIOR = 0.4;

/**
 * Outcomes per horizon: the study judges each minute of five. They overlap, so each counts for its part: for weights and what is given
 * back, as for the tracker. Counted in full, one burst was evidence six times over, and forgotten six times as fast.
 */
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
  /** From this expert on it is kept in mind what the mixture would lose without each; none where left out. */
  readonly watchedFrom?: number;
}

/** An expert's model and its share in what the mixture says. */
export interface ExpertTrust {
  readonly expert: string;
  readonly weight: number;
}

export class Mixture implements Forecaster {
  readonly id = 'mixture@3';
  readonly experts: readonly Forecaster[];
  readonly tracker = new QuantileTracker(UPPER_LEVEL, TRACKER_GAIN);
  private readonly parts: MixtureParts;
  private horizonMs: number;
  /** By level, then by expert. */
  private readonly weights: Float64Array;
  private readonly prior: readonly number[];
  private line: DelayLine;
  /** Values that the upper quantile loses at an outcome, lately: what a better forecast might save. */
  regret = 0;
  /** Of each watched expert: outcomes, mean loss, mean loss without it. */
  private readonly losses: Float64Array;
  /** How each watched expert does by itself. Not state: whoever looks at it begins anew with the process as well. */
  private readonly alone: (AloneLoss | undefined)[] = [];
  /** What is said and combined for the levels at the end of this bin: not state, the same follows after a restore. */
  private spokenBin = -1;
  private said: readonly number[] = [];
  private spoken: readonly number[] = [];

  constructor(parts: MixtureParts) {
    this.parts = parts;
    this.experts = parts.experts;
    this.horizonMs = parts.horizonMs;
    this.prior = priorOf(parts.experts.length);
    this.weights = float64s(MIXTURE_LEVELS.length * parts.experts.length);
    this.weights.set(MIXTURE_LEVELS.flatMap(() => this.prior));
    this.losses = float64s(3 * (parts.experts.length - (parts.watchedFrom ?? parts.experts.length)));
    this.line = this.newLine();
  }

  get ready(): boolean {
    return this.experts.some((expert) => expert.ready);
  }

  get bytes(): number {
    return this.weights.byteLength + this.losses.byteLength + this.line.bytes + this.experts.reduce((sum, expert) => sum + expert.bytes, 0);
  }

  /** Weight of an expert for the calibrated level. */
  weightOf(expert: number): number {
    return this.weights[UPPER * this.experts.length + expert] ?? 0;
  }

  /** Whom it trusts for the calibrated level: shares of those that are ready, which sum to one. */
  get trust(): ExpertTrust[] {
    const total = this.experts.reduce((sum, expert, k) => sum + (expert.ready ? this.weightOf(k) : 0), 0);
    return this.experts.map((expert, k) => ({ expert: expert.id, weight: expert.ready ? this.weightOf(k) / total : 0 }));
  }

  /**
   * What the upper quantile lost lately, would have lost without a watched expert, and would have lost with nobody else: in the unit of
   * losses; NaN where unknown.
   */
  lossesOf(expert: number): { loss: number; lossWithout: number; lossAlone: number } {
    const watched = expert - (this.parts.watchedFrom ?? this.experts.length);
    const at = 3 * watched;
    const known = (this.losses[at] ?? 0) > 0;
    const [loss = NaN, lossWithout = NaN] = known ? this.losses.subarray(at + 1, at + 3) : [];
    return { loss, lossWithout, lossAlone: this.alone[watched]?.mean ?? NaN };
  }

  /** Asks the experts again: one of them has something new to say within the bin. */
  forget(): void {
    this.spokenBin = -1;
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
    to.elements(this.losses);
    to.number(this.regret);
    this.tracker.save(to);
    this.line.save(to);
    for (const expert of this.experts) expert.save(to);
  }

  restore(from: StateReader): void {
    this.spokenBin = -1;
    from.elements(this.weights);
    from.elements(this.losses);
    this.regret = from.number();
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
    const quantiles = levels.map((level, i) => {
      const row = level > (0.5 + UPPER_LEVEL) / 2 ? UPPER : 0;
      const mean = (row === UPPER ? mixedLogs : mixed)(this.weights, row * count, said, i * count, count);
      if (level < UPPER_LEVEL) return mean;
      return Math.max(this.tracker.shifted(mean, this.parts.scale()), this.parts.atLeast());
    });
    return uncrossed(quantiles);
  }

  /** Holds what was said one horizon ago against what came. */
  private judge(): void {
    const { line, parts } = this;
    const count = this.experts.length;
    // Nothing was said: nobody is to blame.
    if (Number.isNaN(line.oldest(MIXTURE_LEVELS.length * count))) return;
    const madeAtMs = line.madeAtMs(parts.history.endMs);
    // Nor when it is not known what came.
    if (parts.history.isUnknown(madeAtMs, madeAtMs + this.horizonMs)) return;
    const demand = parts.history.windowDemand(madeAtMs, this.horizonMs);
    const upper = line.oldest(MIXTURE_LEVELS.length * count);
    const scale = line.oldest(MIXTURE_LEVELS.length * count + 1);
    this.noteLosses(demand, scale, madeAtMs);
    for (let row = 0; row < MIXTURE_LEVELS.length; row++) this.reweigh(row, demand, scale);
    this.regret += LOSS_GAIN * (scale * boundedLoss(demand - upper, UPPER_LEVEL, scale) - this.regret);
    this.tracker.observe(demand > upper, line.records);
  }

  /** Before the weights learn of the outcome. */
  private noteLosses(demand: number, scale: number, madeAtMs: number): void {
    const { watchedFrom } = this.parts;
    if (watchedFrom === undefined) return;
    const count = this.experts.length;
    for (let k = 0; k < count; k++) SAID[k] = this.line.oldest(UPPER * count + k);
    const lossNow = (): number => boundedLoss(demand - mixedLogs(this.weights, UPPER * count, SAID, 0, count), UPPER_LEVEL, scale);
    const loss = lossNow();
    for (let k = watchedFrom; k < count; k++) {
      const said = SAID[k] ?? NaN;
      const expert = this.experts[k];
      if (expert?.ready === true) this.listen(k - watchedFrom, expert.id);
      if (Number.isNaN(said)) continue;
      SAID[k] = NaN;
      this.noteLoss(3 * (k - watchedFrom), loss, lossNow());
      this.alone[k - watchedFrom]?.note(boundedLoss(demand - said, UPPER_LEVEL, scale), madeAtMs);
      SAID[k] = said;
    }
  }

  private listen(watched: number, model: string): void {
    this.alone[watched] ??= new AloneLoss();
    this.alone[watched].heard(model, this.parts.history.endMs);
  }

  private noteLoss(at: number, loss: number, lossWithout: number): void {
    const { losses } = this;
    losses[at] = Math.min(1 / LOSS_GAIN, (losses[at] ?? 0) + 1);
    const gain = 1 / (losses[at] ?? 1);
    losses[at + 1] = (losses[at + 1] ?? 0) + gain * (loss - (losses[at + 1] ?? 0));
    losses[at + 2] = (losses[at + 2] ?? 0) + gain * (lossWithout - (losses[at + 2] ?? 0));
  }

  private reweigh(row: number, demand: number, scale: number): void {
    const count = this.experts.length;
    const level = MIXTURE_LEVELS[row] ?? 0.5;
    const { records } = this.line;
    for (let k = 0; k < count; k++) LOSSES[k] = boundedLoss(demand - this.line.oldest(row * count + k), level, scale) / records;
    reweigh(this.weights, row * count, LOSSES, count, SHARE / records, this.prior);
  }
}

/**
 * Where levels cross, the calibrated one stands. A median of which two experts in ten expect what just was again is a plain mean, and can
 * lie far above what the others, and the outcomes, say will hardly be exceeded.
 */
function uncrossed(quantiles: number[]): number[] {
  for (let i = quantiles.length - 2; i >= 0; i--) quantiles[i] = Math.min(quantiles[i] ?? 0, quantiles[i + 1] ?? 0);
  return quantiles;
}

/** What experts said of one outcome: scratch, as the losses are. */
const SAID: number[] = [];
/** Losses of one outcome: scratch, filled before each use; grows to the number of experts. */
const LOSSES: number[] = [];

function priorOf(count: number): number[] {
  if (count === 1) return [1];
  return Array.from({ length: count }, (_, k) => (k === 0 ? FIRST_PRIOR : (1 - FIRST_PRIOR) / (count - 1)));
}

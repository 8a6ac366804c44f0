/**
 * Recursive least squares with exponential forgetting (Haykin, Adaptive Filter Theory, chapter on RLS): a linear regression that
 * is exact after every sample and needs no batch. The covariance is symmetric, so its upper triangle is all that is kept.
 */
import { assert } from '../../core/assertion.ts';
import { float64s } from '../history/slab.ts';
import type { StateReader, StateWriter } from '../state-bytes.ts';

/** Prior variance of each weight: trusts the initial weights for some ten samples. */
const PRIOR_VARIANCE = 0.3;
/** One burst must not rewrite the weights. */
const ERROR_MAX = 3;
/** Without news forgetting blows the covariance up; halved beyond this trace. */
const TRACE_MAX = 10;

/** Covariance times inputs: scratch of one sample, as wide as any regression here. */
const GAIN = new Float64Array(32);

export class LeastSquares {
  readonly weights: Float64Array;
  /** Rows of the upper triangle, one after the other. */
  private readonly covariance: Float64Array;

  constructor(initialWeights: readonly number[]) {
    const n = initialWeights.length;
    assert(n <= GAIN.length, 'a regression has at most 32 inputs');
    this.weights = float64s(n);
    this.weights.set(initialWeights);
    this.covariance = float64s((n * (n + 1)) / 2);
    this.trust();
  }

  get bytes(): number {
    return this.weights.byteLength + this.covariance.byteLength;
  }

  predict(inputs: Float64Array): number {
    let sum = 0;
    for (let i = 0; i < this.weights.length; i++) sum += (this.weights[i] ?? 0) * (inputs[i] ?? 0);
    return sum;
  }

  /** Learns one sample; `kept` is the share of the past that still counts. */
  learn(inputs: Float64Array, target: number, kept: number): void {
    const spread = this.multiply(inputs);
    const error = target - this.predict(inputs);
    const denominator = kept + spread;
    // Rounding may cost the covariance its positive definiteness after years; start it afresh rather than diverge.
    if (!(spread >= 0) || !Number.isFinite(error)) {
      this.trust();
      return;
    }
    const step = Math.max(-ERROR_MAX, Math.min(ERROR_MAX, error)) / denominator;
    const n = this.weights.length;
    let trace = 0;
    for (let i = 0, at = 0; i < n; i++) {
      const gain = GAIN[i] ?? 0;
      this.weights[i] = (this.weights[i] ?? 0) + gain * step;
      for (let j = i; j < n; j++, at++) {
        const value = ((this.covariance[at] ?? 0) - (gain * (GAIN[j] ?? 0)) / denominator) / kept;
        this.covariance[at] = value;
        if (j === i) trace += value;
      }
    }
    if (trace <= TRACE_MAX) return;
    for (let at = 0; at < this.covariance.length; at++) this.covariance[at] = (this.covariance[at] ?? 0) / 2;
  }

  save(to: StateWriter): void {
    to.elements(this.weights);
    to.elements(this.covariance);
  }

  restore(from: StateReader): void {
    from.elements(this.weights);
    from.elements(this.covariance);
  }

  /** Sets `GAIN` to covariance times inputs; returns inputs times that. */
  private multiply(inputs: Float64Array): number {
    const n = this.weights.length;
    GAIN.fill(0, 0, n);
    for (let i = 0, at = 0; i < n; i++) {
      const x = inputs[i] ?? 0;
      let sum = 0;
      for (let j = i; j < n; j++, at++) {
        const value = this.covariance[at] ?? 0;
        sum += value * (inputs[j] ?? 0);
        if (j > i) GAIN[j] = (GAIN[j] ?? 0) + value * x;
      }
      GAIN[i] = (GAIN[i] ?? 0) + sum;
    }
    let spread = 0;
    for (let i = 0; i < n; i++) spread += (GAIN[i] ?? 0) * (inputs[i] ?? 0);
    return spread;
  }

  private trust(): void {
    const n = this.weights.length;
    this.covariance.fill(0);
    for (let i = 0, at = 0; i < n; at += n - i, i++) this.covariance[at] = PRIOR_VARIANCE;
  }
}

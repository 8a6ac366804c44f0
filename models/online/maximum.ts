/**
 * The larger of the best forecast and the reactive rule (expert X), level by level. Covers too much on most demand, and stays the
 * best where jumps cannot be foreseen. Source: forecasting study, section 7.2; the rule of most autoscalers (KEDA, AWS).
 */
import { type Forecaster, orderly, type QuantileQuery } from '../forecaster.ts';

export interface MaximumParts {
  readonly reactive: Forecaster;
  /** The forecast that has done best so far, e.g. the one with the largest weight; it may change at any time. */
  readonly best: () => Forecaster;
}

export class Maximum implements Forecaster {
  readonly id = 'maximum@1';
  readonly bytes = 0;
  private readonly parts: MaximumParts;

  /** Its parts are observed, saved and restored by their owner. */
  constructor(parts: MaximumParts) {
    this.parts = parts;
  }

  get ready(): boolean {
    return this.parts.reactive.ready && this.parts.best().ready;
  }

  observe(): void {}

  quantiles(query: QuantileQuery): number[] {
    const reactive = this.parts.reactive.quantiles(query);
    const best = this.parts.best().quantiles(query);
    return orderly(
      reactive.map((value, i) => Math.max(value, best[i] ?? 0)),
      1,
    );
  }

  retarget(): void {}

  save(): void {}

  restore(): void {}
}

/**
 * Quantile tracker: shifts an upper quantile until its long-run miss rate is the nominal one, for any data whatever, as long as
 * the shift is not clipped. The proportional part of conformal PID control (Angelopoulos, Candes, Tibshirani 2023,
 * arXiv 2307.16895); gain and clip from the forecasting study, section 7.4: a larger gain is costly, 3 instead of 0.25/L
 * over-provides three times as much.
 */
import type { StateReader, StateWriter } from '../state-bytes.ts';

/** Per horizon, whatever number of overlapping outcomes it sees. */
const GAIN_PER_HORIZON = 0.25;
const SHIFT_MIN = -5;
const SHIFT_MAX = 20;

export class QuantileTracker {
  /** In units of the caller's scale (one standard deviation of the demand). */
  shift = 0;
  private readonly level: number;
  private readonly gainPerHorizon: number;

  constructor(level: number, gainPerHorizon = GAIN_PER_HORIZON) {
    this.level = level;
    this.gainPerHorizon = gainPerHorizon;
  }

  shifted(quantile: number, scale: number): number {
    return Math.max(0, quantile + this.shift * scale);
  }

  /** Tells whether demand exceeded a quantile that was shifted by this tracker, of so many outcomes within one horizon. */
  observe(missed: boolean, outcomesPerHorizon: number): void {
    const gain = this.gainPerHorizon / outcomesPerHorizon;
    const shift = this.shift + gain * ((missed ? 1 : 0) - (1 - this.level));
    this.shift = Math.max(SHIFT_MIN, Math.min(SHIFT_MAX, shift));
  }

  save(to: StateWriter): void {
    to.number(this.shift);
  }

  restore(from: StateReader): void {
    this.shift = from.number();
  }
}

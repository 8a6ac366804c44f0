/**
 * Reactive Gaussian (expert R): the five-minute rate goes on, with the dispersion that its errors have shown. The plainest
 * forecast that adapts; its standard deviation is the scale in which the mixture measures everybody's errors.
 * Source: forecasting study, section 7.1.
 */
import { normalQuantile } from '../../core/sizing/reserve.ts';
import { BIN_MS, type Forecaster, orderly, type QuantileQuery } from '../forecaster.ts';
import type { DemandHistory } from '../history/history.ts';
import { DelayLine } from '../mixture/delay-line.ts';
import type { StateReader, StateWriter } from '../state-bytes.ts';

/** The dispersion forgets 0.1 % a minute: a memory of 17 hours. */
const DISPERSION_GAIN = 0.001 * (BIN_MS / 60_000);
/** The rate has settled after a minute. */
const READY_S = 60;
const RECORDS_MAX = 16;

export class Reactive implements Forecaster {
  readonly id = 'reactive@1';
  private readonly history: DemandHistory;
  private horizonMs: number;
  /** Mean of squared error over mean: 1 for Poisson demand. */
  private dispersion = 1;
  private line: DelayLine;

  constructor(history: DemandHistory, horizonMs: number) {
    this.history = history;
    this.horizonMs = horizonMs;
    this.line = new DelayLine({ width: 1, horizonMs, recordsMax: RECORDS_MAX });
  }

  get ready(): boolean {
    return this.history.rates.seconds >= READY_S;
  }

  get bytes(): number {
    return this.line.bytes;
  }

  /** One standard deviation of the demand over the horizon. */
  get scale(): number {
    return Math.sqrt(Math.max(1, this.mean) * Math.max(1, this.dispersion));
  }

  observe(): void {
    if (!this.line.isDue(this.history.nextBin)) return;
    if (this.line.matured) {
      const demand = this.history.windowDemand(this.line.madeAtMs(this.history.endMs), this.horizonMs);
      const mean = this.line.oldest(0);
      const seen = (demand - mean) ** 2 / Math.max(1, mean);
      this.dispersion += DISPERSION_GAIN * this.line.strideBins * (seen - this.dispersion);
    }
    this.line.push(this.mean);
  }

  quantiles(query: QuantileQuery): number[] {
    const { mean, scale } = this;
    const quantiles = query.levels.map((level) => {
      return level >= 0.5 ? mean + normalQuantile(level) * scale : mean - normalQuantile(1 - level) * scale;
    });
    return orderly(quantiles, query.horizonMs / this.horizonMs);
  }

  retarget(horizonMs: number): void {
    this.horizonMs = horizonMs;
    this.line = new DelayLine({ width: 1, horizonMs, recordsMax: RECORDS_MAX });
  }

  save(to: StateWriter): void {
    to.number(this.dispersion);
    this.line.save(to);
  }

  restore(from: StateReader): void {
    this.dispersion = from.number();
    this.line.restore(from);
  }

  private get mean(): number {
    return (this.history.rates.fiveMinutes * this.horizonMs) / 1_000;
  }
}

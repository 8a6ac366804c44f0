/**
 * EWMA with an empirical ratio quantile (expert E): the five-minute rate goes on, times what the ratio of demand to that guess
 * has been over the last seven days. Strong where bursts are heavy-tailed; the reference that any model must beat.
 *
 * Source: forecasting study, section 7.1. The study keeps seven days of ratios; here a histogram of their logarithm with a
 * memory of seven days stands in, 256 bytes instead of 240 KB.
 */

import { BIN_MS, type Forecaster, orderly, type QuantileQuery } from '../forecaster.ts';
import type { DemandHistory } from '../history/history.ts';
import { DelayLine } from '../mixture/delay-line.ts';
import type { StateReader, StateWriter } from '../state-bytes.ts';
import { Histogram } from './histogram.ts';

/** Uncapped, the ratio learnt at a jump times the rate after it asks for sixteen times what is needed. */
const RATIO_MAX = 20;
const RATIO_SCALE = { lowest: -Math.log(RATIO_MAX), highest: Math.log(RATIO_MAX), memoryBins: (7 * 86_400_000) / BIN_MS };
/** Half a value on both sides of the ratio: silence after silence is a ratio of one. */
const OFFSET = 0.5;
const RATIOS_READY = 30;
const RECORDS_MAX = 16;

export class EwmaRatio implements Forecaster {
  readonly id = 'ewma-ratio@1';
  private readonly history: DemandHistory;
  private horizonMs: number;
  private readonly ratios = new Histogram(RATIO_SCALE);
  private line: DelayLine;

  constructor(history: DemandHistory, horizonMs: number) {
    this.history = history;
    this.horizonMs = horizonMs;
    this.line = new DelayLine({ width: 1, horizonMs, recordsMax: RECORDS_MAX });
  }

  get ready(): boolean {
    return this.ratios.count >= RATIOS_READY;
  }

  get bytes(): number {
    return this.ratios.bytes + this.line.bytes;
  }

  observe(): void {
    if (!this.line.isDue(this.history.nextBin)) return;
    if (this.line.matured) {
      const demand = this.history.windowDemand(this.line.madeAtMs(this.history.endMs), this.horizonMs);
      const ratio = (demand + OFFSET) / (this.line.oldest(0) + OFFSET);
      this.ratios.add(Math.log(ratio), this.line.strideBins);
    }
    this.line.push(this.mean);
  }

  quantiles(query: QuantileQuery): number[] {
    const quantiles = query.levels.map((level) => {
      const ratio = this.ratios.count === 0 ? 1 : Math.exp(this.ratios.quantile(level));
      return (this.mean + OFFSET) * ratio - OFFSET;
    });
    return orderly(quantiles, query.horizonMs / this.horizonMs);
  }

  retarget(horizonMs: number): void {
    this.horizonMs = horizonMs;
    this.line = new DelayLine({ width: 1, horizonMs, recordsMax: RECORDS_MAX });
  }

  save(to: StateWriter): void {
    this.ratios.save(to);
    this.line.save(to);
  }

  restore(from: StateReader): void {
    this.ratios.restore(from);
    this.line.restore(from);
  }

  private get mean(): number {
    return (this.history.rates.fiveMinutes * this.horizonMs) / 1_000;
  }
}

/**
 * Quantiles out of a median and what came of it: demand was so much larger or smaller than the median said, these last days; so it
 * will be again. Turns any good median into calibrated quantiles, whatever the forecaster that said it believes of its own errors.
 *
 * The EWMA-ratio is this with a smoothed rate as the median (forecasting study, section 7.1); a network's median is the better one,
 * and its own upper quantiles follow a day after a burst as if it must come again.
 */
import { assert } from '../../core/assertion.ts';

/** Uncapped, one ratio learnt at a jump asks for sixteen times what is needed. */
const RATIO_MAX = 20;
/** Half a value on both sides of the ratio: silence after silence is a ratio of one. */
const OFFSET = 0.5;

/** The newest ratios, at most `capacity`: in the order they came, and in order of size. */
export class RatioQuantiles {
  private readonly newest: Float64Array;
  private readonly sorted: Float64Array;
  private next = 0;
  count = 0;

  constructor(capacity: number) {
    assert(capacity > 0, 'a calibration remembers something');
    this.newest = new Float64Array(capacity);
    this.sorted = new Float64Array(capacity);
  }

  learn(median: number, demand: number): void {
    const ratio = Math.min(RATIO_MAX, (demand + OFFSET) / (median + OFFSET));
    if (this.count === this.newest.length) {
      const at = this.placeOf(this.newest[this.next] ?? 0);
      this.sorted.copyWithin(at, at + 1, this.count);
      this.count--;
    }
    const at = this.placeOf(ratio);
    this.sorted.copyWithin(at + 1, at, this.count);
    this.sorted[at] = ratio;
    this.newest[this.next] = ratio;
    this.next = (this.next + 1) % this.newest.length;
    this.count++;
  }

  /** The quantile that goes with a median; the median itself before anything was learnt. */
  quantile(median: number, level: number): number {
    if (this.count === 0) return median;
    const ratio = this.sorted[Math.max(0, Math.ceil(level * this.count) - 1)] ?? 1;
    return Math.max(0, (median + OFFSET) * ratio - OFFSET);
  }

  /** Of the first that is not smaller. */
  private placeOf(ratio: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.sorted[middle] ?? 0) < ratio) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * Forecasts of one horizon that wait for their outcome, and the sums of what became of them. A horizon shorter than a bin means the
 * busiest stretch of that length in the next bin, as it does for those who forecast it.
 */
import type { HorizonDemand } from '../../core/sizing/reserve.ts';
import type { CalibrationRow } from '../report/backtest-report.ts';

const BIN_S = 10;

type Held = Pick<HorizonDemand, 'median' | 'insured' | 'cap'>;

interface Pending {
  readonly quantiles: readonly number[];
  readonly held: Held;
  binsLeft: number;
  demand: number;
}

export class PendingForecasts {
  private readonly horizonS: number;
  private readonly levels: readonly number[];
  private readonly bins: number;
  private readonly waiting: Pending[] = [];
  private readonly covered: number[];
  private count = 0;
  private demanded = 0;
  private missed = 0;
  private medians = 0;
  private insureds = 0;
  private caps = 0;

  constructor(horizonS: number, levels: readonly number[]) {
    this.horizonS = horizonS;
    this.levels = levels;
    this.bins = Math.max(1, Math.ceil(horizonS / BIN_S));
    this.covered = levels.map(() => 0);
  }

  said(quantiles: readonly number[], held: Held): void {
    this.waiting.push({ quantiles, held, binsLeft: this.bins, demand: 0 });
  }

  /** The bin after what was said last. */
  came(seconds: Uint32Array, demand: number): void {
    const stretch = this.horizonS < BIN_S ? busiestStretch(seconds, Math.max(1, Math.round(this.horizonS))) : demand;
    for (const each of this.waiting) {
      each.demand += stretch;
      each.binsLeft--;
    }
    // They were made in order, and all take as long.
    for (let first = this.waiting[0]; first !== undefined && first.binsLeft === 0; first = this.waiting[0]) {
      this.waiting.shift();
      this.judge(first);
    }
  }

  get calibration(): CalibrationRow[] {
    return this.levels.map((level, i) => {
      const covered = this.count === 0 ? 0 : (this.covered[i] ?? 0) / this.count;
      return { horizonS: this.horizonS, level, covered, count: this.count };
    });
  }

  get medianError(): number {
    return this.missed / Math.max(1, this.demanded);
  }

  /** Means of the median, of what insures against what it missed before, and of what memory of peaks alone would hold. */
  get held(): Held {
    const { medians, insureds, caps } = this;
    const count = Math.max(1, this.count);
    return { median: medians / count, insured: insureds / count, cap: caps / count };
  }

  private judge({ quantiles, held, demand }: Pending): void {
    this.count++;
    quantiles.forEach((quantile, i) => {
      if (demand <= quantile) this.covered[i] = (this.covered[i] ?? 0) + 1;
    });
    this.demanded += demand;
    this.missed += Math.abs(demand - held.median);
    this.medians += held.median;
    this.insureds += held.insured;
    this.caps += held.cap;
  }
}

function busiestStretch(seconds: Uint32Array, lengthS: number): number {
  let most = 0;
  for (let from = 0; from + lengthS <= seconds.length; from++) {
    let sum = 0;
    for (let at = from; at < from + lengthS; at++) sum += seconds[at] ?? 0;
    if (sum > most) most = sum;
  }
  return most;
}

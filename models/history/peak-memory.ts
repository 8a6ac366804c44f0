/**
 * Peaks remembered for a month: the largest value seen, fading with a half-life of thirty days. Seven days save 30 % idle stock
 * and cost stalls (sizing study, section 5). What was once needed is the one bound that unforeseeable bursts respect.
 */
import { BIN_MS } from '../forecaster.ts';
import type { StateReader, StateWriter } from '../state-bytes.ts';
import type { DemandHistory } from './history.ts';
import { float64s } from './slab.ts';

const HALF_LIFE_MS = 30 * 86_400_000;
const KEPT_PER_BIN = 2 ** (-BIN_MS / HALF_LIFE_MS);

/** The faded peak one bin later, when that much has been seen. */
export function remembered(peak: number, seen: number): number {
  return Math.max(seen, peak * KEPT_PER_BIN);
}

/** The faded peak after so many bins. */
export function faded(peak: number, bins: number): number {
  return peak * KEPT_PER_BIN ** bins;
}

/** Peak demand over six fixed windows, from which that over any horizon is bounded when a new horizon is asked for. */
const RUNGS_MS = [1_000, 10_000, 60_000, 600_000, 3_600_000, 21_600_000];

export class PeakLadder {
  private readonly history: DemandHistory;
  private readonly peaks = float64s(RUNGS_MS.length);

  constructor(history: DemandHistory) {
    this.history = history;
  }

  get bytes(): number {
    return this.peaks.byteLength;
  }

  observe(): void {
    RUNGS_MS.forEach((rung, i) => {
      this.peaks[i] = remembered(this.peaks[i] ?? 0, this.history.newestPeak(rung));
    });
  }

  skip(bins: number): void {
    for (let i = 0; i < this.peaks.length; i++) this.peaks[i] = faded(this.peaks[i] ?? 0, bins);
  }

  /** No window of that length had more: neither more than the next longer one, nor than shorter ones end to end. */
  peakOver(horizonMs: number): number {
    let peak = Infinity;
    RUNGS_MS.forEach((rung, i) => {
      const seen = this.peaks[i] ?? 0;
      peak = Math.min(peak, rung >= horizonMs ? seen : (seen * horizonMs) / rung);
    });
    return peak;
  }

  save(to: StateWriter): void {
    to.elements(this.peaks);
  }

  restore(from: StateReader): void {
    from.elements(this.peaks);
  }
}

/**
 * An empirical distribution with exponential forgetting, in bounded memory: 64 cells on a linear scale of whatever the caller
 * maps its samples to (a logarithm, usually). Stands in for keeping a week of samples per stream, which would be 240 KB; within
 * a cell the distribution is taken as even.
 */
import { float32s } from '../history/slab.ts';
import type { StateReader, StateWriter } from '../state-bytes.ts';

const CELLS = 64;
/** Instead of fading all cells at each sample, new samples weigh more; past this weight everything is scaled back. */
const WEIGHT_MAX = 1_024;

export interface HistogramScale {
  /** Samples outside count in the outermost cells. */
  readonly lowest: number;
  readonly highest: number;
  /** Bins after which an old sample weighs 1/e. */
  readonly memoryBins: number;
}

export class Histogram {
  /** Samples ever added. */
  count = 0;
  private readonly lowest: number;
  private readonly cellsPerUnit: number;
  private readonly memoryBins: number;
  private weight = 1;
  private total = 0;
  private readonly cells = float32s(CELLS);

  constructor(scale: HistogramScale) {
    this.lowest = scale.lowest;
    this.cellsPerUnit = CELLS / (scale.highest - scale.lowest);
    this.memoryBins = scale.memoryBins;
  }

  get bytes(): number {
    return this.cells.byteLength;
  }

  /** A sample that stands for so many bins. */
  add(sample: number, bins: number): void {
    const cell = Math.floor((sample - this.lowest) * this.cellsPerUnit);
    const within = Math.max(0, Math.min(CELLS - 1, cell));
    this.cells[within] = (this.cells[within] ?? 0) + this.weight * bins;
    this.total += this.weight * bins;
    this.weight *= Math.exp(bins / this.memoryBins);
    this.count++;
    if (this.weight > WEIGHT_MAX) this.rescale();
  }

  /** The sample below which that share of the distribution lies; only once there is a sample. */
  quantile(level: number): number {
    const wanted = level * this.total;
    // The tails are asked for most: walk from the nearer end.
    if (level > 0.5) return this.quantileFromTop(this.total - wanted);
    let below = 0;
    for (let cell = 0; cell < CELLS; cell++) {
      const weight = this.cells[cell] ?? 0;
      if (below + weight >= wanted && weight > 0) return this.sampleAt(cell + (wanted - below) / weight);
      below += weight;
    }
    return this.sampleAt(CELLS);
  }

  save(to: StateWriter): void {
    for (const value of [this.count, this.weight, this.total]) to.number(value);
    to.elements(this.cells);
  }

  restore(from: StateReader): void {
    this.count = from.number();
    this.weight = from.number();
    this.total = from.number();
    from.elements(this.cells);
  }

  private quantileFromTop(wanted: number): number {
    let above = 0;
    for (let cell = CELLS - 1; cell >= 0; cell--) {
      const weight = this.cells[cell] ?? 0;
      if (above + weight >= wanted && weight > 0) return this.sampleAt(cell + 1 - (wanted - above) / weight);
      above += weight;
    }
    return this.sampleAt(0);
  }

  private sampleAt(cell: number): number {
    return this.lowest + cell / this.cellsPerUnit;
  }

  private rescale(): void {
    this.total = 0;
    for (let cell = 0; cell < CELLS; cell++) {
      const scaled = (this.cells[cell] ?? 0) / this.weight;
      this.cells[cell] = scaled;
      this.total += this.cells[cell] ?? 0;
    }
    this.weight = 1;
  }
}

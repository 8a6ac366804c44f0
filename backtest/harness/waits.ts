/**
 * Values that callers wait for, served in the order in which they were asked for, and how long each of them waited: exact by step, in
 * bounded memory.
 */
import { STEPS_PER_SECOND } from './split-second.ts';

/** Steps in which somebody came who waits still: eleven minutes of them. When there are more, neighbours share a moment. */
const STEPS_MAX = 65_536;
/** Sixteen cells to each doubling, from a step up to ten years: two waits in one cell differ by less than 5 %. */
const CELLS_PER_OCTAVE = 16;
const OCTAVES = 35;

export interface WaitFigures {
  readonly lost: number;
  readonly waitS: { readonly p50: number; readonly p99: number; readonly p999: number; readonly max: number };
}

export class Waits {
  private readonly lostAfterSteps: number;
  private readonly countFromStep: number;
  /** When they came, as the end of a step, and how many: from `first` on. */
  private cameAt: number[] = [];
  private counts: number[] = [];
  private first = 0;
  private lost = 0;
  private longest = 0;
  private readonly cells = new Float64Array(CELLS_PER_OCTAVE * OCTAVES);
  /** Sum of the waits in each cell: where all are alike, their mean is exact. */
  private readonly sums = new Float64Array(CELLS_PER_OCTAVE * OCTAVES);

  constructor(lostAfterS: number, countFromS: number) {
    this.lostAfterSteps = lostAfterS * STEPS_PER_SECOND;
    this.countFromStep = countFromS * STEPS_PER_SECOND;
  }

  /** So many came in the step that ends then, and were not served. */
  join(atStep: number, count: number): void {
    this.cameAt.push(atStep);
    this.counts.push(count);
    if (this.cameAt.length - this.first > STEPS_MAX) this.joinNeighbours();
  }

  /** So many of them are served; no more than wait. */
  serve(atStep: number, count: number): void {
    let left = count;
    while (left > 0 && this.first < this.cameAt.length) {
      const waiting = this.counts[this.first] ?? 0;
      const served = Math.min(left, waiting);
      this.note(this.cameAt[this.first] ?? atStep, atStep, served);
      left -= served;
      if (served < waiting) this.counts[this.first] = waiting - served;
      else this.first++;
    }
    if (this.first < this.cameAt.length) return;
    this.cameAt.length = 0;
    this.counts.length = 0;
    this.first = 0;
  }

  /** Of `demanded` values; those that wait still have waited up to now. */
  figures(atStep: number, demanded: number): WaitFigures {
    const all = this.withThoseWaiting(atStep);
    const waited = all.cells.reduce((sum, count) => sum + count, 0);
    const quantileS = (level: number): number => all.quantile(level * demanded - (demanded - waited)) / STEPS_PER_SECOND;
    const waitS = { p50: quantileS(0.5), p99: quantileS(0.99), p999: quantileS(0.999), max: all.longest / STEPS_PER_SECOND };
    return { lost: all.lost, waitS };
  }

  private withThoseWaiting(atStep: number): Waits {
    const all = new Waits(this.lostAfterSteps / STEPS_PER_SECOND, this.countFromStep / STEPS_PER_SECOND);
    all.cells.set(this.cells);
    all.sums.set(this.sums);
    all.lost = this.lost;
    all.longest = this.longest;
    for (let i = this.first; i < this.cameAt.length; i++) all.note(this.cameAt[i] ?? atStep, atStep, this.counts[i] ?? 0);
    return all;
  }

  private note(fromStep: number, toStep: number, count: number): void {
    if (fromStep <= this.countFromStep) return;
    const wait = toStep - fromStep;
    if (wait > this.lostAfterSteps) this.lost += count;
    if (wait > this.longest) this.longest = wait;
    const cell = Math.min(this.cells.length - 1, Math.floor(CELLS_PER_OCTAVE * Math.log2(1 + wait)));
    this.cells[cell] = (this.cells[cell] ?? 0) + count;
    this.sums[cell] = (this.sums[cell] ?? 0) + count * wait;
  }

  /** The wait of the value of that rank, counted from the shortest wait. */
  private quantile(rank: number): number {
    if (rank <= 0) return 0;
    let seen = 0;
    for (let cell = 0; cell < this.cells.length; cell++) {
      const count = this.cells[cell] ?? 0;
      seen += count;
      if (count > 0 && seen >= rank) return (this.sums[cell] ?? 0) / count;
    }
    return this.longest;
  }

  private joinNeighbours(): void {
    const cameAt: number[] = [];
    const counts: number[] = [];
    for (let i = this.first; i < this.cameAt.length; i += 2) {
      const [a, b] = [this.counts[i] ?? 0, this.counts[i + 1] ?? 0];
      const at = this.cameAt[i] ?? 0;
      cameAt.push(at + (b / (a + b)) * ((this.cameAt[i + 1] ?? at) - at));
      counts.push(a + b);
    }
    this.cameAt = cameAt;
    this.counts = counts;
    this.first = 0;
  }
}

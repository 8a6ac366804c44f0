/** What a benchmark says: one figure, against a baseline measured on the same machine in the same run. */
export interface BenchResult {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the same machine did in the same run without us, or the bound that was promised; 0 where there is none. */
  readonly baseline: number;
  readonly ratio: number;
  /** What was promised of `ratio`, or of `value` where there is no baseline, and whether it was kept. */
  readonly target?: string;
  readonly kept?: boolean;
  readonly note?: string;
}

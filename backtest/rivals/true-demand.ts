/** The demand of a whole trace, for bounds that know the future. Parts of seconds count as whole ones, so that nobody comes up short. */
export class TrueDemand {
  /** Demand before each second. */
  readonly totals: Float64Array;

  constructor(counts: Uint32Array) {
    this.totals = new Float64Array(counts.length + 1);
    for (let second = 0; second < counts.length; second++) this.totals[second + 1] = (this.totals[second] ?? 0) + (counts[second] ?? 0);
  }

  get seconds(): number {
    return this.totals.length - 1;
  }

  between(fromS: number, untilS: number): number {
    return this.before(Math.ceil(untilS)) - this.before(Math.floor(fromS));
  }

  before(second: number): number {
    return this.totals[Math.min(this.seconds, Math.max(0, second))] ?? 0;
  }
}

/**
 * What a policy costs at a given survival: its ride-through reserve is scaled, with hindsight, by the least factor that survives
 * so many outages. Policies whose quantiles mean different things become comparable: what is left is how well each knows *when*
 * much will be asked for.
 */
import type { LoopResult } from './loop-counts.ts';

/** Holding more than four times what it asks for, or less than a quarter, a policy survives by hoarding, not by knowing. */
const FACTOR_MIN = 0.25;
const FACTOR_MAX = 4;
/** Halvings of the logarithm's interval: the factor is exact to three thousandths. */
const HALVINGS = 10;

interface EqualSurvival {
  readonly factor: number;
  readonly result: LoopResult;
}

export class SurvivalSearch {
  private readonly run: (factor: number) => LoopResult;
  /** Searches for several survivals begin alike. */
  private readonly known = new Map<number, LoopResult>();

  constructor(run: (factor: number) => LoopResult) {
    this.run = run;
  }

  /** The cheapest run that survives at least so many percent, or undefined where no factor does. */
  atLeast(survivedPercent: number): EqualSurvival | undefined {
    let enough: EqualSurvival = { factor: FACTOR_MAX, result: this.ran(FACTOR_MAX) };
    if (enough.result.survivedPercent < survivedPercent) return undefined;
    let tooLittle = FACTOR_MIN;
    for (let i = 0; i < HALVINGS; i++) {
      const factor = Math.sqrt(tooLittle * enough.factor);
      const result = this.ran(factor);
      if (result.survivedPercent >= survivedPercent) enough = { factor, result };
      else tooLittle = factor;
    }
    return enough;
  }

  private ran(factor: number): LoopResult {
    const known = this.known.get(factor) ?? this.run(factor);
    this.known.set(factor, known);
    return known;
  }
}

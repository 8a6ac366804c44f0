/**
 * What a policy costs at a given survival: its ride-through reserve is scaled, with hindsight, by the least factor that survives
 * so many outages. Policies whose quantiles mean different things become comparable: what is left is how well each knows *when*
 * much will be asked for.
 */
import { type StreamResult, survivedPercent } from '../harness/result.ts';

/** Holding more than four times what it asks for, or less than a quarter, a policy survives by hoarding, not by knowing. */
const FACTOR_MIN = 0.25;
const FACTOR_MAX = 4;
/** Halvings of the logarithm's interval: the factor is exact to three thousandths. */
const HALVINGS = 10;

interface EqualSurvival {
  readonly factor: number;
  readonly result: StreamResult;
}

export class SurvivalSearch {
  private readonly run: (factor: number) => StreamResult;
  /** Searches for several survivals begin alike. */
  private readonly known = new Map<number, StreamResult>();

  constructor(run: (factor: number) => StreamResult) {
    this.run = run;
  }

  /** The cheapest run that survives at least so many percent, or undefined where no factor does. */
  atLeast(percent: number): EqualSurvival | undefined {
    let enough: EqualSurvival = { factor: FACTOR_MAX, result: this.ran(FACTOR_MAX) };
    if (survivedOf(enough.result) < percent) return undefined;
    let tooLittle = FACTOR_MIN;
    for (let i = 0; i < HALVINGS; i++) {
      const factor = Math.sqrt(tooLittle * enough.factor);
      const result = this.ran(factor);
      if (survivedOf(result) >= percent) enough = { factor, result };
      else tooLittle = factor;
    }
    return enough;
  }

  private ran(factor: number): StreamResult {
    const known = this.known.get(factor) ?? this.run(factor);
    this.known.set(factor, known);
    return known;
  }
}

/** Of the outages that were asked about, which are all alike. */
function survivedOf({ outages }: StreamResult): number {
  const [outage] = outages;
  return outage === undefined ? 100 : survivedPercent(outage);
}

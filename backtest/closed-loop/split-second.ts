/** A second's demand on its hundredths, as independent arrivals would fall: where in a second stock runs out decides who stalls. */
import type { Rng } from '../../core/rng.ts';
import { gaussian } from '../demand.ts';

export const STEPS_PER_SECOND = 100;
/** Up to here each arrival is placed by itself; above, steps are drawn one after the other from the normal approximation. */
const PLACED_MAX = 2_000;

export class SplitSecond {
  private readonly rng: Rng;
  /** Written over by the next second. */
  private readonly arrivals = new Float64Array(STEPS_PER_SECOND);

  constructor(rng: Rng) {
    this.rng = rng;
  }

  /** Their sum is exactly the demand. */
  steps(demand: number): Float64Array {
    const { arrivals, rng } = this;
    arrivals.fill(0);
    if (demand <= PLACED_MAX) {
      for (let i = 0; i < demand; i++) {
        const step = Math.floor(rng.next() * STEPS_PER_SECOND);
        arrivals[step] = (arrivals[step] ?? 0) + 1;
      }
      return arrivals;
    }
    let left = demand;
    for (let step = 0; step < STEPS_PER_SECOND - 1; step++) {
      const share = 1 / (STEPS_PER_SECOND - step);
      const drawn = Math.round(left * share + Math.sqrt(left * share * (1 - share)) * gaussian(rng));
      const here = Math.max(0, Math.min(left, drawn));
      arrivals[step] = here;
      left -= here;
    }
    arrivals[STEPS_PER_SECOND - 1] = left;
    return arrivals;
  }
}

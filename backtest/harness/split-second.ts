/**
 * A second's demand on its hundredths, as independent arrivals would fall: where in a second stock runs out decides who stalls. Each
 * second is drawn by its own seed, so that every policy meets the same arrivals, whichever seconds it looks into.
 */
import { type Rng, seededRng } from '../../core/rng.ts';
import { gaussian } from '../demand.ts';

export const STEPS_PER_SECOND = 100;
/** Up to here each arrival is placed by itself; above, steps are drawn one after the other from the normal approximation. */
const PLACED_MAX = 2_000;
const SEED = 11;
/** Odd, so that seconds never share a seed; far from the generator's own step, so that their draws are not each other's. */
const SEED_STEP = 0x9e3779b1;

export class SplitSecond {
  private readonly seed: number;
  /** Written over by the next second. */
  private readonly arrivals = new Float64Array(STEPS_PER_SECOND);
  private second = -1;
  private demand = -1;

  constructor(seed = SEED) {
    this.seed = seed;
  }

  /** Their sum is exactly the demand. Asked for the same second again, the same is at hand. */
  steps(second: number, demand: number): Float64Array {
    if (second !== this.second || demand !== this.demand) {
      this.second = second;
      this.demand = demand;
      this.split(seededRng(this.seed + Math.imul(second, SEED_STEP)));
    }
    return this.arrivals;
  }

  private split(rng: Rng): void {
    const { arrivals, demand } = this;
    arrivals.fill(0);
    if (demand <= PLACED_MAX) {
      for (let i = 0; i < demand; i++) {
        const step = Math.floor(rng.next() * STEPS_PER_SECOND);
        arrivals[step] = (arrivals[step] ?? 0) + 1;
      }
      return;
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
  }
}

/**
 * Spreads the values of one bin over its seconds by chance, as independent arrivals would fall. The total is exact. A bin has a seed of its
 * own, so that a source can be read from the front any number of times and each bin falls alike.
 */
import { type Rng, seededRng } from '../../core/rng.ts';
import { gaussian } from '../demand.ts';

/**
 * Up to so many values a second each is thrown by itself: exact, and no dearer than a normal deviate for each second would be. Above, the
 * normal approximation is as good.
 */
const THROWN_PER_SECOND_MAX = 8;

/** Adds `count` values to the seconds. */
export function spreadBin(count: number, seconds: Uint32Array, rng: Rng): void {
  if (count <= THROWN_PER_SECOND_MAX * seconds.length) {
    for (let thrown = 0; thrown < count; thrown++) {
      const second = Math.floor(rng.next() * seconds.length);
      seconds[second] = (seconds[second] ?? 0) + 1;
    }
    return;
  }
  let left = count;
  for (let second = 0; second < seconds.length - 1; second++) {
    const share = 1 / (seconds.length - second);
    const drawn = Math.round(left * share + Math.sqrt(left * share * (1 - share)) * gaussian(rng));
    const here = Math.min(left, Math.max(0, drawn));
    seconds[second] = (seconds[second] ?? 0) + here;
    left -= here;
  }
  seconds[seconds.length - 1] = (seconds[seconds.length - 1] ?? 0) + left;
}

/** Neighbouring bins have seeds far apart (Knuth's multiplicative hash). */
export function binRng(seed: number, bin: number): Rng {
  return seededRng(Math.imul(seed ^ Math.imul(bin + 1, 0x9e3779b1), 0x85ebca6b));
}

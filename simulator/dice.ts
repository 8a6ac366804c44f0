/**
 * The chances of one event. Each event carries its own salt, so that taking another event out of a schedule changes no dice but
 * its own: that is what makes a failing schedule shrink.
 */
import { type Rng, seededRng } from '../core/rng.ts';

export class Dice {
  readonly #rng: Rng;

  constructor(salt: number) {
    this.#rng = seededRng(salt);
  }

  /** True with probability `p`. */
  chance(p: number): boolean {
    return this.#rng.next() < p;
  }

  /** A whole number from 0 to `below` - 1. */
  int(below: number): number {
    return Math.floor(this.#rng.next() * below);
  }

  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + this.int(to - from + 1);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.int(choices.length)] as T;
  }
}

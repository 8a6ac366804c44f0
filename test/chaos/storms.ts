/**
 * What is done to an installation, drawn from the seed alone and before any of it happens: a seed means the same faults in the same order,
 * whatever they meet. Faults come in storms, back to back and over each other; between two storms it is calm.
 */
import { Dice } from '../../simulator/dice.ts';
import type { Fault } from './faults/fault.ts';

export interface Planned {
  readonly fault: Fault;
  /** Of its own chances. */
  readonly salt: number;
  /** Begins while others are on; else when everything before it was healed. */
  readonly joins: boolean;
  /** So long after the one before it began, or the last one was healed. */
  readonly afterMs: number;
  /** May be held for as long as a run lets anything be held. */
  readonly mayBeLong: boolean;
  /** Nothing else is on, and everything was well before. */
  readonly isAlone: boolean;
}

export interface Storm {
  readonly faults: readonly Planned[];
  /** How long nothing is done after its window is over. */
  readonly calmMs: number;
}

export interface StormsOptions {
  readonly seed: number;
  /** Faults of a storm at most; 1: single faults. */
  readonly size: number;
  /** Share of faults that begin while another one is on. */
  readonly together: number;
  /** Those that may happen here. */
  readonly faults: readonly Fault[];
  /** One of them opens each storm, alone, so that what it does by itself is seen in every run. */
  readonly openings: readonly Fault[];
}

/** The smallest storm, of the largest one. */
const SIZE_SHARE_MIN = 0.75;
const JOINS_AFTER_MS_MAX = 1_500;
/** Who asked while there was no master has this long to be answered before anything else is done. */
const AFTER_OPENING_MS = 1_000;
/** What so many faults before it touched is not touched again at once, as it would only have to wait for them. */
const SPACING = 3;
/** Two storms in two minutes leave half a minute outside of windows. */
const CALM_MS = [12_000, 15_000] as const;
const CALM_AFTER_ONE_MS = [3_000, 7_000] as const;

export class Storms {
  readonly #options: StormsOptions;
  readonly #dice: Dice;
  #happensOnce: readonly Fault[];

  constructor(options: StormsOptions) {
    this.#options = options;
    this.#dice = new Dice(options.seed);
    this.#happensOnce = options.faults.filter(({ isOnce }) => isOnce === true);
  }

  next(): Storm {
    const { size } = this.#options;
    const faults = this.#faults(this.#dice.between(Math.ceil(size * SIZE_SHARE_MIN), size));
    const starts = faults.map((_, index) => this.#start(index));
    const planned = faults.map((fault, index) => ({
      ...(starts[index] as Pick<Planned, 'joins' | 'afterMs'>),
      ...{ fault, salt: this.#dice.int(2 ** 31) },
      mayBeLong: index === 0,
      isAlone: index === 0 && starts[1]?.joins !== true,
    }));
    const [from, to] = size === 1 ? CALM_AFTER_ONE_MS : CALM_MS;
    return { faults: planned, calmMs: this.#dice.between(from, to) };
  }

  #faults(count: number): Fault[] {
    const { openings, size } = this.#options;
    const faults: Fault[] = [];
    if (size > 1 && openings.length > 0) faults.push(this.#dice.pick(openings));
    while (faults.length < count) faults.push(this.#drawn(faults.slice(-SPACING)));
    // Somewhere after the opening, of which callers must be served.
    for (const fault of this.#happensOnce) faults[this.#dice.between(Math.min(1, count - 1), count - 1)] = fault;
    this.#happensOnce = [];
    return faults;
  }

  #start(index: number): Pick<Planned, 'joins' | 'afterMs'> {
    const { together, openings } = this.#options;
    const afterMs = this.#dice.int(JOINS_AFTER_MS_MAX);
    const joins = this.#dice.chance(together);
    if (index === 0) return { joins: false, afterMs: 0 };
    if (index === 1 && openings.length > 0) return { joins: false, afterMs: AFTER_OPENING_MS };
    return joins ? { joins, afterMs } : { joins, afterMs: 0 };
  }

  #drawn(before: readonly Fault[]): Fault {
    const touched = new Set(before.flatMap(({ touches }) => touches));
    const all = this.#options.faults.filter(({ isOnce }) => isOnce !== true);
    const elsewhere = all.filter(({ touches }) => !touches.some((each) => touched.has(each)));
    const choices = elsewhere.length > 0 ? elsewhere : all;
    let at = (this.#dice.int(2 ** 31) / 2 ** 31) * choices.reduce((sum, { weight }) => sum + weight, 0);
    for (const fault of choices) {
      at -= fault.weight;
      if (at < 0) return fault;
    }
    throw new Error('nothing can be done to this installation');
  }
}

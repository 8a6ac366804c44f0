/**
 * Whoever ill-treats the installation: draws faults from the seed, one after the other, now and then two at a time, waits until all is well
 * again, leaves it alone for a while, and writes down what was done.
 */
import { appendFileSync } from 'node:fs';
import { Dice } from '../../simulator/dice.ts';
import type { FaultLine } from './checker/lines.ts';
import { pause } from './clients/callers.ts';
import { nowMs } from './clock.ts';
import { DATABASE_FAULTS } from './faults/database-faults.ts';
import { DISK_FAULTS } from './faults/disk-faults.ts';
import type { Begun, Fault, Installation } from './faults/fault.ts';
import { KAFKA_FAULTS } from './faults/kafka-faults.ts';
import { REDIS_FAULTS } from './faults/redis-faults.ts';
import { WORKER_FAULTS } from './faults/worker-faults.ts';

export const FAULTS: readonly Fault[] = [...WORKER_FAULTS, ...REDIS_FAULTS, ...KAFKA_FAULTS, ...DATABASE_FAULTS, ...DISK_FAULTS];

/** A fault as it happened. */
export interface Happened extends FaultLine {
  readonly isMasterDead: boolean;
  /** Another fault was on at the same time. */
  readonly isAlone: boolean;
}

export interface NemesisOptions {
  readonly installation: Installation;
  readonly seed: number;
  /** Names of the faults that may happen; all of them where left out. */
  readonly only?: readonly string[] | undefined;
  /** Share of faults that another one joins. */
  readonly together: number;
  /** Where what was done is written. */
  readonly file: string;
  /** After a fault was healed, and until its window is over. */
  readonly healthyAt: (since: number) => Promise<Pick<FaultLine, 'healthyAt' | 'unwell'>>;
  readonly say: (line: string) => void;
}

/** A window lasts until ten seconds after all is well; between two of them throughput is measured. */
export const AFTER_WELL_MS = 10_000;
const CALM_MS_MIN = 3_000;
const CALM_MS_MAX = 7_000;
/** From the first to the second. */
const SECOND_AFTER_MS_MAX = 3_000;

export class Nemesis {
  readonly happened: Happened[] = [];
  readonly #options: NemesisOptions;
  readonly #dice: Dice;
  #isOver = false;

  constructor(options: NemesisOptions) {
    this.#options = options;
    this.#dice = new Dice(options.seed);
  }

  /** Until that time; what was begun is ended. False when the installation did not get well: then nothing else is done to it. */
  async rage(until: number): Promise<boolean> {
    while (!this.#isOver && nowMs() < until) {
      const isWell = await this.#blow();
      if (!isWell) return false;
      await pause(AFTER_WELL_MS + this.#dice.between(CALM_MS_MIN, CALM_MS_MAX));
    }
    return true;
  }

  stop(): void {
    this.#isOver = true;
  }

  /** One fault, or two: each is drawn with its own chances, so that a seed means the same faults whatever the times are. */
  async #blow(): Promise<boolean> {
    const first = this.#drawn([]);
    if (first === undefined) throw new Error('nothing can be done to this installation');
    const isPair = this.#dice.chance(this.#options.together);
    const second = isPair ? this.#drawn([first.touches]) : undefined;
    const salts = [this.#dice.int(2 ** 31), this.#dice.int(2 ** 31)];
    const lateMs = this.#dice.int(SECOND_AFTER_MS_MAX);
    const isAlone = second === undefined;
    const healed = await Promise.all([
      this.#fault(first, new Dice(salts[0] ?? 0)),
      ...(second === undefined ? [] : [pause(lateMs).then(() => this.#fault(second, new Dice(salts[1] ?? 0)))]),
    ]);
    const health = await this.#options.healthyAt(Math.max(...healed.map(({ healedAt }) => healedAt)));
    for (const each of healed) this.#note({ ...each, isAlone, ...health });
    return health.healthyAt !== undefined;
  }

  async #fault(fault: Fault, dice: Dice): Promise<Omit<Happened, 'isAlone'>> {
    const { installation, say } = this.#options;
    const begunAt = nowMs();
    const { target, holdMs, heal, isMasterDead = false }: Begun = await fault.begin(installation, dice);
    say(`${fault.name}: ${target}, for ${(holdMs / 1_000).toFixed(1)} s`);
    await pause(holdMs);
    await heal();
    return { fault: fault.name, target, begunAt, healedAt: nowMs(), isMasterDead };
  }

  #drawn(touched: readonly string[]): Fault | undefined {
    const { only, installation } = this.#options;
    const choices = FAULTS.filter(
      ({ name, touches, isPossible }) =>
        !touched.includes(touches) && (only === undefined || only.includes(name)) && isPossible?.(installation) !== false,
    );
    let at = this.#dice.int(choices.reduce((sum, { weight }) => sum + weight, 0));
    for (const fault of choices) {
      at -= fault.weight;
      if (at < 0) return fault;
    }
    return undefined;
  }

  #note(happened: Happened): void {
    this.happened.push(happened);
    appendFileSync(this.#options.file, `${JSON.stringify(happened)}\n`);
  }
}

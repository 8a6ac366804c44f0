/**
 * Callers of one kind: so many of them, each at a pace of its own, each with one call at a time. A call is made until it is answered; whoever
 * is slowed down by a fault makes fewer calls, and does not make up for them later.
 */
import { Dice } from '../../../simulator/dice.ts';
import { nowMs } from '../clock.ts';
import type { Answers } from './answers.ts';
import { HistoryFile } from './history.ts';

export interface CallersOptions {
  readonly name: string;
  readonly callers: number;
  /** Calls a second of one caller. */
  readonly perSecond: number;
  readonly seed: number;
  /** Where histories are written. */
  readonly directory: string;
  readonly answers: Answers;
}

const RETRY_MS = 40;
/** A store that has been empty for a while is not asked all the time. */
const RETRY_MS_MAX = 400;

export abstract class Callers {
  readonly name: string;
  protected readonly history: HistoryFile;
  readonly #options: CallersOptions;
  readonly #running: Promise<void>[] = [];
  #isOver = false;
  /** Nobody waits longer than until then. */
  #giveUpAt = Number.POSITIVE_INFINITY;
  #ids = 0;

  constructor(options: CallersOptions) {
    this.#options = options;
    this.name = options.name;
    this.history = new HistoryFile(options.directory, options.name);
  }

  start(): void {
    const { callers, seed } = this.#options;
    for (let caller = 0; caller < callers; caller++) this.#running.push(this.#run(caller, new Dice(seed * 1_000 + caller)));
  }

  /** What is under way may go on for so long. */
  async stop(withinMs: number): Promise<void> {
    this.#isOver = true;
    this.#giveUpAt = nowMs() + withinMs;
    await Promise.all(this.#running);
    await this.afterCalls(this.#giveUpAt);
    await this.closed();
    this.history.close();
  }

  /** Makes one call of the caller, with `attempted` as often as it takes. */
  protected abstract call(caller: number, dice: Dice): Promise<void>;

  /** What is left to settle when nobody calls any more. */
  protected async afterCalls(_giveUpAt: number): Promise<void> {}

  protected async closed(): Promise<void> {}

  protected get isGivenUp(): boolean {
    return nowMs() > this.#giveUpAt;
  }

  /** Attempts until one says how many values it got; undefined where the call must be made again. */
  protected async attempted(attempt: (id: string, call: string) => Promise<number | undefined>): Promise<boolean> {
    const { answers } = this.#options;
    const call = `${this.name}.${++this.#ids}`;
    const askedAt = nowMs();
    for (let tries = 1; !this.isGivenUp; tries++) {
      const values = await attempt(`${call}/${tries}`, call);
      if (values !== undefined) {
        answers.add({ via: this.name, askedAt, answeredAt: nowMs(), values });
        return true;
      }
      await pause(Math.min(RETRY_MS * tries, RETRY_MS_MAX));
    }
    return false;
  }

  async #run(caller: number, dice: Dice): Promise<void> {
    const { perSecond, callers } = this.#options;
    const everyMs = 1_000 / perSecond;
    await pause((everyMs * caller) / callers);
    let dueAt = nowMs();
    while (!this.#isOver) {
      await this.call(caller, dice);
      dueAt = Math.max(dueAt + everyMs, nowMs());
      await pause(dueAt - nowMs());
    }
  }
}

/** How many values a call asks for: mostly few, now and then many; as many calls between 1 and 10 as between 100 and 1,000. */
export function countUpTo(max: number, dice: Dice): number {
  return Math.max(1, Math.round(max ** (dice.int(1_000) / 1_000)));
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

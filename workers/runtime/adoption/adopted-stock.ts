/**
 * What this process has drawn from an adopted counter and not given out yet. One draw at a time: as much as those who wait want, and what the
 * last draw lasted for says how much beyond. A draw is in the log before any value of it is given out; what the log refuses is burnt.
 */
import { SequenceError } from '../../../core/errors.ts';
import { WAITING_MAX } from '../../../core/limits.ts';
import type { ValueRun } from '../../../schemas/adoption-messages.ts';

/** Seconds that a draw should last: what is burnt at a crash, against what the old counter is asked. */
const LASTS_S = 5;
/** The first draw of a life: nothing is known yet, and values may be dear. */
const DRAW_FIRST = 10;
/** A burst of a moment must not draw for hours. */
const GROWTH_MAX = 8;
const DRAW_MAX = 1_000_000;
/** Drawn again once half of it is gone: a draw is over long before the other half is. */
const AHEAD_SHARE = 0.5;

export interface AdoptedStockOptions {
  readonly sequence: string;
  readonly increment: bigint;
  /** Draws, records, and resolves to what may be given out. */
  readonly draw: (count: number) => Promise<readonly ValueRun[]>;
  /** Grows with time only. */
  readonly monotonicMs: () => number;
  /** Hears of a draw ahead that failed: nobody waits for it. */
  readonly onProblem: (error: unknown) => void;
}

interface Waiter {
  readonly count: number;
  resolve(runs: readonly ValueRun[]): void;
  reject(error: unknown): void;
}

export class AdoptedStock {
  readonly #options: AdoptedStockOptions;
  /** Oldest first. */
  #runs: ValueRun[] = [];
  #atHand = 0;
  #waiting: Waiter[] = [];
  #wanted = 0;
  #size = DRAW_FIRST;
  #takenSinceDraw = 0;
  #drawnAtMs: number | undefined;
  #drawing: Promise<void> | undefined;
  #ended: SequenceError | undefined;

  constructor(options: AdoptedStockOptions) {
    this.#options = options;
  }

  get atHand(): readonly ValueRun[] {
    return this.#runs;
  }

  /** At once where there is enough. */
  take(count: number): readonly ValueRun[] | Promise<readonly ValueRun[]> {
    if (this.#ended !== undefined) throw this.#ended;
    if (this.#waiting.length === 0 && this.#atHand >= count) {
      const runs = this.#cut(count);
      if (this.#atHand < this.#size * AHEAD_SHARE) this.#drawAhead();
      return runs;
    }
    if (this.#waiting.length >= WAITING_MAX) {
      throw new SequenceError('SEQ_TOO_MANY_WAITING', `${WAITING_MAX} callers wait for values of ${this.#options.sequence}`);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ count, resolve, reject });
      this.#wanted += count;
      this.#draw();
    });
  }

  /** Gives out nothing any more; resolves, when no draw is under way, to what was not given out. */
  async end(why: SequenceError): Promise<readonly ValueRun[]> {
    this.#ended = why;
    this.#refuse(why);
    await this.#drawing;
    const left = this.#runs;
    this.#runs = [];
    this.#atHand = 0;
    return left;
  }

  #drawAhead(): void {
    if (this.#drawing === undefined) this.#draw();
  }

  #draw(): void {
    this.#drawing ??= this.#drawOnce().finally(() => {
      this.#drawing = undefined;
      if (this.#ended === undefined && this.#waiting.length > 0) this.#draw();
    });
  }

  async #drawOnce(): Promise<void> {
    const { onProblem } = this.#options;
    this.#resize();
    try {
      for (const run of await this.#drawn()) this.#add(run);
    } catch (error) {
      // Everybody who waits is told: the counter is away, or at its end, and only they know how long to go on.
      if (this.#waiting.length === 0) onProblem(error);
      this.#refuse(error);
    }
    while (this.#waiting[0] !== undefined && this.#waiting[0].count <= this.#atHand) {
      const first = this.#waiting.shift() as Waiter;
      this.#wanted -= first.count;
      first.resolve(this.#cut(first.count));
    }
  }

  /** Near its end a counter refuses a long draw: then only as much as those who wait want. */
  async #drawn(): Promise<readonly ValueRun[]> {
    const { draw } = this.#options;
    const count = Math.max(1, this.#size + this.#wanted - this.#atHand);
    try {
      return await draw(count);
    } catch (error) {
      const missing = this.#wanted - this.#atHand;
      const mayBeLess = error instanceof SequenceError && error.code === 'SEQ_EXHAUSTED' && missing > 0 && missing < count;
      if (!mayBeLess) throw error;
      return await draw(missing);
    }
  }

  /** Where nobody drew in between, two draws are one run: a caller that wants one run gets it. */
  #add(run: ValueRun): void {
    const last = this.#runs.at(-1);
    const isNext = last !== undefined && last.first + BigInt(last.count) * this.#options.increment === run.first;
    if (isNext) this.#runs[this.#runs.length - 1] = { first: last.first, count: last.count + run.count };
    else this.#runs.push(run);
    this.#atHand += run.count;
  }

  /** By how long the last draw lasted. */
  #resize(): void {
    const nowMs = this.#options.monotonicMs();
    if (this.#drawnAtMs !== undefined) {
      const perSecond = (this.#takenSinceDraw + this.#wanted) / (Math.max(1, nowMs - this.#drawnAtMs) / 1_000);
      this.#size = Math.ceil(Math.min(DRAW_MAX, this.#size * GROWTH_MAX, Math.max(DRAW_FIRST, perSecond * LASTS_S)));
    }
    this.#drawnAtMs = nowMs;
    this.#takenSinceDraw = 0;
  }

  #refuse(error: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#wanted = 0;
    for (const { reject } of waiting) reject(error);
  }

  #cut(count: number): readonly ValueRun[] {
    const { increment } = this.#options;
    const cut: ValueRun[] = [];
    let missing = count;
    while (missing > 0) {
      const run = this.#runs[0] as ValueRun;
      const taken = Math.min(missing, run.count);
      cut.push({ first: run.first, count: taken });
      if (taken === run.count) this.#runs.shift();
      else this.#runs[0] = { first: run.first + BigInt(taken) * increment, count: run.count - taken };
      missing -= taken;
    }
    this.#atHand -= count;
    this.#takenSinceDraw += count;
    return cut;
  }
}

/** An adoption as this process serves it: the counter, opened when it is first needed, and what was drawn from it and not given out yet. */
import type { AdoptedCounter } from '../../../adapters/counters/adopted-counter.ts';
import { SequenceError } from '../../../core/errors.ts';
import { type Adoption, totalOf } from '../../../pipelines/adoptions.ts';
import type { ValueRun } from '../../../schemas/adoption-messages.ts';
import { AdoptedStock } from './adopted-stock.ts';
import type { AdoptionBook } from './adoption-book.ts';
import { cutOver, refused } from './adoption-errors.ts';

export interface AdoptedSequenceParts {
  readonly book: AdoptionBook;
  readonly openCounter: (address: string) => Promise<AdoptedCounter>;
  readonly monotonicMs: () => number;
  readonly onProblem: (error: unknown, message: string) => void;
}

export class AdoptedSequence {
  readonly adoption: Adoption;
  readonly stock: AdoptedStock;
  /** Settles once it is over: committed and known here, or abandoned. */
  readonly over: Promise<void>;
  /** Set once nothing comes out of the counter any more: settles when what was left is in the log. */
  leaving: Promise<void> | undefined;
  readonly #parts: AdoptedSequenceParts;
  #counter: Promise<AdoptedCounter> | undefined;
  #end = (): void => undefined;

  constructor(adoption: Adoption, parts: AdoptedSequenceParts) {
    const { sequence, increment, state } = adoption;
    const { monotonicMs, onProblem } = parts;
    this.adoption = adoption;
    this.#parts = parts;
    this.over = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.leaving = state === 'drawing' ? undefined : Promise.resolve();
    this.stock = new AdoptedStock({
      sequence,
      increment,
      monotonicMs,
      draw: (count) => this.#draw(count),
      onProblem: (error) => onProblem(error, 'an adopted counter was not drawn from ahead'),
    });
  }

  /** One that cannot be opened is tried again by the next. */
  counter(): Promise<AdoptedCounter> {
    this.#counter ??= this.#opened().catch((error) => {
      this.#counter = undefined;
      throw error;
    });
    return this.#counter;
  }

  /** Gives out nothing any more, and says what is left, so that nobody has to doubt it. */
  async leave(why: SequenceError): Promise<void> {
    const { book, onProblem } = this.#parts;
    const { adoption } = this;
    const { sequence, id } = adoption;
    const runs = await this.stock.end(why);
    const life = adoption.lives.get(book.life);
    if (life === undefined || life.isOver) return;
    await book.say({ sequence, event: 'left', adoption: id, runs }).catch((error) => onProblem(error, 'values that are left are in doubt'));
  }

  async end(): Promise<void> {
    this.#end();
    const counter = this.#counter;
    this.#counter = undefined;
    await (await counter?.catch(() => undefined))?.close();
  }

  async #draw(count: number): Promise<readonly ValueRun[]> {
    const { sequence, id } = this.adoption;
    const runs = await (await this.counter()).draw(count);
    const atHand = totalOf(this.stock.atHand);
    const { verdict } = await this.#parts.book.say({ sequence, event: 'drawn', adoption: id, runs, atHand });
    if (verdict === 'accepted') return runs;
    throw verdict === 'not-now' ? cutOver(sequence) : refused(sequence, verdict, `${totalOf(runs)} values from ${runs[0]?.first}`);
  }

  async #opened(): Promise<AdoptedCounter> {
    const { sequence, source, increment } = this.adoption;
    const counter = await this.#parts.openCounter(source);
    if (counter.increment === increment) return counter;
    await counter.close();
    const message = `${counter.shown} counts in steps of ${counter.increment}: ${sequence} was adopted in steps of ${increment}`;
    throw new SequenceError('SEQ_ENGINE_UNUSABLE', message);
  }
}

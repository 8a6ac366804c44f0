/**
 * The life of a process as a table: starting, serving, draining, stopped; or failed, from which there is no way back but a new
 * process. A failure of the storage ends everything at once: nothing is left half alive.
 */
import { assert } from '../../../core/assertion.ts';

export type LifeState = 'starting' | 'serving' | 'draining' | 'stopped' | 'failed';

const NEXT: Readonly<Record<LifeState, readonly LifeState[]>> = {
  starting: ['serving', 'failed', 'stopped'],
  serving: ['draining', 'failed'],
  draining: ['stopped', 'failed'],
  stopped: [],
  failed: ['stopped'],
};

export class Life {
  state: LifeState = 'starting';
  #closing: Promise<void> | undefined;
  readonly #stop: (drain: boolean) => Promise<void>;
  readonly #onFailure: (error: unknown) => void;

  /** `stop` frees everything; with `drain` it first gives back what is unused. */
  constructor(options: { stop: (drain: boolean) => Promise<void>; onFailure: (error: unknown) => void }) {
    this.#stop = options.stop;
    this.#onFailure = options.onFailure;
  }

  serve(): void {
    this.#move('serving');
  }

  /** The first failure counts; what follows from it is noise. */
  fail(error: unknown): void {
    if (this.state === 'failed' || this.state === 'stopped') return;
    this.#move('failed');
    this.#onFailure(error);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const drain = this.state === 'serving';
    if (drain) this.#move('draining');
    await this.#stop(drain);
    if (this.state !== 'stopped') this.#move('stopped');
  }

  #move(to: LifeState): void {
    assert(NEXT[this.state].includes(to), `a process cannot go from ${this.state} to ${to}`);
    this.state = to;
  }
}

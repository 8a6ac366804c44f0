/** Whether the store of the transaction pool answers this process: it is asked once a beat for next to nothing, one question at a time. */
import { SequenceError } from '../../../core/errors.ts';
import type { Registrar } from '../../../pipelines/ports.ts';

/** Every store numbers its series from 1. */
const ANY_SERIES = 1;

export class StorePulse {
  readonly #registrar: Pick<Registrar, 'status'>;
  #isAsking = false;
  #silence = 0;

  constructor(registrar: Pick<Registrar, 'status'>) {
    this.#registrar = registrar;
  }

  /** Beats since the store's last answer. Counted in beats, so that a process that was frozen does not blame its store. */
  beat(): number {
    this.#silence++;
    if (!this.#isAsking) void this.#ask();
    return this.#silence;
  }

  restart(): void {
    this.#silence = 0;
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    try {
      await this.#registrar.status(ANY_SERIES);
      this.#silence = 0;
    } catch (error) {
      // Whatever else it says, it answers.
      if (!(error instanceof SequenceError && error.code === 'SEQ_ENGINE_AWAY')) this.#silence = 0;
    }
    this.#isAsking = false;
  }
}

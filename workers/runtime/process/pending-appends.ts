/**
 * Appends under way that nobody awaits one by one. A retriable failure is left to the stage, which decides again from what it
 * reads back; anything else is a failure of the process.
 */
import { SequenceError } from '../../../core/errors.ts';

export class PendingAppends {
  readonly #pending = new Set<Promise<void>>();
  readonly #onFailure: (error: unknown) => void;

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  add(append: Promise<unknown>): void {
    const settled = append.then(
      () => {
        this.#pending.delete(settled);
      },
      (error: unknown) => {
        this.#pending.delete(settled);
        if (!(error instanceof SequenceError && error.retriable)) this.#onFailure(error);
      },
    );
    this.#pending.add(settled);
  }

  /** Resolves when everything added so far has an outcome. */
  async settle(): Promise<void> {
    await Promise.all([...this.#pending]);
  }
}

/**
 * How far the requests of a partition are answered, told to the log now and then: a commit for every batch would cost as much as its
 * answers. What was answered and not told yet is delivered once more after a crash, and answered alike.
 */
export interface AnsweredOffsetOptions {
  /** One past the last request that was answered before. */
  readonly from: number;
  readonly commit: (offset: number) => Promise<void>;
  readonly everyMs?: number;
}

/** Between commits: bounds what a crash makes be delivered again to a fraction of the requests whose answers a store keeps. */
const COMMIT_EVERY_MS = 200;

export class AnsweredOffset {
  readonly #options: AnsweredOffsetOptions;
  #answered: number;
  #told: number;
  #timer: NodeJS.Timeout | undefined;
  #telling: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: AnsweredOffsetOptions) {
    this.#options = options;
    this.#answered = options.from;
    this.#told = options.from;
  }

  /** Everything before the offset is answered, and the answers are in the log. */
  reached(offset: number): void {
    // Once it is closed another process may answer the partition, and says by itself how far it came.
    if (this.#isClosed) return;
    this.#answered = offset;
    this.#schedule();
  }

  /** Tells what is still to be told. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#telling;
    await this.#tell();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#telling = this.#tell().finally(() => {
        this.#timer = undefined;
        if (this.#answered > this.#told) this.#schedule();
      });
    }, this.#options.everyMs ?? COMMIT_EVERY_MS);
  }

  async #tell(): Promise<void> {
    if (this.#answered === this.#told) return;
    this.#told = this.#answered;
    // A commit that is lost only makes requests be answered again, alike.
    await this.#options.commit(this.#told).catch(() => undefined);
  }
}

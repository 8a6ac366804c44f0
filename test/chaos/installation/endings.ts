/** What a run started and has to end, whoever stops it and when. */
type End = () => Promise<void>;

const CODE_BY_SIGNAL = { SIGINT: 130, SIGTERM: 143 } as const;

export class Endings {
  readonly #all: End[] = [];
  #isAbandoned = false;
  #ending: Promise<void> = Promise.resolve();

  readonly add = (end: End): void => {
    this.#all.push(end);
  };

  /** One after the other: who is ended later may be started by who is ended before. Whoever asks waits for all, those under way too. */
  end(): Promise<void> {
    this.#ending = this.#ending
      .catch(() => undefined)
      .then(async () => {
        for (let each = this.#all.pop(); each !== undefined; each = this.#all.pop()) await each();
      });
    return this.#ending;
  }

  /** A terminal tells npm, its shell and this process, and they tell each other: the second time must not end it half way. */
  readonly abandon = (code: number): void => {
    if (!this.#isAbandoned) void this.end().finally(() => process.exit(code));
    this.#isAbandoned = true;
  };

  /** Ends all at a signal. What is returned takes that back. */
  onSignals(): () => void {
    const listen = (signal: NodeJS.Signals): void => this.abandon(CODE_BY_SIGNAL[signal as keyof typeof CODE_BY_SIGNAL]);
    const signals = Object.keys(CODE_BY_SIGNAL) as NodeJS.Signals[];
    for (const signal of signals) process.on(signal, listen);
    return () => {
      for (const signal of signals) process.off(signal, listen);
    };
  }

  /** Nothing that was started is left over, whoever failed. */
  onFailures(): void {
    process.once('unhandledRejection', (error) => {
      console.error(error);
      this.abandon(2);
    });
  }
}

/** What ends a server: the first signal, a second one that asks for haste, or a failure. */
import type { Signals } from './cli-context.ts';

export interface End {
  readonly signal?: string;
  readonly error?: unknown;
}

/** `npm start` hands on the Ctrl-C that the terminal has sent to the server as well: two signals within this time are one. */
const SAME_KEYSTROKE_MS = 500;

export class Ending {
  readonly first: Promise<End>;
  /** A second signal, meant as one. */
  readonly again: Promise<void>;
  readonly #signals: Signals;
  readonly #onSigterm = () => this.#signalled('SIGTERM');
  readonly #onSigint = () => this.#signalled('SIGINT');
  readonly #onUncaught = (error: unknown) => this.fail(error);
  #end: (end: End) => void = () => undefined;
  #endNow: () => void = () => undefined;
  #signalledAtMs: number | undefined;

  constructor(signals: Signals) {
    this.#signals = signals;
    this.first = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.again = new Promise((resolve) => {
      this.#endNow = resolve;
    });
    signals.on('SIGTERM', this.#onSigterm);
    signals.on('SIGINT', this.#onSigint);
    signals.on('uncaughtException', this.#onUncaught);
  }

  fail(error: unknown): void {
    this.#end({ error });
  }

  forget(): void {
    this.#signals.off('SIGTERM', this.#onSigterm);
    this.#signals.off('SIGINT', this.#onSigint);
    this.#signals.off('uncaughtException', this.#onUncaught);
  }

  #signalled(signal: string): void {
    const nowMs = performance.now();
    if (this.#signalledAtMs === undefined) {
      this.#signalledAtMs = nowMs;
      this.#end({ signal });
    } else if (nowMs - this.#signalledAtMs > SAME_KEYSTROKE_MS) this.#endNow();
  }
}

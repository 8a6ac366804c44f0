/** Says on standard error what runs, how far it is and how long it will take: a line when something changes, and one now and then. */

/** A line at most every ten seconds: enough to see that it lives. */
const EVERY_MS = 10_000;

export class Progress {
  readonly #write: (line: string) => void;
  readonly #nowMs: () => number;
  #what = '';
  #startMs = 0;
  #saidMs = 0;

  constructor(write: (line: string) => void, nowMs: () => number) {
    this.#write = write;
    this.#nowMs = nowMs;
  }

  begin(what: string, note?: string): void {
    this.#what = what;
    this.#startMs = this.#nowMs();
    this.#saidMs = this.#startMs;
    this.#write(note === undefined ? `${what} …` : `${what} … (${note})`);
  }

  /** The share that is done; of a stage of its own where one is named. */
  done(share: number, stage?: string): void {
    const nowMs = this.#nowMs();
    if (nowMs - this.#saidMs < EVERY_MS) return;
    this.#saidMs = nowMs;
    const part = stage === undefined ? '' : ` ${stage}`;
    this.#write(`${this.#what}${part}: ${(100 * share).toFixed(0)} %${stage === undefined ? `, ${this.#left(share, nowMs)}` : ''}`);
  }

  end(result: string): void {
    this.#write(`${this.#what}: ${result} in ${shownTime(this.#nowMs() - this.#startMs)}`);
  }

  #left(share: number, nowMs: number): string {
    if (share <= 0) return 'no idea yet how long';
    return `about ${shownTime(((nowMs - this.#startMs) * (1 - share)) / share)} left`;
  }
}

function shownTime(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 90) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

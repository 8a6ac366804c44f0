/**
 * Says how far a backtest is, how fast it goes and how long it will take: a line that is written over on a terminal, a line every few
 * seconds elsewhere. Lets signals in between two pieces of work: Ctrl-C ends it at once, and what is finished is kept.
 */
import { setImmediate } from 'node:timers/promises';
import { compact, duration } from '../demo/figures.ts';
import type { Output } from '../screen.ts';

const TERMINAL_EVERY_MS = 200;
const PLAIN_EVERY_MS = 5_000;

/** Somebody pressed Ctrl-C: not a failure, but no result either. */
export class Interrupted extends Error {}

export interface ProgressOptions {
  readonly err: Output;
  /** Seconds of streams under policies that there are to do. */
  readonly total: number;
  readonly isStopped: () => boolean;
  readonly nowMs?: () => number;
}

export class BacktestProgress {
  private readonly options: ProgressOptions;
  private readonly nowMs: () => number;
  private readonly startMs: number;
  private saidMs: number;
  private total: number;
  private done = 0;
  private stream = '';
  private isLineOpen = false;

  constructor(options: ProgressOptions) {
    this.options = options;
    this.nowMs = options.nowMs ?? (() => performance.now());
    this.total = options.total;
    this.startMs = this.nowMs();
    this.saidMs = this.startMs;
  }

  onStream(stream: string): void {
    this.stream = stream;
  }

  /** `isKnown`: done before, and neither fast nor slow. */
  async onSeconds(seconds: number, isKnown = false): Promise<void> {
    if (isKnown) this.total -= seconds;
    else this.done += seconds;
    await setImmediate();
    if (this.options.isStopped()) {
      this.end();
      throw new Interrupted();
    }
    const { err } = this.options;
    const nowMs = this.nowMs();
    if (nowMs - this.saidMs < (err.isTTY === true ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS)) return;
    this.saidMs = nowMs;
    this.say(nowMs);
  }

  /** Leaves the terminal as it was. */
  end(): void {
    if (this.isLineOpen) this.options.err.write('\r\u001b[2K');
    this.isLineOpen = false;
  }

  private say(nowMs: number): void {
    const { err } = this.options;
    const { total } = this;
    const spentMs = Math.max(1, nowMs - this.startMs);
    const share = Math.min(1, this.done / Math.max(1, total));
    const rate = `${compact((1_000 * this.done) / spentMs)} stream-seconds/s`;
    const left = share > 0 ? duration((spentMs * (1 - share)) / share) : 'unknown';
    const line = `${(100 * share).toFixed(0)} % ${this.stream}, ${rate}, ${left} to go`;
    const isTerminal = err.isTTY === true;
    err.write(isTerminal ? `\r\u001b[2K${line.slice(0, Math.max(20, (err.columns ?? 80) - 1))}` : `${line}\n`);
    this.isLineOpen = isTerminal;
  }
}

/** Says now and then how much of an input was read, where that takes long. */
export function rowsRead(err: Output, nowMs: () => number = () => performance.now()): (rows: number) => void {
  let saidMs = nowMs();
  return (rows) => {
    if (nowMs() - saidMs < PLAIN_EVERY_MS) return;
    saidMs = nowMs();
    err.write(`${compact(rows)} rows read\n`);
  };
}

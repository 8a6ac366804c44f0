/**
 * Says on standard error how much of something is done and how long it still takes: written over on a terminal, a line now and then
 * elsewhere. Nothing is said of what is over at once.
 */
import { duration } from './demo/figures.ts';
import type { Output } from './screen.ts';

const SCREEN_EVERY_MS = 250;
const LINE_EVERY_MS = 5_000;
/** Of a terminal that does not say. */
const COLUMNS = 80;

export class ShareProgress {
  readonly #err: Output;
  readonly #nowMs: () => number;
  #startMs: number;
  #saidMs: number;
  #startShare = 0;
  #isLineOpen = false;

  constructor(err: Output, nowMs: () => number = () => performance.now()) {
    this.#err = err;
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
    this.#saidMs = this.#startMs;
  }

  /** What comes now takes its own time: another step, or something that had begun before. */
  begin(share = 0): void {
    this.#startMs = this.#nowMs();
    this.#startShare = share;
  }

  /** `what` takes the share's place in the line: `audit: 25.0 % of the records`. */
  tell(share: number, what: (percent: string) => string): void {
    const isScreen = this.#err.isTTY === true;
    const nowMs = this.#nowMs();
    if (share <= 0 || nowMs - this.#saidMs < (isScreen ? SCREEN_EVERY_MS : LINE_EVERY_MS)) return;
    this.#saidMs = nowMs;
    this.#write(`${what(`${(share * 100).toFixed(1)} %`)}${this.#left(share, nowMs)}`);
  }

  /** Takes the line back from a terminal: the answer comes, or something else is said. */
  end(): void {
    if (this.#isLineOpen) this.#err.write('\r\u001b[2K');
    this.#isLineOpen = false;
  }

  #left(share: number, nowMs: number): string {
    const done = share - this.#startShare;
    if (done <= 0 || share >= 1) return '';
    return `, about ${duration(Math.ceil((((nowMs - this.#startMs) / done) * (1 - share)) / 1_000) * 1_000)} to go`;
  }

  #write(text: string): void {
    const isScreen = this.#err.isTTY === true;
    const room = Math.max(20, (this.#err.columns ?? COLUMNS) - 1);
    this.#err.write(isScreen ? `\r\u001b[2K${text.slice(0, room)}` : `${text}\n`);
    this.#isLineOpen = isScreen;
  }
}

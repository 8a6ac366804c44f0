/** How far a run is, on one line of a terminal, or a line now and then elsewhere: phase, answers a second, values, time to go. */
import type { Answers } from './clients/answers.ts';
import { nowMs } from './clock.ts';

const SCREEN_MS = 500;
const LINE_MS = 15_000;

export class Progress {
  readonly #name: string;
  readonly #startedAt = nowMs();
  readonly #isScreen = process.stderr.isTTY === true;
  #timer: NodeJS.Timeout | undefined;
  #phase = '';
  #answers: Answers | undefined;
  #endsAt = 0;
  #counted = { at: nowMs(), answers: 0 };

  constructor(name: string) {
    this.#name = name;
  }

  follow(answers: Answers, endsAt: number): void {
    this.#answers = answers;
    this.#endsAt = endsAt;
    this.#timer = setInterval(() => this.#show(), this.#isScreen ? SCREEN_MS : LINE_MS);
  }

  phase(phase: string): void {
    this.#phase = phase;
    this.say(phase);
  }

  say(line: string): void {
    const at = ((nowMs() - this.#startedAt) / 1_000).toFixed(1).padStart(7);
    process.stderr.write(`${this.#isScreen ? '\r\u001b[2K' : ''}${this.#name} ${at} s  ${line}\n`);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #show(): void {
    const { all, values } = this.#answers ?? { all: [], values: 0 };
    const now = nowMs();
    const rate = ((all.length - this.#counted.answers) * 1_000) / Math.max(1, now - this.#counted.at);
    this.#counted = { at: now, answers: all.length };
    const left = Math.max(0, Math.ceil((this.#endsAt - now) / 1_000));
    const text = `${this.#phase}: ${rate.toFixed(0)} answers/s, ${values.toLocaleString('en')} values, about ${left} s to go`;
    if (this.#isScreen) process.stderr.write(`\r\u001b[2K${this.#name} ${text}`);
    else this.say(text);
  }
}

/** How far a campaign is, on one line of a terminal, or a line now and then elsewhere: kills, reservations, their rate, time to go. */
import { nowMs } from '../clock.ts';
import type { PartTargets } from './campaign.ts';

const SCREEN_MS = 500;
const LINE_MS = 15_000;

export class Progress {
  readonly #all: PartTargets;
  readonly #startedAt = nowMs();
  readonly #isScreen = process.stderr.isTTY === true;
  #part = '';
  /** Of the parts that are over. */
  #before: PartTargets = { reservations: 0, kills: 0 };
  #now: PartTargets = { reservations: 0, kills: 0 };
  #shown = { at: nowMs(), reservations: 0 };

  constructor(all: PartTargets) {
    this.#all = all;
  }

  begin(part: string): void {
    this.#before = this.#sum();
    this.#now = { reservations: 0, kills: 0 };
    this.#part = part;
    this.say('starts');
  }

  done(now: PartTargets): void {
    this.#now = now;
    const at = nowMs();
    if (at - this.#shown.at < (this.#isScreen ? SCREEN_MS : LINE_MS)) return;
    const { reservations, kills } = this.#sum();
    const perSecond = ((reservations - this.#shown.reservations) * 1_000) / (at - this.#shown.at);
    this.#shown = { at, reservations };
    const text = `${kills} of ${this.#all.kills} kills, ${count(reservations)} of ${count(this.#all.reservations)} reservations, ${count(perSecond)}/s, ${this.#toGo(at)}`;
    if (this.#isScreen) process.stderr.write(`\r\u001b[2K${this.#part}: ${text}`);
    else this.say(text);
  }

  say(line: string): void {
    const at = ((nowMs() - this.#startedAt) / 1_000).toFixed(0).padStart(5);
    process.stderr.write(`${this.#isScreen ? '\r\u001b[2K' : ''}${at} s  ${this.#part}: ${line}\n`);
  }

  #sum(): PartTargets {
    return { reservations: this.#before.reservations + this.#now.reservations, kills: this.#before.kills + this.#now.kills };
  }

  /** As things have gone so far, by whichever of the two is behind. */
  #toGo(at: number): string {
    const { reservations, kills } = this.#sum();
    const share = Math.min(reservations / this.#all.reservations, kills / this.#all.kills, 1);
    if (share === 0) return 'a while to go';
    return `about ${Math.max(1, Math.ceil(((at - this.#startedAt) * (1 - share)) / share / 60_000))} min to go`;
  }
}

function count(number: number): string {
  return Math.round(number).toLocaleString('en');
}

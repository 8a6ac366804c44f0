/**
 * Demand in bins of several minutes, for as long as the seasons take that a fitted model looks for: five minutes for sixty days, hours
 * for a year. Two bytes a bin at most, and nearly nothing while a stream is silent (`packed-ring.ts`).
 */

import type { StateReader, StateWriter } from '../state-bytes.ts';
import { encodeCount } from './compact-count.ts';
import { PackedRing } from './packed-ring.ts';

export class RollUp {
  readonly minutesPerBin: number;
  readonly bins: PackedRing;
  private open = 0;

  constructor(minutesPerBin: number, binsMax: number) {
    this.minutesPerBin = minutesPerBin;
    this.bins = new PackedRing('uint16', binsMax);
  }

  begin(minute: number): void {
    this.bins.begin(Math.floor(minute / this.minutesPerBin));
  }

  /** The minute before `nextMinute` is complete. */
  endMinute(nextMinute: number, demand: number): void {
    this.open += demand;
    if (nextMinute % this.minutesPerBin !== 0) return;
    this.bins.push(encodeCount(this.open));
    this.open = 0;
  }

  /** The same for `count` minutes of silence, in bounded time. */
  skip(fromMinute: number, count: number): void {
    const ended = Math.floor((fromMinute + count) / this.minutesPerBin) - Math.floor(fromMinute / this.minutesPerBin);
    if (ended === 0) return;
    this.bins.push(encodeCount(this.open));
    this.bins.repeat(0, ended - 1);
    this.open = 0;
  }

  save(to: StateWriter): void {
    to.number(this.open);
    this.bins.save(to);
  }

  restore(from: StateReader): void {
    this.open = from.number();
    this.bins.restore(from);
  }
}

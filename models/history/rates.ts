/**
 * Running rates of one stream, in values per second: the last minute (for order sizes), five and ten minutes (for forecasts),
 * and the long-run mean of the square root of the minute's rate, which the order size by cost needs.
 * Source: sizing rule (docs/how-it-works/sizing.md). Demand is taken as even within a bin; the sums are exact per second.
 */
import { BIN_MS } from '../forecaster.ts';
import type { StateReader, StateWriter } from '../state-bytes.ts';

const SECONDS_PER_BIN = BIN_MS / 1_000;
const MINUTE_S = 60;
const TEN_MINUTES_S = 600;
/** Memory of the mean square root: a day, so that every hour of it counts. */
const DAY_S = 86_400;
/** The five-minute rate weighs a minute with 2/11 (a span of ten minutes). */
const KEPT_PER_BIN_FIVE = (9 / 11) ** (SECONDS_PER_BIN / MINUTE_S);
const KEPT_PER_BIN_TEN = (1 - 1 / TEN_MINUTES_S) ** SECONDS_PER_BIN;
/** Below one value in thirty years a rate is silence; without this, quiet streams would end in denormal arithmetic. */
const SILENCE = 1e-9;

export class Rates {
  /** Seconds observed. */
  seconds = 0;
  minute = 0;
  fiveMinutes = 0;
  tenMinutes = 0;
  meanSqrt = 0;

  observe(demand: number): void {
    const rate = demand / SECONDS_PER_BIN;
    for (let i = 0; i < SECONDS_PER_BIN; i++) {
      this.seconds++;
      // A young mean weighs its first n seconds alike.
      this.minute += (rate - this.minute) / Math.min(this.seconds, MINUTE_S);
      this.meanSqrt += (Math.sqrt(this.minute) - this.meanSqrt) / Math.min(this.seconds, DAY_S);
    }
    const young = SECONDS_PER_BIN / this.seconds;
    this.fiveMinutes += (rate - this.fiveMinutes) * Math.max(1 - KEPT_PER_BIN_FIVE, young);
    this.tenMinutes += (rate - this.tenMinutes) * Math.max(1 - KEPT_PER_BIN_TEN, young);
    if (demand === 0) this.hush();
  }

  /** The same as observing `bins` empty bins, once the rates have died down. */
  skip(bins: number): void {
    const seconds = bins * SECONDS_PER_BIN;
    const young = Math.min(seconds, Math.max(0, DAY_S - this.seconds));
    if (young > 0) this.meanSqrt *= this.seconds / (this.seconds + young);
    this.meanSqrt *= (1 - 1 / DAY_S) ** (seconds - young);
    this.minute *= (1 - 1 / MINUTE_S) ** seconds;
    this.fiveMinutes *= KEPT_PER_BIN_FIVE ** bins;
    this.tenMinutes *= KEPT_PER_BIN_TEN ** bins;
    this.seconds += seconds;
    this.hush();
  }

  save(to: StateWriter): void {
    for (const value of [this.seconds, this.minute, this.fiveMinutes, this.tenMinutes, this.meanSqrt]) to.number(value);
  }

  restore(from: StateReader): void {
    this.seconds = from.number();
    this.minute = from.number();
    this.fiveMinutes = from.number();
    this.tenMinutes = from.number();
    this.meanSqrt = from.number();
  }

  private hush(): void {
    if (this.minute < SILENCE) this.minute = 0;
    if (this.fiveMinutes < SILENCE) this.fiveMinutes = 0;
    if (this.tenMinutes < SILENCE) this.tenMinutes = 0;
  }
}

/**
 * Forecasts that wait for their outcome. What was said at the end of a bin can be judged when its horizon has passed; until then
 * its numbers are kept here as records of fixed width. Long horizons are judged at a stride, so that a line holds at most as many
 * records as it is allowed: windows that overlap almost wholly teach nothing new.
 */
import { BIN_MS } from '../forecaster.ts';
import { Ring } from '../history/ring.ts';
import type { StateReader, StateWriter } from '../state-bytes.ts';

export interface DelayLineShape {
  /** Numbers per record. */
  readonly width: number;
  readonly horizonMs: number;
  readonly recordsMax: number;
}

export class DelayLine {
  /** A record is made every so many bins; judged after `records` of these strides. */
  readonly strideBins: number;
  readonly records: number;
  private readonly values: Ring;

  constructor({ width, horizonMs, recordsMax }: DelayLineShape) {
    const bins = Math.ceil(horizonMs / BIN_MS);
    this.strideBins = Math.ceil(bins / recordsMax);
    this.records = Math.ceil(bins / this.strideBins);
    this.values = new Ring('float32', this.records * width);
  }

  get bytes(): number {
    return this.values.bytes;
  }

  /** True at bins where a record is judged and a new one made; the same bins whenever the stream began. */
  isDue(bin: number): boolean {
    return bin % this.strideBins === 0;
  }

  /** True when the oldest record is old enough to be judged. */
  get matured(): boolean {
    return this.values.full;
  }

  /** End of the bin at which the oldest record was made, given the end of the newest bin. */
  madeAtMs(endMs: number): number {
    return endMs - this.records * this.strideBins * BIN_MS;
  }

  /** A number of the oldest record. */
  oldest(field: number): number {
    return this.values.at(this.values.start + field);
  }

  /** The next number of a new record; a record's numbers are pushed in order, and push out the oldest one's. */
  push(value: number): void {
    this.values.push(value);
  }

  save(to: StateWriter): void {
    this.values.save(to);
  }

  restore(from: StateReader): void {
    this.values.restore(from);
  }
}

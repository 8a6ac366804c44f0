/**
 * Cuts a stream's consumption into bins: spans of any length (one a second at most) become contiguous 10 s bins, each span's
 * demand spread evenly over it. A bin is handed on once a span or a tick has reached its end. Gaps hold no demand; long ones are
 * handed on as one stretch of silence. That nobody reported in a gap is told apart: it was not silence for certain.
 */
import { ORDINAL_MAX } from '../../core/limits.ts';
import { BIN_MS } from '../forecaster.ts';
import type { StateReader, StateWriter } from '../state-bytes.ts';
import { FIVE_S, FIVE_SECONDS_MS, FiveSeconds } from './five-seconds.ts';

export interface DemandSpan {
  readonly fromMs: number;
  readonly toMs: number;
  /** Values asked for in the span. */
  readonly demanded: number;
  /** Largest demand of one second in it. */
  readonly peakPerSecond: number;
}

export interface BinSink {
  /** `peakPerFive`: the most that five seconds asked for which end in the bin. */
  bin(startMs: number, demand: number, peakPerSecond: number, peakPerFive: number): void;
  /** So many empty bins from there on. */
  quiet(startMs: number, binCount: number): void;
  /** Of this time nothing is known: no pool reported, or what was reported at its end had waited. Told before the bins that end in it. */
  missed(fromMs: number, untilMs: number): void;
}

/** A span longer than this is spread over its end: a pool tells of itself each second, so it was cut off, and quiet before. */
const SPAN_MS_MAX = 6 * 3_600_000;
/**
 * A pool reports an idle stream each five minutes, too. One report that spans longer than this came from a process that stood still: when
 * its demand came is not known. Sped-up clocks make minutes of each pause of the machine.
 */
const REPORT_MS_MAX = 1_800_000;
/** Shares are multiples of this, so that sums of fractions are exact and windows of nothing hold exactly nothing. */
const QUANTUM = 1 / 1_024;

export class DemandBins {
  /** Start of the bin that is filling; -1 before the first span. */
  private openMs = -1;
  private demand = 0;
  private peak = 0;
  private five = 0;
  private readonly newest = new FiveSeconds();
  /** End of the newest span. */
  private heardMs = -1;

  /** The busiest second that the bin that is filling has seen so far, and the busiest five that ended in it. */
  get openPeak(): number {
    return this.peak;
  }

  get openFive(): number {
    return this.five;
  }

  add(span: DemandSpan, sink: BinSink): void {
    const demanded = Math.max(0, Math.min(ORDINAL_MAX, span.demanded));
    const peak = Math.min(demanded, Math.max(0, span.peakPerSecond));
    this.tellMissed(span, sink);
    if (this.openMs < 0) this.openMs = binOf(Math.max(span.fromMs, span.toMs - SPAN_MS_MAX));
    // What comes late counts now: the bin it belongs to is closed, and demand must not get lost.
    const toMs = Math.max(span.toMs, this.openMs);
    const fromMs = Math.max(Math.min(span.fromMs, toMs), this.openMs, toMs - SPAN_MS_MAX);
    this.closeUntil(fromMs, sink);
    this.spread({ fromMs, toMs, demanded, peakPerSecond: peak }, sink);
    this.closeUntil(toMs, sink);
  }

  /** Closes the bins that end by then. */
  closeUntil(ms: number, sink: BinSink): void {
    if (this.openMs < 0 || ms < this.openMs + BIN_MS) return;
    this.close(sink);
    const empty = (binOf(ms) - this.openMs) / BIN_MS;
    if (empty === 0) return;
    sink.quiet(this.openMs, empty);
    this.openMs += empty * BIN_MS;
  }

  save(to: StateWriter): void {
    for (const value of [this.openMs, this.demand, this.peak, this.five, this.heardMs]) to.number(value);
    this.newest.save(to);
  }

  restore(from: StateReader): void {
    this.openMs = from.number();
    this.demand = from.number();
    this.peak = from.number();
    this.five = from.number();
    this.heardMs = from.number();
    this.newest.restore(from);
  }

  private tellMissed({ fromMs, toMs }: DemandSpan, sink: BinSink): void {
    if (this.heardMs >= 0 && fromMs - this.heardMs >= BIN_MS) sink.missed(this.heardMs, fromMs);
    if (toMs - fromMs > REPORT_MS_MAX) sink.missed(Math.max(fromMs, this.heardMs), toMs);
    this.heardMs = Math.max(this.heardMs, toMs);
  }

  private spread({ fromMs, toMs, demanded, peakPerSecond }: DemandSpan, sink: BinSink): void {
    const spanMs = toMs - fromMs;
    // When within a long span it was asked for is unknown: the busiest second may have gone on for five.
    const even = this.newest.add(fromMs, toMs, demanded);
    const five = spanMs >= FIVE_SECONDS_MS ? Math.min(demanded, FIVE_S * peakPerSecond) : even;
    let left = demanded;
    let atMs = fromMs;
    while (this.openMs + BIN_MS < toMs) {
      const endMs = this.openMs + BIN_MS;
      const share = Math.floor((demanded * (endMs - atMs)) / spanMs / QUANTUM) * QUANTUM;
      this.demand += Math.min(left, share);
      left -= Math.min(left, share);
      // Which second was the busiest is unknown: of a short span any may have been, of a long one the end woke the pool.
      if (spanMs <= BIN_MS) {
        this.peak = Math.max(this.peak, peakPerSecond);
        this.five = Math.max(this.five, five);
      }
      this.close(sink);
      atMs = endMs;
    }
    this.demand += left;
    this.peak = Math.max(this.peak, peakPerSecond);
    this.five = Math.max(this.five, five);
  }

  private close(sink: BinSink): void {
    // The busiest second had at least the mean, and at most everything.
    const mean = (this.demand * 1_000) / BIN_MS;
    const peak = Math.max(mean, Math.min(this.peak, this.demand));
    sink.bin(this.openMs, this.demand, peak, Math.max(FIVE_S * mean, this.five));
    this.openMs += BIN_MS;
    this.demand = 0;
    this.peak = 0;
    this.five = 0;
  }
}

function binOf(ms: number): number {
  return Math.floor(ms / BIN_MS) * BIN_MS;
}

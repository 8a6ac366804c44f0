/**
 * Spans of time of which nothing is known: no pool reported, or what it reported at the end had waited. Demand was not zero then, and
 * what came after was not only then's: whoever learns from the history leaves these spans out.
 *
 * A few spans are kept, newest last. When there are more, the two that are nearest to each other become one: rather too much is
 * left out than something learnt that was not so.
 */
import type { StateReader, StateWriter } from '../state-bytes.ts';

/** 1.5 KB at most: a stream that is cut off more often is hardly ever on. */
const SPANS_MAX = 96;
/** The longest roll-up reaches back so far. */
const KEPT_MS = 366 * 86_400_000;
/** A bin of which a tenth is unknown tells nothing; a moment more or less does not spoil an hour. */
const MASKED_SHARE = 0.1;

export class Outages {
  /** From, until, from, until, …: ascending, apart. */
  private spans: number[] = [];

  get bytes(): number {
    return this.spans.length * 8;
  }

  add(fromMs: number, untilMs: number): void {
    if (untilMs <= fromMs) return;
    const { spans } = this;
    const lastUntilMs = spans.at(-1) ?? -Infinity;
    // Spans come in order of their ends; one that begins within the last goes on from it.
    if (fromMs <= lastUntilMs) spans[spans.length - 1] = Math.max(lastUntilMs, untilMs);
    else spans.push(fromMs, untilMs);
    while (spans.length > 0 && (spans[1] ?? 0) <= untilMs - KEPT_MS) spans.splice(0, 2);
    if (spans.length > 2 * SPANS_MAX) this.joinNearest();
  }

  /** True where so much of the span is unknown that it tells nothing. */
  hides(fromMs: number, untilMs: number): boolean {
    let unknownMs = 0;
    for (let i = this.spans.length - 2; i >= 0; i -= 2) {
      if ((this.spans[i + 1] ?? 0) <= fromMs) break;
      unknownMs += Math.max(0, Math.min(untilMs, this.spans[i + 1] ?? 0) - Math.max(fromMs, this.spans[i] ?? 0));
    }
    return unknownMs > 0 && unknownMs >= MASKED_SHARE * (untilMs - fromMs);
  }

  /** Marks the bins that tell nothing; undefined where all tell something. */
  mask(startMs: number, binMs: number, count: number): Uint8Array | undefined {
    const endMs = startMs + count * binMs;
    let mask: Uint8Array | undefined;
    for (let i = 0; i < this.spans.length; i += 2) {
      const fromMs = Math.max(startMs, this.spans[i] ?? 0);
      const untilMs = Math.min(endMs, this.spans[i + 1] ?? 0);
      for (let bin = Math.floor((fromMs - startMs) / binMs); startMs + bin * binMs < untilMs; bin++) {
        if (!this.hides(startMs + bin * binMs, startMs + (bin + 1) * binMs)) continue;
        mask ??= new Uint8Array(count);
        mask[bin] = 1;
      }
    }
    return mask;
  }

  save(to: StateWriter): void {
    to.number(this.spans.length);
    for (const ms of this.spans) to.number(ms);
  }

  restore(from: StateReader): void {
    const count = from.number();
    this.spans = [];
    for (let i = 0; i < count; i++) this.spans.push(from.number());
  }

  private joinNearest(): void {
    let nearest = 1;
    for (let i = 1; i + 1 < this.spans.length; i += 2) {
      if (this.distanceAfter(i) < this.distanceAfter(nearest)) nearest = i;
    }
    this.spans.splice(nearest, 2);
  }

  private distanceAfter(i: number): number {
    return (this.spans[i + 1] ?? 0) - (this.spans[i] ?? 0);
  }
}

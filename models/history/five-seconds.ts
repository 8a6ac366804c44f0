/**
 * What the newest five seconds asked for: a lead time of some seconds is bounded far better by this than by its busiest second. Spans
 * are a second long, mostly, and their demand is taken as even.
 */
import type { StateReader, StateWriter } from '../state-bytes.ts';

export const FIVE_S = 5;
export const FIVE_SECONDS_MS = FIVE_S * 1_000;
/** A pool tells of itself each second, and now and then a little more often. */
const SPANS_MAX = 12;

export class FiveSeconds {
  /** From, until, demand, from, …: oldest first. */
  private spans: number[] = [];

  /** Demand of the five seconds up to the end of this span. */
  add(fromMs: number, toMs: number, demand: number): number {
    const { spans } = this;
    const sinceMs = toMs - FIVE_SECONDS_MS;
    while (spans.length > 0 && ((spans[1] ?? 0) <= sinceMs || spans.length >= 3 * SPANS_MAX)) spans.splice(0, 3);
    spans.push(fromMs, toMs, demand);
    let sum = 0;
    for (let i = 0; i < spans.length; i += 3) {
      const [from, to, values] = [spans[i] ?? 0, spans[i + 1] ?? 0, spans[i + 2] ?? 0];
      sum += from >= sinceMs ? values : (values * (to - sinceMs)) / (to - from);
    }
    return sum;
  }

  save(to: StateWriter): void {
    to.number(this.spans.length);
    for (const each of this.spans) to.number(each);
  }

  restore(from: StateReader): void {
    const count = from.number();
    this.spans = Array.from({ length: count }, () => from.number());
  }
}

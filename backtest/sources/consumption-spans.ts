/**
 * Demand from consumption events: each says what was asked for in a span of about a second. The span's values are spread evenly over it, as
 * pipelines/replay.ts spreads them; copies of an event count once.
 */
import { isFirstSeen, type SeenEvents } from '../../pipelines/consumption.ts';
import type { ConsumptionEvent } from '../../schemas/messages.ts';
import type { RowSink } from './collected-demand.ts';

const SECOND_MS = 1_000;

export class ConsumptionSpans {
  readonly #sink: RowSink;
  /** By incarnation: a stream that moves between two pools is counted by both for a while. */
  readonly #seen = new Map<string, SeenEvents>();
  #copies = 0;

  constructor(sink: RowSink) {
    this.#sink = sink;
  }

  add(event: ConsumptionEvent, offset: number): void {
    let seen = this.#seen.get(event.incarnation);
    if (seen === undefined) {
      seen = new Map();
      this.#seen.set(event.incarnation, seen);
    }
    if (!isFirstSeen(seen, event)) {
      this.#copies++;
      return;
    }
    const { stream, fromMs, demanded } = event;
    const toMs = Math.max(event.toMs, fromMs + 1);
    let asked = 0;
    for (let second = Math.floor(fromMs / SECOND_MS); second * SECOND_MS < toMs; second++) {
      const share = (Math.min(toMs, (second + 1) * SECOND_MS) - fromMs) / (toMs - fromMs);
      const until = Math.round(demanded * share);
      this.#sink.add(stream, second * SECOND_MS, until - asked, offset);
      asked = until;
    }
  }

  repairs(): string[] {
    return this.#copies > 0 ? [`${this.#copies} events that were recorded twice were left out`] : [];
  }
}

/**
 * What is known of the installation now: every stream as last heard, totals, rates of the last minutes, and the newest events. Fed by the
 * gateway's events. Views are told at most four times a second, however much happens: nobody reads faster, and drawing is what costs.
 */
import { useEffect, useState } from 'preact/hooks';
import type { LiveEvent, StreamStatus, Totals } from './api/answers.ts';
import { ask } from './api/asking.ts';
import { listenForEver } from './api/event-stream.ts';

const TOLD_EVERY_MS = 250;
const EVENTS_KEPT = 400;
/** Five minutes of looks, of which there is one a second. */
const RATES_KEPT = 300;
/** The whole list is asked for again when there are streams that were never heard of, but not more often. */
const LIST_EVERY_MS = 10_000;
/** A rate is taken over so many looks: single seconds jump. */
const RATE_SPAN = 5;

export type Happening = Exclude<LiveEvent, { kind: 'streams' }>;
type Look = Extract<LiveEvent, { kind: 'streams' }>;

interface Sample {
  readonly atMs: number;
  readonly totals: Totals;
}

export interface Rates {
  readonly valuesPerSecond: number;
  readonly requestsPerSecond: number;
  readonly stallsPpm: number;
}

export class Live {
  readonly streams = new Map<string, StreamStatus>();
  /** Newest last. */
  readonly happenings: Happening[] = [];
  readonly samples: Sample[] = [];
  connected = false;
  totals: Totals | undefined;
  atMs = 0;
  readonly #viewers = new Set<() => void>();
  readonly #lookers = new Set<(look: Look) => void>();
  #telling: number | undefined;
  #listAskedMs = Number.NEGATIVE_INFINITY;

  start(): void {
    void listenForEver('v1/events', {
      heard: (data) => this.#hear(JSON.parse(data) as LiveEvent),
      connection: (isOpen) => this.#connection(isOpen),
    });
  }

  /** Told when something changed; returns what ends it. */
  watch(viewer: () => void): () => void {
    this.#viewers.add(viewer);
    return () => this.#viewers.delete(viewer);
  }

  /** Told of every look at the streams. */
  onLook(looker: (look: Look) => void): () => void {
    this.#lookers.add(looker);
    return () => this.#lookers.delete(looker);
  }

  rates(): Rates {
    return ratesBetween(this.samples.at(-1 - RATE_SPAN) ?? this.samples[0], this.samples.at(-1));
  }

  /** Values a second, look by look. */
  valueRates(): number[] {
    return this.samples.slice(1).map((sample, index) => ratesBetween(this.samples[index], sample).valuesPerSecond);
  }

  #connection(connected: boolean): void {
    this.connected = connected;
    if (connected) void this.#list();
    this.#tell();
  }

  #hear(event: LiveEvent): void {
    this.atMs = Math.max(this.atMs, event.atMs);
    if (event.kind === 'streams') this.#look(event);
    else {
      this.happenings.push(event);
      if (this.happenings.length > 2 * EVENTS_KEPT) this.happenings.splice(0, EVENTS_KEPT);
    }
    this.#tell();
  }

  #look(look: Look): void {
    this.totals = look.totals;
    for (const stream of look.streams) this.streams.set(stream.stream, stream);
    this.samples.push({ atMs: look.atMs, totals: look.totals });
    if (this.samples.length > RATES_KEPT) this.samples.shift();
    for (const looker of this.#lookers) looker(look);
    if (this.streams.size !== look.totals.streams) void this.#list();
  }

  async #list(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs - this.#listAskedMs < LIST_EVERY_MS) return;
    this.#listAskedMs = nowMs;
    try {
      const { streams } = await ask<{ streams: StreamStatus[] }>('streams');
      this.streams.clear();
      for (const stream of streams) this.streams.set(stream.stream, stream);
      this.#tell();
    } catch {
      // The next look asks again.
    }
  }

  #tell(): void {
    if (this.#telling !== undefined) return;
    this.#telling = window.setTimeout(() => {
      this.#telling = undefined;
      if (document.hidden) return;
      for (const viewer of this.#viewers) viewer();
    }, TOLD_EVERY_MS);
  }
}

function ratesBetween(from: Sample | undefined, to: Sample | undefined): Rates {
  if (from === undefined || to === undefined || to.atMs <= from.atMs) return { valuesPerSecond: 0, requestsPerSecond: 0, stallsPpm: 0 };
  const seconds = (to.atMs - from.atMs) / 1000;
  const requests = Math.max(0, to.totals.requests - from.totals.requests);
  const stalls = Math.max(0, to.totals.stalls - from.totals.stalls);
  return {
    valuesPerSecond: Math.max(0, to.totals.issued - from.totals.issued) / seconds,
    requestsPerSecond: requests / seconds,
    stallsPpm: requests === 0 ? 0 : (1e6 * stalls) / requests,
  };
}

export const live = new Live();

/** Draws the view again when something changed, at most once in so many milliseconds. */
export function useLive(everyMs = TOLD_EVERY_MS): Live {
  const [, draw] = useState(0);
  useEffect(() => {
    let drawnMs = Number.NEGATIVE_INFINITY;
    return live.watch(() => {
      const nowMs = performance.now();
      if (nowMs - drawnMs < everyMs - TOLD_EVERY_MS / 2) return;
      drawnMs = nowMs;
      draw((count) => count + 1);
    });
  }, [everyMs]);
  return live;
}

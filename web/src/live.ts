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
/** The whole list is asked for again when there are streams that were never heard of, or all are looked at, but not more often. */
const LIST_EVERY_MS = 10_000;
/** Nor so often that it takes more than a fiftieth of the time. */
const LIST_TIMES = 50;
/** Of ten thousand streams each. */
const LIST_PAGES_MAX = 10;
/** What the gateway answers at a time, and what a request line holds. */
const FOLLOWED_MAX = 100;
const FOLLOWED_LENGTH_MAX = 6_000;
/** A rate is taken over so many looks: single seconds jump. */
const RATE_SPAN = 5;

export type Happening = Exclude<LiveEvent, { kind: 'streams' }>;
type Look = Extract<LiveEvent, { kind: 'streams' }>;

interface Sample {
  readonly atMs: number;
  readonly totals: Totals;
}

interface StreamPage {
  readonly streams: StreamStatus[];
  readonly next?: string;
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
  /** Grows with whatever changes in the streams. */
  version = 0;
  connected = false;
  totals: Totals | undefined;
  atMs = 0;
  readonly #viewers = new Set<() => void>();
  readonly #lookers = new Set<(look: Look) => void>();
  readonly #followed = new Set<() => readonly string[]>();
  #telling: number | undefined;
  #isFetching = false;
  #listing = 0;
  #nextListMs = Number.NEGATIVE_INFINITY;

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

  /** What is in sight: where more streams move than are told of, these are asked for. Returns what ends it. */
  follow(names: () => readonly string[]): () => void {
    this.#followed.add(names);
    return () => this.#followed.delete(names);
  }

  /** All streams are looked at: the list is to be fresh as a whole, as far as that is to be had. Returns what ends it. */
  followAll(): () => void {
    this.#listing++;
    return () => {
      this.#listing--;
    };
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
    this.#merge(look.streams);
    this.samples.push({ atMs: look.atMs, totals: look.totals });
    if (this.samples.length > RATES_KEPT) this.samples.shift();
    if (look.isCut && this.#followed.size > 0) void this.#fetchFollowed(look);
    else for (const looker of this.#lookers) looker(look);
    if (this.streams.size !== look.totals.streams || (look.isCut && this.#listing > 0)) void this.#list();
  }

  /** Those in sight that were not told of, as of the same look. */
  async #fetchFollowed(look: Look): Promise<void> {
    const told = new Set(look.streams.map(({ stream }) => stream));
    const missing = [...this.#followed].flatMap((names) => names()).filter((name) => !told.has(name));
    const asked = fitting(missing);
    if (asked !== '' && !this.#isFetching && !document.hidden) {
      this.#isFetching = true;
      try {
        const { streams } = await ask<{ streams: StreamStatus[] }>(`streams?only=${asked}`);
        this.#merge(streams);
      } catch {
        // They stay as they were; the next look asks again.
      } finally {
        this.#isFetching = false;
      }
      this.#tell();
    }
    for (const looker of this.#lookers) looker(look);
  }

  #merge(streams: readonly StreamStatus[]): void {
    for (const stream of streams) this.streams.set(stream.stream, stream);
    this.version++;
  }

  async #list(): Promise<void> {
    const beganMs = performance.now();
    if (beganMs < this.#nextListMs) return;
    this.#nextListMs = Number.POSITIVE_INFINITY;
    try {
      const all: StreamStatus[] = [];
      let after: string | undefined = '';
      for (let page = 0; page < LIST_PAGES_MAX && after !== undefined; page++) {
        const { streams, next }: StreamPage = await ask<StreamPage>(
          after === '' ? 'streams' : `streams?after=${encodeURIComponent(after)}`,
        );
        all.push(...streams);
        after = next;
      }
      this.streams.clear();
      this.#merge(all);
      this.#tell();
    } catch {
      // The next look asks again.
    }
    const tookMs = performance.now() - beganMs;
    this.#nextListMs = beganMs + Math.max(LIST_EVERY_MS, LIST_TIMES * tookMs);
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

/** As many as one question holds. */
function fitting(names: readonly string[]): string {
  let text = '';
  for (const name of names.slice(0, FOLLOWED_MAX)) {
    const longer = text === '' ? encodeURI(name) : `${text},${encodeURI(name)}`;
    if (longer.length > FOLLOWED_LENGTH_MAX) break;
    text = longer;
  }
  return text;
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

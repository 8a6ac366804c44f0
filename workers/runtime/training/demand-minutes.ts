/**
 * Collects what streams asked for, minute by minute, into the histories that models are trained on. A minute in which no pool reported of
 * any stream is an outage and tells nothing; one in which pools lived and a stream said nothing is a real zero.
 *
 * Only minutes with demand are held, so that many quiet streams are small; where even that is too much, those who ask least are left out.
 */
import { assert } from '../../../core/assertion.ts';
import { parseStreamId } from '../../../core/stream.ts';
import type { SeriesHistory } from '../../../models/contract.ts';

export const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;
const HOUR_MS = HOUR_MINUTES * MINUTE_MS;
/** Hours of streams held at once: about a hundred megabytes. */
const HOURS_MAX = 200_000;
/** Minutes of all histories that are handed on: 128 megabytes. */
const POINTS_MAX = 16_000_000;
/** A pool reports each stream every few minutes at least; a span that is longer was cut off, and its demand came at its end. */
const SPAN_MS_MAX = 6 * HOUR_MS;

export interface DemandMinutesOptions {
  /** The window, in whole hours. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly hoursMax?: number;
  readonly pointsMax?: number;
}

export interface ReportedSpan {
  readonly stream: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly demanded: number;
}

interface StreamMinutes {
  demanded: number;
  firstMs: number;
  /** By hour of the window. */
  readonly hours: Map<number, Float32Array>;
}

export class DemandMinutes {
  readonly #options: DemandMinutesOptions;
  readonly #streams = new Map<string, StreamMinutes>();
  readonly #leftOut = new Set<string>();
  /** 1 where some pool reported. */
  readonly #reported: Uint8Array;
  #hours = 0;

  constructor(options: DemandMinutesOptions) {
    const { fromMs, untilMs } = options;
    assert(fromMs % HOUR_MS === 0 && untilMs % MINUTE_MS === 0 && fromMs < untilMs, 'a window of demand begins with an hour');
    this.#options = options;
    this.#reported = new Uint8Array((untilMs - fromMs) / MINUTE_MS);
  }

  /** Streams that were left out because others ask more. */
  get leftOut(): number {
    return this.#leftOut.size;
  }

  add({ stream, fromMs: spanFromMs, toMs, demanded }: ReportedSpan): void {
    const { fromMs, untilMs } = this.#options;
    const startMs = Math.max(Math.min(spanFromMs, toMs), toMs - SPAN_MS_MAX);
    if (toMs < fromMs || startMs >= untilMs) return;
    const first = Math.max(0, this.#minuteOf(startMs));
    const last = Math.min(this.#reported.length - 1, this.#minuteOf(Math.max(startMs, toMs - 1)));
    if (last < first) return;
    this.#reported.fill(1, first, last + 1);
    if (this.#leftOut.has(stream)) return;
    const held = this.#streams.get(stream) ?? { demanded: 0, firstMs: fromMs + first * MINUTE_MS, hours: new Map() };
    this.#streams.set(stream, held);
    if (!(demanded > 0)) return;
    held.demanded += demanded;
    const spanMs = Math.max(1, toMs - startMs);
    for (let minute = first; minute <= last; minute++) {
      const minuteMs = fromMs + minute * MINUTE_MS;
      const shareMs = Math.min(minuteMs + MINUTE_MS, startMs + spanMs) - Math.max(minuteMs, startMs);
      this.#count(held, minute, (demanded * shareMs) / spanMs);
    }
    if (this.#hours > (this.#options.hoursMax ?? HOURS_MAX)) this.#leaveOutSmall();
  }

  /** The streams that ask most, each from its first report, all up to the last minute that any pool reported. */
  histories(): SeriesHistory[] {
    const { fromMs, pointsMax = POINTS_MAX } = this.#options;
    const endMinute = this.#reported.lastIndexOf(1) + 1;
    const chosen = [...this.#streams].filter(([, { demanded }]) => demanded > 0);
    chosen.sort(([a, { demanded: m }], [b, { demanded: n }]) => n - m || (a < b ? -1 : 1));
    const histories: SeriesHistory[] = [];
    let points = 0;
    for (const [key, held] of chosen) {
      const start = (held.firstMs - fromMs) / MINUTE_MS;
      points += endMinute - start;
      if (points > pointsMax) {
        this.#leftOut.add(key);
        continue;
      }
      const demand = new Float64Array(endMinute - start);
      for (const [hour, minutes] of held.hours) {
        const at = hour * HOUR_MINUTES - start;
        for (let i = Math.max(0, -at); i < HOUR_MINUTES && at + i < demand.length; i++) demand[at + i] = minutes[i] ?? 0;
      }
      const { clientType, service } = parseStreamId(key);
      const outages = Uint8Array.from(this.#reported.subarray(start, endMinute), (reported) => 1 - reported);
      histories.push({ key, binMs: MINUTE_MS, startMs: held.firstMs, demand, outages, clientType, service });
    }
    return histories;
  }

  #count(held: StreamMinutes, minute: number, demanded: number): void {
    const hour = Math.floor(minute / HOUR_MINUTES);
    let minutes = held.hours.get(hour);
    if (minutes === undefined) {
      minutes = new Float32Array(HOUR_MINUTES);
      held.hours.set(hour, minutes);
      this.#hours++;
    }
    const at = minute % HOUR_MINUTES;
    minutes[at] = (minutes[at] ?? 0) + demanded;
  }

  #leaveOutSmall(): void {
    const bySize = [...this.#streams].sort(([a, { demanded: m }], [b, { demanded: n }]) => m - n || (a < b ? -1 : 1));
    const keep = (this.#options.hoursMax ?? HOURS_MAX) / 2;
    for (const [stream, { hours }] of bySize) {
      if (this.#hours <= keep || this.#streams.size === 1) return;
      this.#hours -= hours.size;
      this.#streams.delete(stream);
      this.#leftOut.add(stream);
    }
  }

  #minuteOf(ms: number): number {
    return Math.floor((ms - this.#options.fromMs) / MINUTE_MS);
  }
}

/**
 * What streams asked for in each of the last minutes, for a process that makes no forecasts itself: counted off the consumption topic as it
 * passes, from when this process came, and lost with it. Of more streams than there is room for, the ones that are silent are forgotten.
 */
import { type LeadTimes, noteLeadTime, plannedLeadTimeMs } from '../../../pipelines/lead-times.ts';
import type { ConsumptionEvent } from '../../../schemas/messages.ts';
import { DAY_MINUTES, MINUTE_MS, WARM_UP_MINUTES } from './day-replay.ts';
import type { RememberedDemand } from './remembered-demand.ts';

/** Streams with a past of their own; with two days of minutes of 8 bytes each, 12 MB in all. */
const STREAMS_MAX = 500;
const MINUTES_KEPT = DAY_MINUTES + WARM_UP_MINUTES;
/** A stream that was silent for longer makes room for another. */
const SILENT_MINUTES = 60;

interface Kept {
  readonly demand: Float32Array;
  readonly peaks: Float32Array;
  readonly leadTimes: LeadTimes;
  readonly firstMinute: number;
  /** The minute that is counted; those before it are complete. */
  minute: number;
  requestSize: number;
}

type Seen = Pick<ConsumptionEvent, 'stream' | 'fromMs' | 'toMs' | 'demanded' | 'peakPerSecond' | 'leadTimeMs' | 'largestRequest'>;

export class SeenMinutes {
  readonly #kept = new Map<string, Kept>();
  /** The newest minute that any stream was reported in. */
  #newest = 0;

  note({ stream, toMs, demanded, peakPerSecond, leadTimeMs, largestRequest }: Seen): void {
    // An event of a stream that is busy spans a second; where one spans more, its demand came at its end.
    const minute = Math.floor(toMs / MINUTE_MS);
    this.#newest = Math.max(this.#newest, minute);
    const kept = this.#kept.get(stream) ?? this.#begin(stream, minute);
    if (kept === undefined || minute < kept.minute - MINUTES_KEPT) return;
    turn(kept, minute);
    const place = minute % MINUTES_KEPT;
    kept.demand[place] = (kept.demand[place] ?? 0) + demanded;
    kept.peaks[place] = Math.max(kept.peaks[place] ?? 0, Math.min(demanded, peakPerSecond));
    kept.requestSize = Math.max(kept.requestSize, largestRequest);
    if (leadTimeMs > 0) noteLeadTime(kept.leadTimes, leadTimeMs);
  }

  /** Up to the last minute in which anything was heard of any stream: one that says nothing asked for nothing. */
  of(stream: string): RememberedDemand | undefined {
    const kept = this.#kept.get(stream);
    if (kept === undefined) return undefined;
    turn(kept, this.#newest);
    // The first minute was not seen from its beginning.
    const start = Math.max(kept.firstMinute + 1, kept.minute - MINUTES_KEPT + 1);
    const minutes = Math.max(0, kept.minute - start);
    const inOrder = (ring: Float32Array) => Float64Array.from({ length: minutes }, (_, i) => ring[(start + i) % MINUTES_KEPT] ?? 0);
    return {
      startMs: start * MINUTE_MS,
      demand: inOrder(kept.demand),
      peaks: inOrder(kept.peaks),
      leadTimeMs: plannedLeadTimeMs(kept.leadTimes),
      requestSize: Math.max(1, kept.requestSize),
    };
  }

  #begin(stream: string, minute: number): Kept | undefined {
    if (this.#kept.size >= STREAMS_MAX && !this.#forgetSilent()) return undefined;
    const [demand, peaks] = [new Float32Array(MINUTES_KEPT), new Float32Array(MINUTES_KEPT)];
    const kept = { demand, peaks, leadTimes: [], firstMinute: minute, minute, requestSize: 0 };
    this.#kept.set(stream, kept);
    return kept;
  }

  #forgetSilent(): boolean {
    for (const [stream, { minute }] of this.#kept) if (this.#newest - minute > SILENT_MINUTES) return this.#kept.delete(stream);
    return false;
  }
}

/** Minutes in between were silent. */
function turn(kept: Kept, minute: number): void {
  for (let left = Math.min(minute - kept.minute, MINUTES_KEPT); left > 0; left--) {
    const place = (minute - left + 1) % MINUTES_KEPT;
    kept.demand[place] = 0;
    kept.peaks[place] = 0;
  }
  kept.minute = Math.max(kept.minute, minute);
}

/**
 * Shadow mode: the observed demand meets the forecast stage and the allocation rule that run live, and nothing is allocated. There is no
 * ledger, no pool and no allocator here that could be told by mistake: what is left of seqcast is the pure fold that `replay` uses.
 */
import { createReadStream, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { StreamForecast } from '../../models/stream-forecast.ts';
import { emptyReplay, onRecorded, type ReplayCounts, type ReplayState } from '../../pipelines/replay.ts';
import { rowOf } from './demand-file.ts';
import type { DemandRow } from './observation.ts';

export interface ShadowOptions {
  readonly everyMs: number;
  readonly leadTimeMs: number;
  readonly rideThroughMs: number;
}

/** What seqcast would have done in a while. */
export interface ShadowSpan {
  /** Values held and not asked for: on average, at most so far, and now. */
  readonly meanHeld: number;
  readonly maxHeld: number;
  readonly held: number;
  readonly orders: number;
  readonly returns: number;
  readonly demanded: number;
  /** Values that would have waited for an allocation. */
  readonly stalled: number;
}

/** Two weeks of seconds, a minute of work: what comes back by the day or the week has been seen twice by then. */
const WARM_UP_ROWS_MAX = 1_209_600;
/** `2026-01-01T12:00:00Z,` and a count of some digits: for finding about where those rows begin. */
const ROW_BYTES = 25;

/** The service level of a sequence that was created without one. */
const STALLS_PPM = 10;
const STREAM = 'observed/default/default';

const NONE: ReplayCounts = { demanded: 0, stalled: 0, orders: 0, returns: 0, countedMs: 0, idleMs: 0, maxIdle: 0 };

export class Shadow {
  readonly #options: ShadowOptions;
  readonly #state: ReplayState;
  #events = 0;
  #start: ReplayCounts | undefined;
  #minute: ReplayCounts = NONE;

  constructor(options: ShadowOptions) {
    const { leadTimeMs, rideThroughMs } = options;
    const definition = { targetStallsPpm: STALLS_PPM, rideThroughMs, rideThroughClass: 'expected' as const };
    this.#options = options;
    this.#state = emptyReplay({ newModel: () => new StreamForecast(), definition, leadTimeMs, countFromMs: 0 });
  }

  /** Learns from what an earlier run has observed; returns how many rows that were. What comes next is counted alone. */
  async warmUp(path: string): Promise<number> {
    let rows = 0;
    // A line that this cuts in two is no row.
    const start = Math.max(0, statSync(path).size - WARM_UP_ROWS_MAX * ROW_BYTES);
    for await (const line of createInterface({ input: createReadStream(path, { start }), crlfDelay: Number.POSITIVE_INFINITY })) {
      const row = rowOf(line);
      if (row === undefined) continue;
      this.note(row);
      rows++;
    }
    this.#start = this.#counts();
    this.#minute = this.#start;
    return rows;
  }

  note({ startMs, count }: DemandRow): void {
    const { everyMs } = this.#options;
    const toMs = startMs + everyMs;
    this.#events++;
    onRecorded(this.#state, {
      kind: 'ConsumptionEvent',
      stream: STREAM,
      pool: 'shadow',
      incarnation: 'shadow',
      sequenceNumber: this.#events,
      fromMs: startMs,
      toMs,
      // How many calls it was nobody can see: one value each is what sequences of databases are asked for.
      requests: count,
      issued: count,
      demanded: count,
      peakPerSecond: Math.ceil((count * 1_000) / Math.max(everyMs, 1_000)),
      largestRequest: 1,
      returned: 0,
      stalls: 0,
      stock: 0,
      waiting: 0,
      seenOffset: 0,
      leadTimeMs: this.#options.leadTimeMs,
      cursors: [],
    });
  }

  /** Since this was asked before. */
  minute(): ShadowSpan {
    const before = this.#minute;
    this.#minute = this.#counts();
    return this.#since(before);
  }

  total(): ShadowSpan {
    return this.#since(this.#start ?? NONE);
  }

  #since(before: ReplayCounts): ShadowSpan {
    const now = this.#counts();
    const spanMs = now.countedMs - before.countedMs;
    return {
      meanHeld: spanMs === 0 ? 0 : (now.idleMs - before.idleMs) / spanMs,
      maxHeld: now.maxIdle,
      held: this.#state.streams.get(STREAM)?.stock ?? 0,
      orders: now.orders - before.orders,
      returns: now.returns - before.returns,
      demanded: now.demanded - before.demanded,
      stalled: now.stalled - before.stalled,
    };
  }

  #counts(): ReplayCounts {
    return { ...(this.#state.streams.get(STREAM)?.counts ?? NONE) };
  }
}

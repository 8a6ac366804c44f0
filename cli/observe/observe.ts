/**
 * One observation: reads the source at every boundary of the grid until its time is up or it is told to stop, writes what lies between two
 * readings, and says each minute how it goes. A source that goes away is asked again after growing pauses, and its absence is said.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ObservedSource, Reading } from '../../adapters/counters/observed-source.ts';
import { reconnectPauseMs } from '../../adapters/engines/reconnect-pause.ts';
import { duration } from '../demo/figures.ts';
import { type DemandFile, openDemandFile } from './demand-file.ts';
import { type DemandRow, Observation, type Observed } from './observation.ts';
import type { MinuteReport, ObserveSummary } from './report.ts';
import { Shadow } from './shadow.ts';

export interface ObserveOptions {
  readonly source: ObservedSource;
  readonly path: string;
  readonly everyMs: number;
  /** Until it is told to stop where left out. */
  readonly forMs?: number | undefined;
  readonly spread: boolean;
  /** Shadow mode: lead time and ride-through of the seqcast that would have been there. */
  readonly shadow?: { readonly leadTimeMs: number; readonly rideThroughMs: number } | undefined;
  readonly stop: AbortSignal;
  say(line: string): void;
  onMinute(report: MinuteReport): void;
}

const MINUTE_MS = 60_000;

/** Ends in good order whatever ends it; a file that cannot be written ends it with an error. */
export async function observe(options: ObserveOptions): Promise<ObserveSummary> {
  const { path, everyMs, say } = options;
  const file = await openDemandFile(path, everyMs);
  try {
    if (file.mended !== undefined) say(`${path}: ${file.mended}`);
    const shadow = options.shadow === undefined ? undefined : new Shadow({ everyMs, ...options.shadow });
    if (file.resumedMs !== undefined) {
      say(`${path} is continued after ${duration(Math.max(0, Date.now() - file.resumedMs - everyMs))} without an observation`);
      const rows = await shadow?.warmUp(path);
      if (rows !== undefined) say(`the shadow has learnt from ${rows} rows that are there`);
    }
    return await new Run(options, file, shadow).untilEnd();
  } finally {
    await file.close();
  }
}

class Run {
  readonly #options: ObserveOptions;
  readonly #file: DemandFile;
  readonly #shadow: Shadow | undefined;
  readonly #observation: Observation;
  #awayMs = 0;
  #firstMs: number | undefined;
  #lastMs: number | undefined;
  #minute = { fromMs: 0, values: 0, peak: 0 };

  constructor(options: ObserveOptions, file: DemandFile, shadow: Shadow | undefined) {
    this.#options = options;
    this.#file = file;
    this.#shadow = shadow;
    this.#observation = new Observation(options);
  }

  async untilEnd(): Promise<ObserveSummary> {
    const { everyMs, forMs, stop } = this.#options;
    const firstMs = Math.ceil(Date.now() / everyMs) * everyMs;
    const endMs = forMs === undefined ? Number.POSITIVE_INFINITY : firstMs + Math.ceil(forMs / everyMs) * everyMs;
    for (let nextMs = firstMs; nextMs <= endMs; nextMs = Math.floor(Date.now() / everyMs + 1) * everyMs) {
      await pause(nextMs - Date.now(), stop);
      if (stop.aborted) break;
      const read = await this.#read(endMs);
      if (read === undefined) break;
      await this.#note(this.#observation.note(read.reading, read.atMs));
    }
    this.#sayMinute();
    return this.#summary();
  }

  /** The reading, however long the source is away; undefined once the time is up. */
  async #read(endMs: number): Promise<{ readonly reading: Reading; readonly atMs: number } | undefined> {
    const { source, say, stop, everyMs } = this.#options;
    let awaySinceMs: number | undefined;
    const isBack = (nowMs: number): void => {
      if (awaySinceMs === undefined) return;
      this.#awayMs += nowMs - awaySinceMs;
      say(`${source.shown} is ${stop.aborted || nowMs > endMs ? 'still away' : 'back'} after ${duration(nowMs - awaySinceMs)}`);
    };
    for (let times = 1; ; times++) {
      const askedMs = Date.now();
      try {
        const reading = await source.read();
        const nowMs = Date.now();
        isBack(nowMs);
        return { reading, atMs: (askedMs + nowMs) / 2 };
      } catch (error) {
        if (awaySinceMs === undefined) say(error instanceof Error ? error.message : String(error));
        awaySinceMs ??= askedMs;
        await pause(reconnectPauseMs(times), stop);
        // The last reading is due at the end, and a moment late is better than none.
        if (!stop.aborted && Date.now() <= endMs + everyMs) continue;
        isBack(Date.now());
        return undefined;
      }
    }
  }

  async #note({ rows, said }: Observed): Promise<void> {
    for (const line of said) this.#options.say(line);
    await this.#file.append(rows);
    for (const row of rows) this.#noteRow(row);
  }

  #noteRow(row: DemandRow): void {
    const endMs = row.startMs + this.#options.everyMs;
    this.#firstMs ??= row.startMs;
    if (this.#minute.fromMs === 0) this.#minute.fromMs = row.startMs;
    this.#lastMs = endMs;
    this.#minute.values += row.count;
    this.#minute.peak = Math.max(this.#minute.peak, row.count);
    this.#shadow?.note(row);
    if (Math.floor(endMs / MINUTE_MS) !== Math.floor(row.startMs / MINUTE_MS)) this.#sayMinute();
  }

  #sayMinute(): void {
    const { fromMs, values, peak } = this.#minute;
    const untilMs = this.#lastMs;
    if (fromMs === 0 || untilMs === undefined) return;
    const { block } = this.#observation.totals;
    const observed = { block, fetches: Math.round(values / block) };
    const shadow = this.#shadow?.minute();
    this.#options.onMinute({ kind: 'minute', untilMs, spanMs: untilMs - fromMs, values, peak, observed, ...(shadow && { shadow }) });
    this.#minute = { fromMs: 0, values: 0, peak: 0 };
  }

  #summary(): ObserveSummary {
    const { source, path, everyMs } = this.#options;
    const shadow = this.#shadow?.total();
    return {
      kind: 'summary',
      source: source.shown,
      file: path,
      everyMs,
      fromMs: this.#firstMs,
      untilMs: this.#lastMs,
      totals: this.#observation.totals,
      awayMs: this.#awayMs,
      fileMs: (this.#lastMs ?? 0) - (this.#file.begunMs ?? this.#firstMs ?? 0),
      ...(shadow && { shadow }),
      next: `seqcast backtest --from ${path}`,
    };
  }
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  await sleep(Math.max(0, ms), undefined, { signal: stop }).catch(() => undefined);
}

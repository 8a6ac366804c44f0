/**
 * The job that rolls up hours of the topics into the archive. A scheduled run does every hour that is over and not done yet, so that a
 * process that was away for a while makes up for it; a run by hand (`{ hourMs }`) does that hour again. Either way an hour's batches
 * replace what an earlier run wrote of it. Where it stopped is committed to the log, which only saves work.
 */
import { SequenceError } from '../../../core/errors.ts';
import {
  batchesOf,
  countEvent,
  HOUR_MS,
  keepForecast,
  keepShardRows,
  newUsage,
  recognizeEvent,
  type Usage,
  type UsageTable,
} from '../../../pipelines/analytics.ts';
import type { Archive, EventLog, Job, JobHandler, SnapshotStore } from '../../../pipelines/ports.ts';
import type { Forecast } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { readable } from '../ledger/dead-letters.ts';
import { batchesFrom, type LogPlace, offsetAt } from './log-span.ts';
import { ShardHistory } from './shard-history.ts';

/** An hour is over when this much more has passed: appends under way and clocks that differ are behind it then. */
export const GRACE_MS = 300_000;
/** A copy of an event follows it within an append's retries. */
const COPIES_MS = 120_000;
/** Hours of one partition in one run; what is left is done by the next runs, so that none takes a day. */
const HOURS_PER_RUN_MAX = 72;
/** An hour this close to the end of what its topic keeps may be gone in part while it is read. */
const RETENTION_MARGIN_MS = HOUR_MS;
/** What the result lists of the parts that were left out. */
const LEFT_OUT_LISTED_MAX = 20;

export const ROLLUP_GROUP = 'usage-rollup';
const SOURCES = ['consumption', 'forecasts', 'shards'] as const satisfies readonly UsageTable[];

export interface UsageRollupOptions {
  readonly log: EventLog;
  readonly archive: Archive;
  readonly partitionCount: number;
  /** The clock that stamps the log. */
  readonly nowMs: () => number;
  /** To judge shards from the hour before, and not from the first record of the ledger. */
  readonly snapshots?: SnapshotStore;
  /** True when the process is about to end: what was begun is finished, the rest is left to the next run. */
  readonly isStopping?: () => boolean;
}

export interface UsageRollupResult {
  /** Hours of partitions that were rolled up. */
  hours: number;
  batches: number;
  readonly rows: Record<UsageTable, number>;
  /** Parts of hours whose records the log does not keep any more; their rows in the archive stay as they are. */
  readonly leftOut: { readonly table: UsageTable; readonly partition: number; readonly hourMs: number }[];
  /** Hours are left for the next run. */
  more: boolean;
}

export function usageRollup(options: UsageRollupOptions): JobHandler {
  return async (job, onProgress) => {
    const run = new RollupRun(options);
    const hourMs = hourAskedFor(job);
    const { partitionCount, nowMs } = options;
    const untilMs = hourMs === undefined ? hourOf(nowMs() - GRACE_MS) : hourMs + HOUR_MS;
    if (untilMs > nowMs() - GRACE_MS) throw invalid(`the hour that begins at ${hourMs} is not over for ${GRACE_MS} ms`);
    for (let partition = 0; partition < partitionCount; partition++) {
      const done = (share: number): void => onProgress((partition + share) / partitionCount);
      if (hourMs === undefined) await run.rollUpDue(partition, untilMs, done);
      else await run.rollUp(partition, hourMs);
      done(1);
    }
    return run.result;
  };
}

class RollupRun {
  readonly result: UsageRollupResult = {
    hours: 0,
    batches: 0,
    rows: { consumption: 0, shards: 0, forecasts: 0 },
    leftOut: [],
    more: false,
  };
  readonly #options: UsageRollupOptions;
  readonly #shards: ShardHistory;

  constructor(options: UsageRollupOptions) {
    const { log, partitionCount, snapshots } = options;
    this.#options = options;
    this.#shards = new ShardHistory({ log, partitionCount, snapshots });
  }

  /** Every hour before `untilMs` that holds records and was not done by an earlier run, oldest first. */
  async rollUpDue(partition: number, untilMs: number, onProgress: (share: number) => void): Promise<void> {
    const { log, isStopping } = this.#options;
    let firstMs: number | undefined;
    for (let hours = 0; ; hours++) {
      const hourMs = await this.#oldestHour(partition);
      if (hourMs === undefined || hourMs >= untilMs) break;
      firstMs ??= hourMs;
      if (hours === HOURS_PER_RUN_MAX || isStopping?.() === true) {
        this.result.more = true;
        break;
      }
      onProgress((hourMs - firstMs) / (untilMs - firstMs));
      const ends = await this.rollUp(partition, hourMs);
      for (const source of SOURCES) await log.commit(ROLLUP_GROUP, TOPICS[source].name, partition, ends[source]);
    }
    if (firstMs !== undefined) await this.#shards.save(partition);
  }

  /** Writes the batches of one hour; the offsets at which it ends. */
  async rollUp(partition: number, hourMs: number): Promise<Readonly<Record<UsageTable, number>>> {
    const usage = newUsage({ partition, hourMs, day: dayOf(hourMs) });
    const ends = {
      consumption: await this.#foldConsumption(usage),
      forecasts: await this.#foldForecasts(usage),
      shards: await this.#foldShards(usage),
    };
    for (const batch of batchesOf(usage)) {
      await this.#options.archive.append(batch);
      this.result.batches++;
      this.result.rows[batch.table] += batch.rows.length;
    }
    this.result.hours++;
    return ends;
  }

  async #foldConsumption(usage: Usage): Promise<number> {
    const place = this.#place('consumption', usage.partition);
    const [first, end] = await spanOf(place, usage.hourMs);
    if (!this.#keeps('consumption', usage)) return end;
    for await (const entries of batchesFrom(place, await offsetAt(place, usage.hourMs - COPIES_MS), end)) {
      for (const entry of entries) {
        for (const event of readable(TOPICS.consumption, [entry], passOver)) {
          if (event.kind !== 'ConsumptionEvent') continue;
          if (entry.offset < first) recognizeEvent(usage, event);
          else countEvent(usage, event);
        }
      }
    }
    return end;
  }

  async #foldForecasts(usage: Usage): Promise<number> {
    const place = this.#place('forecasts', usage.partition);
    const [first, end] = await spanOf(place, usage.hourMs);
    if (!this.#keeps('forecasts', usage)) return end;
    for await (const entries of batchesFrom(place, first, end)) {
      for (const forecast of readable(TOPICS.forecasts, entries, passOver) as Forecast[]) keepForecast(usage, forecast);
    }
    return end;
  }

  async #foldShards(usage: Usage): Promise<number> {
    const [first, end] = await spanOf(this.#place('shards', usage.partition), usage.hourMs);
    if (first === end) return end;
    const rows = await this.#shards.rowsOf(usage.partition, first, end);
    if (rows === undefined) this.#leaveOut('shards', usage);
    else keepShardRows(usage, rows);
    return end;
  }

  /** False where the topic has begun to forget the hour: half of it must not replace the whole of it. */
  #keeps(table: 'consumption' | 'forecasts', usage: Usage): boolean {
    const keptFromMs = this.#options.nowMs() - TOPICS[table].retentionMs + RETENTION_MARGIN_MS;
    if (usage.hourMs >= keptFromMs) return true;
    this.#leaveOut(table, usage);
    return false;
  }

  #leaveOut(table: UsageTable, { partition, hourMs }: Usage): void {
    if (this.result.leftOut.length < LEFT_OUT_LISTED_MAX) this.result.leftOut.push({ table, partition, hourMs });
  }

  /** The hour of the oldest record that no run has come to yet. */
  async #oldestHour(partition: number): Promise<number | undefined> {
    const { log } = this.#options;
    const hours: number[] = [];
    for (const source of SOURCES) {
      const topic = TOPICS[source].name;
      const from = (await log.committed(ROLLUP_GROUP, topic, partition)) ?? (await log.startOffset(topic, partition));
      const [next] = await log.read(topic, partition, from, 1);
      if (next !== undefined) hours.push(hourOf(next.atMs));
    }
    return hours.length === 0 ? undefined : Math.min(...hours);
  }

  #place(source: UsageTable, partition: number): LogPlace {
    return { log: this.#options.log, topic: TOPICS[source].name, partition };
  }
}

async function spanOf(place: LogPlace, hourMs: number): Promise<[first: number, end: number]> {
  return [await offsetAt(place, hourMs), await offsetAt(place, hourMs + HOUR_MS)];
}

/** What cannot be read says nothing; the stages have put it aside. */
function passOver(): void {}

function hourAskedFor({ data }: Job): number | undefined {
  const { hourMs } = (data ?? {}) as { readonly hourMs?: unknown };
  if (hourMs === undefined) return undefined;
  if (typeof hourMs === 'number' && Number.isSafeInteger(hourMs) && hourMs === hourOf(hourMs)) return hourMs;
  throw invalid(`hourMs is the start of an hour in milliseconds since the epoch, not ${JSON.stringify(hourMs)}`);
}

function hourOf(ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS;
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, '2026-11-25'.length);
}

function invalid(message: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', message);
}

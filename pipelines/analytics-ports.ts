/**
 * The ports of the analytics pool: jobs that run once in a while or once per id, and the archive they write to. Jobs may run twice
 * (a worker that lost its lock goes on), so every handler is idempotent by its id.
 */
import type { Subscription } from './subscription.ts';

export interface Job {
  readonly id: string;
  readonly name: string;
  /** What the caller said, as JSON. */
  readonly data: unknown;
  /** 1 on the first run. */
  readonly attempt: number;
}

export interface JobToAdd {
  readonly name: string;
  /** A second job with the id of one that is kept (waiting, running, done, dead) is not added. */
  readonly id: string;
  readonly data: unknown;
  readonly delayMs?: number;
}

export type JobState = 'waiting' | 'delayed' | 'running' | 'done' | 'dead';

export interface JobView extends Job {
  readonly state: JobState;
  /** 0 to 1, as the handler said last. */
  readonly progress: number;
  readonly addedAtMs: number;
  readonly endedAtMs: number | undefined;
  /** What the handler returned, as JSON, or why it failed last. */
  readonly result: unknown;
  readonly error: string | undefined;
  /** How far it is, in words, where somebody knows more than a share. */
  readonly note?: string;
}

/** Thrown by a handler that no further attempt could help: its job is dead at once. */
export class FinalFailure extends Error {}

export type JobHandler = (job: Job, onProgress: (share: number) => void) => Promise<unknown>;

export interface JobQueue {
  /** False where a job of that id is there already. */
  add(job: JobToAdd): Promise<boolean>;
  /** One job per interval, whoever asks: `data` and the start of the interval (`{ ...data, atMs }`) are given to the handler. */
  schedule(options: { readonly name: string; readonly everyMs: number; readonly data: Readonly<Record<string, unknown>> }): Promise<void>;
  /** Runs jobs of that name, one at a time in this process; a failure is retried with growing pauses, then the job is dead; a final one at once. */
  work(name: string, handler: JobHandler): Subscription;
  list(state: JobState, limit: number): Promise<JobView[]>;
  find(id: string): Promise<JobView | undefined>;
  /** Runs a dead job again; false where there is none of that id. */
  revive(id: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Tables of the archive; each row belongs to a sequence and a day (UTC). */
export type ArchiveTable = 'consumption' | 'shards' | 'forecasts' | 'issues';
export type ArchiveValue = string | number | bigint | boolean | null;
export type ArchiveRow = Readonly<Record<string, ArchiveValue>>;

export interface ArchiveBatch {
  readonly table: ArchiveTable;
  readonly sequence: string;
  /** `2026-11-25`. */
  readonly day: string;
  /** Names the batch: written again, it replaces itself, so that a job that runs twice leaves one copy. */
  readonly batch: string;
  readonly rows: readonly ArchiveRow[];
}

export interface Archive {
  /** Durable and atomic per batch. */
  append(batch: ArchiveBatch): Promise<void>;
  /** Rows of a table, filtered by sequence and days (inclusive) where given, ordered by time. */
  query(query: ArchiveQuery): Promise<ArchiveRow[]>;
  /** Any SQL over the views `consumption`, `shards`, `forecasts`, `issues`; reads only. */
  sql(text: string, parameters?: readonly ArchiveValue[]): Promise<ArchiveRow[]>;
  /** Puts the batches of days before that one together, a file a sequence and day; rows and their replacement stay as they are. */
  compact(beforeDay: string, isStopping: () => boolean): Promise<{ readonly days: number; readonly files: number }>;
  /** Drops the days of a table before that one; how many, counted by sequence. */
  drop(table: ArchiveTable, beforeDay: string): Promise<number>;
  close(): Promise<void>;
}

export interface ArchiveQuery {
  readonly table: ArchiveTable;
  readonly sequence?: string;
  readonly fromDay?: string;
  readonly toDay?: string;
  readonly limit: number;
}

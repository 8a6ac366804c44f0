/** Sets the schedules of a process's jobs, and sets them again where the queue's engine was away. */
import { SequenceError } from '../../../core/errors.ts';
import type { JobQueue } from '../../../pipelines/ports.ts';

/** How soon a schedule is set again that the queue's engine was away for. */
const RETRY_MS = 10_000;

export interface JobSchedule {
  readonly name: string;
  readonly everyMs: number;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface JobSchedulesOptions {
  readonly jobs: JobQueue;
  readonly schedules: readonly JobSchedule[];
  readonly retryMs?: number | undefined;
  /** Hears when a schedule cannot be set after all. */
  readonly onFailure: (error: unknown) => void;
}

/** Rejects where the queue refuses a schedule; one that is away is asked again until it is back, or this is closed. */
export async function setSchedules(options: JobSchedulesOptions): Promise<{ close(): void }> {
  const { jobs, schedules, retryMs = RETRY_MS, onFailure } = options;
  let closed = false;
  let retry: NodeJS.Timeout | undefined;

  async function set(): Promise<void> {
    try {
      for (const each of schedules) await jobs.schedule(each);
    } catch (error) {
      if (!(error instanceof SequenceError && error.retriable)) throw error;
      if (!closed) retry = setTimeout(() => void set().catch(onFailure), retryMs);
    }
  }

  await set();
  return {
    close() {
      closed = true;
      clearTimeout(retry);
    },
  };
}

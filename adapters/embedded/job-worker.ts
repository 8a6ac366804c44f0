/**
 * Runs the jobs of one name, one after the other: takes the one that is due the longest, hands it to the handler, writes down how it
 * ended. Between jobs it sleeps until the next is due or somebody adds one.
 */
import { SequenceError } from '../../core/errors.ts';
import { FinalFailure, type JobHandler, type Subscription } from '../../pipelines/ports.ts';
import { startProgress } from '../job-progress.ts';
import { failureText, jobResultJson, type RetryRule, retryPauseMs } from '../job-rules.ts';
import type { StorageLink } from './storage-link.ts';
import type { JobOutcome, StoredJob } from './storage-messages.ts';

/** How soon a full disk is tried again. */
const DISK_PAUSE_MS = 1_000;

/** Timers hold no longer time; waking once in an hour for nothing costs nothing. */
const SLEEP_MS_MAX = 3_600_000;

export interface JobWorker extends Subscription {
  /** There may be something to do. */
  wake(): void;
}

export interface JobWorkerOptions {
  readonly link: StorageLink;
  readonly name: string;
  readonly handler: JobHandler;
  readonly retries: RetryRule;
}

export function startJobWorker({ link, name, handler, retries }: JobWorkerOptions): JobWorker {
  let closed = false;
  let woken = false;
  let wakeUp: (() => void) | undefined;

  function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, Math.min(ms, SLEEP_MS_MAX)));
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
      // What came while the answer was on its way is not slept over.
      if (woken || closed) wakeUp();
    });
  }

  /** Asks again while the disk is full: nothing else of the storage is in doubt then. */
  async function insist<T>(ask: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (closed || !(error instanceof SequenceError && error.code === 'SEQ_DISK_FULL')) throw error;
        await sleep(DISK_PAUSE_MS);
      }
    }
  }

  async function run(): Promise<void> {
    while (!closed) {
      woken = false;
      const { job, nextDueAtMs } = await insist(() => link.ask('takeJob', { name }));
      if (job !== undefined) await runJob(job);
      else await sleep(nextDueAtMs === undefined ? SLEEP_MS_MAX : nextDueAtMs - Date.now());
    }
  }

  async function runJob(job: StoredJob): Promise<void> {
    const { id, attempt } = job;
    const progress = startProgress((share) => link.ask('reportJob', { id, attempt, share }));
    const outcome = await outcomeOf(job, progress.report);
    await progress.stop();
    await insist(() => link.ask('endJob', { id, attempt, outcome }));
  }

  async function outcomeOf({ id, attempt, attemptsMax, dataJson }: StoredJob, report: (share: number) => void): Promise<JobOutcome> {
    try {
      const result = await handler({ id, name, attempt, data: JSON.parse(dataJson) }, report);
      return { kind: 'done', resultJson: jobResultJson(result) };
    } catch (error) {
      const text = failureText(error);
      if (attempt >= attemptsMax || error instanceof FinalFailure) return { kind: 'dead', error: text };
      return { kind: 'retry', error: text, afterMs: retryPauseMs(attempt, retries) };
    }
  }

  // A storage that failed or was closed has told its owner; a job that could not be ended runs again at the next opening.
  const ended = run().catch(() => undefined);
  return {
    wake() {
      woken = true;
      wakeUp?.();
    },
    close() {
      closed = true;
      wakeUp?.();
      return ended;
    },
  };
}

/**
 * The job queue over the storage thread: durable, in this process. What was acknowledged survives `kill -9`; a job that was running then
 * runs again when the directory is opened, so handlers are idempotent by their ids.
 */
import { assert } from '../../core/assertion.ts';
import type { JobQueue, JobView } from '../../pipelines/ports.ts';
import { checkJob, checkJobName, checkSchedule, jobDataJson, LISTED_MAX, type RetryRule } from '../job-rules.ts';
import { type JobWorker, startJobWorker } from './job-worker.ts';
import type { StorageLink } from './storage-link.ts';
import type { StoredJob } from './storage-messages.ts';

export interface JobQueueOptions {
  readonly link: StorageLink;
  readonly retries: RetryRule;
}

export interface EmbeddedJobQueue extends JobQueue {
  /** Whether a handler is there that may be running a job. */
  isWorking(): boolean;
}

export function createJobQueue({ link, retries }: JobQueueOptions): EmbeddedJobQueue {
  const { attemptsMax } = retries;
  const workers = new Map<string, JobWorker>();

  return {
    isWorking: () => workers.size > 0,
    async add(job) {
      checkJob(job);
      const { id, name, data, delayMs = 0 } = job;
      const added = await link.ask('addJob', { id, name, dataJson: jobDataJson(data), attemptsMax, delayMs });
      if (added) workers.get(name)?.wake();
      return added;
    },
    async schedule({ name, everyMs, data }) {
      checkSchedule({ name, everyMs });
      await link.ask('scheduleJob', { name, everyMs, dataJson: jobDataJson(data), attemptsMax });
      workers.get(name)?.wake();
    },
    work(name, handler) {
      checkJobName(name);
      assert(!workers.has(name), `jobs named ${name} have one handler in a process`);
      const worker = startJobWorker({ link, name, handler, retries });
      workers.set(name, worker);
      return {
        async close() {
          await worker.close();
          if (workers.get(name) === worker) workers.delete(name);
        },
      };
    },
    async list(state, limit) {
      return (await link.ask('listJobs', { state, limit: Math.min(limit, LISTED_MAX) })).map(viewOf);
    },
    async find(id) {
      const stored = await link.ask('findJob', { id });
      return stored === undefined ? undefined : viewOf(stored);
    },
    async revive(id) {
      const name = await link.ask('reviveJob', { id });
      if (name === undefined) return false;
      workers.get(name)?.wake();
      return true;
    },
    async close() {
      await Promise.all([...workers.values()].map((worker) => worker.close()));
      workers.clear();
    },
  };
}

function viewOf({ id, name, dataJson, state, attempt, progress, addedAtMs, endedAtMs, resultJson, error }: StoredJob): JobView {
  return {
    id,
    name,
    data: JSON.parse(dataJson),
    state,
    attempt,
    progress,
    addedAtMs,
    endedAtMs,
    result: resultJson === undefined ? undefined : JSON.parse(resultJson),
    error,
  };
}

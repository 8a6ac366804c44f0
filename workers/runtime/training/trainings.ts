/**
 * The trainings of this process: works the jobs that train, one at a time, and sees that they are scheduled: a full training every night
 * (UTC), a fine-tuning every hour. Any number of processes may do the same; the queue gives each job to one of them.
 */
import type { Clock, EventLog, Job, JobHandler, JobQueue, ModelStore } from '../../../pipelines/ports.ts';
import { setSchedules } from '../process/job-schedules.ts';
import type { Logger } from '../process/logging.ts';
import { type HistorySourceOptions, historySource } from './history-source.ts';
import type { ModelDirectory } from './model-directory.ts';
import { trainInThread } from './thread-trainer.ts';
import type { Trainer } from './trainer.ts';
import { trainingJob } from './training-job.ts';

const HOUR_MS = 3_600_000;
export const TRAIN = 'train';
const FINE_TUNE = 'fine-tune';
/** Names of the jobs that are trainings. */
export const TRAINING_JOBS: readonly string[] = [TRAIN, FINE_TUNE];

const SCHEDULES = [
  { name: TRAIN, everyMs: 24 * HOUR_MS, data: { kind: 'full' } },
  { name: FINE_TUNE, everyMs: HOUR_MS, data: { kind: 'fine-tune' } },
];

export interface TrainingsOptions {
  readonly log: EventLog;
  readonly partitionCount: number;
  readonly archive?: HistorySourceOptions['archive'];
  readonly jobs: JobQueue;
  readonly store: ModelStore;
  readonly directory: ModelDirectory;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** False where trainings run by hand only, as on a sped-up clock, whose nights the queue does not know. */
  readonly isScheduled: boolean;
  /** A test hands in its own. */
  readonly train?: Trainer;
  readonly scheduleRetryMs?: number;
  readonly onFailure: (error: unknown) => void;
}

/** Rejects where the queue refuses a schedule. */
export async function startTrainings(options: TrainingsOptions): Promise<{ close(): Promise<void> }> {
  const { log, partitionCount, archive, jobs, store, directory, clock, logger, isScheduled, train = trainInThread } = options;
  let stop: (() => void) | undefined;
  let closed = false;
  const onLeftOut = (streams: number): void => logger.warn({ streams }, 'streams that ask little were left out of a training');
  const source = historySource({ log, partitionCount, archive, onLeftOut });
  const onRunning = (given: () => void): void => {
    stop = given;
    if (closed) given();
  };
  const handler = oneAtATime(trainingJob({ source, store, directory, train, clock, logger, onRunning }));
  const working = TRAINING_JOBS.map((name) => jobs.work(name, handler));
  let schedules: { close(): void } | undefined;

  async function close(): Promise<void> {
    closed = true;
    schedules?.close();
    stop?.();
    await Promise.all(working.map((each) => each.close()));
  }

  try {
    const { scheduleRetryMs: retryMs, onFailure } = options;
    if (isScheduled) schedules = await setSchedules({ jobs, schedules: SCHEDULES, retryMs, onFailure });
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

/** Two names of jobs run beside each other; two trainings would only share a processor. */
function oneAtATime(handler: JobHandler): JobHandler {
  let last: Promise<unknown> = Promise.resolve();
  return (job: Job, onProgress) => {
    const run = last.then(() => handler(job, onProgress));
    last = run.catch(() => undefined);
    return run;
  };
}

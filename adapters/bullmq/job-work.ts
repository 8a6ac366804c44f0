/**
 * Runs the jobs of one name through a BullMQ worker, one at a time. A worker holds its job by a lock; a process that is dead or frozen for
 * longer than the lock lasts loses it and the job is given to another, while a frozen one goes on once it thaws. So a job may run twice,
 * and handlers are idempotent by the job's id.
 */
import { type Job as BullJob, UnrecoverableError, Worker } from 'bullmq';
import { FinalFailure, type JobHandler, type Subscription } from '../../pipelines/ports.ts';
import { within } from '../engines/engine-calls.ts';
import type { EngineLog } from '../engines/engine-health.ts';
import { startProgress } from '../job-progress.ts';
import { failureText, jobResultJson, type RetryRule, retryPauseMs } from '../job-rules.ts';
import type { RedisAddress } from '../redis-server/address.ts';
import { workerConnection } from './connection.ts';
import { ourId } from './job-ids.ts';
import { type Envelope, toldOf } from './job-views.ts';

/** How long the end of an idle worker may take: it does not answer while Redis is away. */
const CLOSE_WAIT_MS = 5_000;

/** Writing the last progress takes a millisecond. */
const PROGRESS_WAIT_MS = 1_000;

export interface JobWorkOptions {
  readonly address: RedisAddress;
  readonly prefix: string;
  readonly name: string;
  readonly handler: JobHandler;
  readonly retries: RetryRule;
  /** How long a process may be silent before its job is given to another. */
  readonly lockMs: number;
  readonly onLog: EngineLog | undefined;
}

export function startJobWork(options: JobWorkOptions): Subscription {
  const { address, prefix, name, handler, retries, lockMs, onLog } = options;
  const connection = workerConnection(address);
  let running: Promise<unknown> | undefined;

  async function run(job: BullJob<Envelope>): Promise<unknown> {
    const progress = startProgress((share) => job.updateProgress(share));
    try {
      const { attemptsStarted: attempt } = job;
      const result = await handler({ id: ourId(job.id ?? ''), name, data: toldOf(job), attempt }, progress.report);
      return JSON.parse(jobResultJson(result));
    } catch (error) {
      if (error instanceof FinalFailure) throw new UnrecoverableError(failureText(error));
      // Some names of errors mean something to BullMQ; a handler's error never does.
      throw new Error(failureText(error), { cause: error });
    } finally {
      // Said before the end is said; while Redis is away there is nobody to say it to.
      await within(PROGRESS_WAIT_MS, progress.stop()).catch(() => undefined);
    }
  }

  const worker = new Worker<Envelope>(
    name,
    (job) => {
      const outcome = run(job);
      running = outcome
        .catch(() => undefined)
        .finally(() => {
          running = undefined;
        });
      return outcome;
    },
    {
      connection,
      prefix,
      concurrency: 1,
      lockDuration: lockMs,
      stalledInterval: lockMs,
      // Runs that their process did not survive count like any other: the number of starts decides.
      maxStartedAttempts: retries.attemptsMax,
      maxStalledCount: retries.attemptsMax,
      settings: { backoffStrategy: (attemptsMade) => retryPauseMs(attemptsMade, retries) },
    },
  );
  let lastProblem = '';
  worker.on('error', ({ message }) => {
    // While Redis is away the same is said at every attempt to reach it.
    if (message !== lastProblem) onLog?.(`the worker of jobs named ${name} met an error: ${message}`, 'warn');
    lastProblem = message;
  });
  worker.on('stalled', (id) => onLog?.(`the job ${ourId(id)} (${name}) is run again: whoever ran it went silent`, 'warn'));

  async function close(): Promise<void> {
    const closing = worker.close().catch(() => undefined);
    let isClosed = false;
    do {
      // A handler takes the time it takes; only what remains after it has a bound.
      await Promise.race([closing, running]);
      isClosed = await within(CLOSE_WAIT_MS, closing).then(
        () => true,
        () => false,
      );
    } while (!isClosed && running !== undefined);
    connection.disconnect();
  }

  let closed: Promise<void> | undefined;
  return { close: () => (closed ??= close()) };
}

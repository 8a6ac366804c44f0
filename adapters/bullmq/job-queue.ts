/**
 * The job queue on BullMQ: jobs in Redis, run by any process of the installation. Each name of jobs is a queue of BullMQ's, and a set
 * beside them says which there are.
 *
 * Redis keeps the jobs as durably as its settings say, so it must not evict and should write an append-only file; `openBullJobQueue`
 * refuses the one and warns about the other.
 */
import { randomUUID } from 'node:crypto';
import { type JobsOptions, Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { assert } from '../../core/assertion.ts';
import { SequenceError } from '../../core/errors.ts';
import type { JobQueue, JobState, JobView, Subscription } from '../../pipelines/ports.ts';
import { createEngineCalls } from '../engines/engine-calls.ts';
import { createHealthRecord, type EngineHealth, type EngineLog } from '../engines/engine-health.ts';
import {
  checkJob,
  checkJobName,
  checkSchedule,
  DEAD_KEPT_MAX,
  DEAD_KEPT_MS,
  DONE_KEPT_MAX,
  DONE_KEPT_MS,
  jobDataJson,
  LISTED_MAX,
  nextIntervalMs,
  RETRY_RULE,
  type RetryRule,
  scheduleOf,
} from '../job-rules.ts';
import { redisAddress, redisAway } from '../redis-server/address.ts';
import { openConnection } from '../redis-server/connection.ts';
import { watchLiveness } from '../redis-server/liveness.ts';
import { checkJobRedis } from './connection.ts';
import { bullId } from './job-ids.ts';
import { BULL_STATE, type Envelope, ourState, viewOf } from './job-views.ts';
import { startJobWork } from './job-work.ts';

/** A call asks Redis a few times; longer than this it is away. */
const CALL_TIMEOUT_MS = 5_000;
const CALLS_WAITING_MAX = 1_000;

/** The first interval of a schedule begins at least so much later than the call: a stalled process needs as long to ask. */
const FIRST_START_MS = 100;

/** Renewed at half of it: a process must be silent for the other half to lose its job. */
const LOCK_MS = 30_000;

export interface BullJobQueueOptions {
  /** `redis://` or `rediss://`, with user, password and database number where needed. */
  readonly url: string;
  /** PEM file of the authority that signed the server's certificate. */
  readonly caFile?: string;
  /** Begins all keys; its braces keep them in one slot of a Redis Cluster. */
  readonly prefix?: string;
  readonly retries?: RetryRule;
  readonly lockMs?: number;
  readonly onLog?: EngineLog;
}

export interface BullJobQueue extends JobQueue {
  health(): EngineHealth;
}

/** Throws `SEQ_ENGINE_UNREACHABLE` or `SEQ_ENGINE_UNUSABLE` with what to change. Calls throw `SEQ_ENGINE_AWAY` while Redis is away. */
export async function openBullJobQueue(options: BullJobQueueOptions): Promise<BullJobQueue> {
  const { url, caFile, prefix = '{seqcast}', retries = RETRY_RULE, lockMs = LOCK_MS, onLog } = options;
  const address = redisAddress(url, caFile);
  const connection = await openConnection(address, CALL_TIMEOUT_MS, (callerOptions) => new Redis(callerOptions));
  try {
    await checkJobRedis(connection, address, onLog);
  } catch (error) {
    connection.disconnect();
    throw error;
  }
  const health = createHealthRecord(`Redis at ${address.shown}`, onLog);
  const liveness = watchLiveness(connection, health);
  const calls = createEngineCalls({
    waitingMax: CALLS_WAITING_MAX,
    timeoutMs: CALL_TIMEOUT_MS,
    failure: (cause) => redisAway(address.shown, cause),
  });
  const namesKey = `${prefix}:job-names`;
  const jobOptions: JobsOptions = {
    attempts: retries.attemptsMax,
    // The pauses are decided by the worker: see job-work.ts.
    backoff: { type: 'growing' },
    stackTraceLimit: 1,
    removeOnComplete: { count: DONE_KEPT_MAX, age: DONE_KEPT_MS / 1_000 },
    removeOnFail: { count: DEAD_KEPT_MAX, age: DEAD_KEPT_MS / 1_000 },
  };
  const queues = new Map<string, Queue<Envelope>>();
  const works = new Map<string, Subscription>();
  let closed: Promise<void> | undefined;

  /** Runs a call of one or several steps; refused at once while Redis is away. */
  function ask<T>(steps: () => Promise<T>): Promise<T> {
    if (closed !== undefined) return Promise.reject(new SequenceError('SEQ_CLOSED', 'the job queue was closed'));
    return calls(async () => {
      if (connection.status !== 'ready') throw new Error(health.read().problem ?? 'there is no connection');
      return await steps();
    });
  }

  function queueOf(name: string): Queue<Envelope> {
    const known = queues.get(name);
    if (known !== undefined) return known;
    // Whatever goes wrong on the shared connection is told by the call that meets it.
    const queue = new Queue<Envelope>(name, { connection, prefix, skipVersionCheck: true });
    queue.on('error', () => undefined);
    queues.set(name, queue);
    return queue;
  }

  async function find(id: string): Promise<JobView | undefined> {
    const scheduled = scheduleOf(id);
    for (const name of scheduled === undefined ? await connection.smembers(namesKey) : [scheduled.name]) {
      // The state first: what a job that has ended shows was written before it ended.
      const state = ourState(await queueOf(name).getJobState(bullId(id)));
      const job = state === undefined ? undefined : await queueOf(name).getJob(bullId(id));
      if (job !== undefined && state !== undefined) return viewOf(job, state);
    }
    return undefined;
  }

  async function list(state: JobState, limit: number): Promise<JobView[]> {
    const newestFirst = state === 'done' || state === 'dead';
    const names = await connection.smembers(namesKey);
    const found = await Promise.all(names.map((name) => queueOf(name).getJobs([BULL_STATE[state]], 0, limit - 1, !newestFirst)));
    const views = found.flat().map((job) => viewOf(job, state));
    views.sort((a, b) => (newestFirst ? (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0) : a.addedAtMs - b.addedAtMs));
    return views.slice(0, limit);
  }

  async function close(): Promise<void> {
    await Promise.all([...works.values()].map((work) => work.close()));
    liveness.stop();
    await Promise.all([...queues.values()].map((queue) => queue.close().catch(() => undefined)));
    connection.disconnect();
  }

  return {
    async add(job) {
      checkJob(job);
      const { name, id, data, delayMs = 0 } = job;
      const told = JSON.parse(jobDataJson(data)) as unknown;
      return ask(async () => {
        const by = randomUUID();
        await connection.sadd(namesKey, name);
        // Ids are unique among all names. Two names that add one id in the same moment both succeed: nothing here does that.
        const found = await find(id);
        if (found !== undefined) return false;
        const added = await queueOf(name).add(name, { told, by }, { ...jobOptions, jobId: bullId(id), delay: delayMs });
        // BullMQ does not say whether it found one of that id: the mark does. One that is gone already was ours, done and forgotten.
        const kept = await queueOf(name).getJob(added.id ?? '');
        return kept === undefined || kept.data.by === by;
      });
    },
    async schedule({ name, everyMs, data }) {
      checkSchedule({ name, everyMs });
      const told = JSON.parse(jobDataJson(data)) as unknown;
      await ask(async () => {
        await connection.sadd(namesKey, name);
        // Without a first start BullMQ would count intervals from now on, and every process that asks would mean other ones; with one
        // that is over when it looks at its clock, too.
        const repeat = { every: everyMs, startDate: nextIntervalMs(Date.now() + FIRST_START_MS, everyMs) };
        await queueOf(name).upsertJobScheduler(name, repeat, { name, data: { told, everyMs }, opts: jobOptions });
      });
    },
    work(name, handler) {
      checkJobName(name);
      assert(!works.has(name), `jobs named ${name} have one handler in a process`);
      const work = startJobWork({ address, prefix, name, handler, retries, lockMs, onLog });
      works.set(name, work);
      return {
        async close() {
          await work.close();
          if (works.get(name) === work) works.delete(name);
        },
      };
    },
    list: (state, limit) => ask(async () => (limit < 1 ? [] : list(state, Math.min(limit, LISTED_MAX)))),
    find: (id) => ask(() => find(id)),
    revive: (id) =>
      ask(async () => {
        const view = await find(id);
        if (view?.state !== 'dead') return false;
        const job = await queueOf(view.name).getJob(bullId(id));
        await job?.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
        return job !== undefined;
      }),
    health: () => health.read(),
    close: () => (closed ??= close()),
  };
}

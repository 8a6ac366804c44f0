/** The job queue on BullMQ against its conformance kit. */
import { Redis } from 'ioredis';
import { describe } from 'vitest';
import { type BullJobQueue, openBullJobQueue } from '../../adapters/bullmq/job-queue.ts';
import type { JobQueue } from '../../pipelines/ports.ts';
import { engineOrSkip } from '../engines/engines.ts';
import type { Harness } from './harness.ts';
import { jobQueueKit } from './job-queue-kit.ts';

const redis = engineOrSkip('redis');
const RETRIES = { attemptsMax: 3, pauseMs: 10 };

describe.runIf(redis.available)('the job queue on BullMQ', () => jobQueueKit(bullJobs(redis.url), RETRIES));

/** Every queue has a prefix of its own, and its keys go with it. */
function bullJobs(url: string): Harness<JobQueue> {
  const prefixes = new Map<JobQueue, string>();

  async function openWith(prefix: string): Promise<BullJobQueue> {
    const jobs = await openBullJobQueue({ url, prefix, retries: RETRIES });
    prefixes.set(jobs, prefix);
    return jobs;
  }

  return {
    open: () => openWith(`{test-${process.pid}-${Math.random().toString(36).slice(2)}}`),
    async reopen(current) {
      await current.close();
      return openWith(prefixes.get(current) ?? '');
    },
    async close(current) {
      await current.close();
      const client = new Redis(url);
      const keys = await client.keys(`${prefixes.get(current)}:*`);
      if (keys.length > 0) await client.del(keys);
      client.disconnect();
    },
  };
}

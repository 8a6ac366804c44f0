/** Works the bulk jobs of this process, one at a time: two would only share a disk. */
import { BulkFiles } from '../../../adapters/duckdb/bulk-files.ts';
import type { Archive, Job, JobHandler, JobQueue } from '../../../pipelines/ports.ts';
import { BULK_JOBS } from './bulk-desk.ts';
import { bulkJob } from './bulk-job.ts';
import type { TopicTarget } from './topic-target.ts';
import type { ValueSource } from './value-source.ts';

export interface BulkWorkOptions {
  /** Where files are written and read. */
  readonly dir: string;
  readonly source: ValueSource;
  /** Left out where there is no Kafka: then jobs write files only. */
  readonly topics?: TopicTarget;
  readonly jobs: JobQueue;
  readonly archive: Archive | undefined;
  readonly nowMs: () => number;
}

export async function startBulkWork({ dir, source, topics, jobs, archive, nowMs }: BulkWorkOptions): Promise<{ close(): Promise<void> }> {
  const files = await BulkFiles.open(dir);
  let closed = false;
  const handler = oneAtATime(bulkJob({ files, source, topics, archive, nowMs, isStopping: () => closed }));
  const working = BULK_JOBS.map((name) => jobs.work(name, handler));
  return {
    async close() {
      closed = true;
      files.close();
      await Promise.all(working.map((each) => each.close()));
    },
  };
}

function oneAtATime(handler: JobHandler): JobHandler {
  let last: Promise<unknown> = Promise.resolve();
  return (job: Job, onProgress) => {
    const run = last.then(() => handler(job, onProgress));
    last = run.catch(() => undefined);
    return run;
  };
}

/** The embedded job queue against its conformance kit, and what only a durable queue of one process has to promise: life after SIGKILL. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Database from 'libsql';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type EmbeddedStorage, openEmbeddedStorage } from '../../adapters/embedded/storage.ts';
import type { JobQueue } from '../../pipelines/ports.ts';
import type { Harness } from './harness.ts';
import { pause, until } from './harness.ts';
import { jobQueueKit } from './job-queue-kit.ts';

const JOB_RETRIES = { attemptsMax: 3, pauseMs: 10 };

describe('the embedded job queue', () => {
  jobQueueKit(embeddedJobs(), JOB_RETRIES);

  test('runs a job again whose process was killed, and gives it up after its last attempt', async () => {
    const dataDir = newDataDir();
    for (let attempt = 1; attempt <= JOB_RETRIES.attemptsMax; attempt++) {
      const life = startLife(dataDir);
      expect(await life.line(`job deadly attempt ${attempt}`)).toBe(true);
      await life.kill9();
    }
    const storage = await openEmbeddedStorage({ dataDir, onFailure: fail, jobRetries: JOB_RETRIES });
    onTestFinished(() => storage.close());
    expect(await storage.jobs.find('deadly')).toMatchObject({ state: 'dead', attempt: 3, error: 'the process that ran it ended' });
    // What was acknowledged before the first kill is there, and the schedule goes on.
    expect(await storage.jobs.find('acknowledged')).toMatchObject({ state: 'waiting', attempt: 0 });
    const ran: string[] = [];
    storage.jobs.work('deadly', async ({ id }) => {
      ran.push(id);
    });
    storage.jobs.work('rollup', async ({ name }) => {
      ran.push(name);
    });
    await until(() => ran.includes('acknowledged') && ran.filter((each) => each === 'rollup').length >= 2);
    expect(await storage.jobs.revive('deadly')).toBe(true);
    await until(() => ran.includes('deadly'));
  });

  test('opens a directory from before there were jobs, to look at and to own', async () => {
    const dataDir = newDataDir();
    await (await openEmbeddedStorage({ dataDir, onFailure: fail })).close();
    const database = new Database(join(dataDir, 'seqcast.db'));
    database.exec('DROP TABLE job; DROP TABLE job_schedule');
    database.close();

    const looking = await openEmbeddedStorage({ dataDir, onFailure: fail, readOnly: true });
    expect(await looking.jobs.list('waiting', 10)).toEqual([]);
    await expect(looking.jobs.add({ name: 'audit', id: 'a', data: {} })).rejects.toMatchObject({ code: 'SEQ_DATA_DIR_UNUSABLE' });
    await looking.close();

    const owning = await openEmbeddedStorage({ dataDir, onFailure: fail });
    onTestFinished(() => owning.close());
    expect(await owning.jobs.add({ name: 'audit', id: 'a', data: {} })).toBe(true);
    expect(await owning.integrityProblems()).toEqual([]);
  });

  test('forgets the oldest of more than a thousand done jobs', async () => {
    const storage = await openEmbeddedStorage({ dataDir: newDataDir(), onFailure: fail });
    onTestFinished(() => storage.close());
    const ids = Array.from({ length: 1_010 }, (_, index) => `job-${index}`);
    await Promise.all(ids.map((id) => storage.jobs.add({ name: 'audit', id, data: {} })));
    let runs = 0;
    storage.jobs.work('audit', async () => {
      runs++;
    });
    await until(() => runs === ids.length);
    while ((await storage.jobs.find('job-1009'))?.state !== 'done') await pause(5);
    expect(await storage.jobs.find('job-9')).toBeUndefined();
    expect(await storage.jobs.find('job-10')).toMatchObject({ state: 'done' });
  });
});

function embeddedJobs(): Harness<JobQueue> {
  const opened = new Map<JobQueue, { readonly storage: EmbeddedStorage; readonly dataDir: string }>();

  async function openIn(dataDir: string): Promise<JobQueue> {
    const storage = await openEmbeddedStorage({ dataDir, onFailure: fail, jobRetries: JOB_RETRIES });
    opened.set(storage.jobs, { storage, dataDir });
    return storage.jobs;
  }

  return {
    open: () => openIn(mkdtempSync(join(tmpdir(), 'seqcast-'))),
    async reopen(current) {
      const { storage, dataDir } = opened.get(current) ?? fail();
      await storage.close();
      return openIn(dataDir);
    },
    async close(current) {
      const { storage, dataDir } = opened.get(current) ?? fail();
      await storage.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

function newDataDir(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'seqcast-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  return dataDir;
}

/** A process that owns the directory, adds jobs and is killed in the middle of one. */
function startLife(dataDir: string): { line(wanted: string): Promise<boolean>; kill9(): Promise<void> } {
  const storageModule = new URL('../../adapters/embedded/storage.ts', import.meta.url).href;
  const script = `
    const { openEmbeddedStorage } = await import(${JSON.stringify(storageModule)});
    const jobRetries = ${JSON.stringify(JOB_RETRIES)};
    const { jobs } = await openEmbeddedStorage({ dataDir: ${JSON.stringify(dataDir)}, onFailure: console.log, jobRetries });
    await jobs.add({ name: 'deadly', id: 'deadly', data: {} });
    await jobs.add({ name: 'deadly', id: 'acknowledged', data: {} });
    await jobs.schedule({ name: 'rollup', everyMs: 200, data: {} });
    jobs.work('deadly', (job) => {
      console.log('job', job.id, 'attempt', job.attempt);
      return new Promise(() => undefined);
    });`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const ended = once(child, 'exit');
  return {
    async line(wanted) {
      await until(() => lines.length > 0 || child.exitCode !== null);
      return lines.includes(wanted);
    },
    async kill9() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function fail(error?: Error): never {
  throw error ?? new Error('this harness did not open that');
}

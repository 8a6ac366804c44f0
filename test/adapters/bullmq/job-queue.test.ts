/** What the job queue on BullMQ makes of a Redis that is set up wrongly, dies, freezes, or of a worker that does. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type BullJobQueue, type BullJobQueueOptions, openBullJobQueue } from '../../../adapters/bullmq/job-queue.ts';
import type { JobState } from '../../../pipelines/ports.ts';
import { pause, until } from '../../conformance/harness.ts';
import { engineOrSkip } from '../../engines/engines.ts';
import { hasOpenssl, newCertificate } from './certificate.ts';
import { anyFreePort, ownRedis } from './own-redis.ts';

const redis = engineOrSkip('redis');
const RETRIES = { attemptsMax: 3, pauseMs: 10 };

async function opened(options: BullJobQueueOptions): Promise<BullJobQueue> {
  const jobs = await openBullJobQueue({ retries: RETRIES, ...options });
  onTestFinished(() => jobs.close());
  return jobs;
}

describe.skipIf(!redis.available)('opening a job queue', () => {
  test('refuses a Redis that may delete keys', async () => {
    const own = await ownRedis(['--maxmemory-policy', 'allkeys-lru']);
    const opening = openBullJobQueue({ url: own.url });
    await expect(opening).rejects.toMatchObject({ code: 'SEQ_ENGINE_UNUSABLE', message: expect.stringContaining('noeviction') });
  });

  test('refuses a replica', async () => {
    const own = await ownRedis(['--replicaof', '127.0.0.1', '1']);
    await expect(openBullJobQueue({ url: own.url })).rejects.toMatchObject({ code: 'SEQ_ENGINE_UNUSABLE' });
  });

  test('warns about a Redis that keeps nothing, and about no other', async () => {
    const lines: string[] = [];
    const onLog = (message: string): unknown => lines.push(message);
    await opened({ url: (await ownRedis()).url, onLog });
    expect(lines).toEqual([expect.stringContaining('appendonly')]);
    await opened({ url: (await ownRedis(['--appendonly', 'yes'])).url, onLog });
    await opened({ url: (await ownRedis(['--save', '3600 1'])).url, onLog });
    expect(lines).toHaveLength(1);
  });

  test('says what to change where it cannot reach or enter Redis', async () => {
    const own = await ownRedis(['--requirepass', 'right']);
    const free = await anyFreePort();
    const cases: [url: string, change: string][] = [
      [`redis://127.0.0.1:${free}`, 'start Redis'],
      ['redis://no-such-host.invalid:6379', 'correct the host'],
      [own.url, 'check user and password'],
      [own.url.replace('//', '//:wrong@'), 'check user and password'],
      [own.url.replace('redis:', 'rediss:'), 'redis:// where'],
      ['http://127.0.0.1', 'correct the URL'],
    ];
    for (const [url, change] of cases) {
      const refused = { code: 'SEQ_ENGINE_UNREACHABLE', message: expect.stringContaining(change) };
      await expect(openBullJobQueue({ url }), url).rejects.toMatchObject(refused);
    }
    await opened({ url: own.url.replace('//', '//:right@') });
  }, 20_000);

  test.runIf(hasOpenssl)('speaks TLS to a server whose certificate caFile vouches for, as a user with a password', async () => {
    const { certFile, keyFile } = newCertificate();
    const tls = ['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-auth-clients', 'no'];
    const port = await anyFreePort();
    const user = ['--user', 'jobs', 'on', '>secret', '~{seqcast}:*', '&*', '+@all', '-@dangerous', '+info'];
    await ownRedis(['--tls-port', `${port}`, ...tls, ...user]);
    const url = `rediss://jobs:secret@localhost:${port}`;
    await expect(openBullJobQueue({ url })).rejects.toMatchObject({
      code: 'SEQ_ENGINE_UNREACHABLE',
      message: expect.stringContaining('caFile'),
    });
    const jobs = await opened({ url, caFile: certFile });
    expect(await jobs.add({ name: 'audit', id: 'a', data: {} })).toBe(true);
    jobs.work('audit', async () => undefined);
    await state(jobs, 'a', 'done');
  });
});

describe.skipIf(!redis.available)('a Redis that dies', () => {
  test('is told as away, at once, and everything goes on when it is back', async () => {
    const own = await ownRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
    const lines: string[] = [];
    const jobs = await opened({ url: own.url, onLog: (message, level) => lines.push(`${level} ${message}`) });
    const ran: string[] = [];
    jobs.work('audit', async ({ id }) => {
      ran.push(id);
    });
    await jobs.add({ name: 'audit', id: 'before', data: {} });
    await state(jobs, 'before', 'done');
    await jobs.add({ name: 'audit', id: 'later', data: {}, delayMs: 300 });
    expect(jobs.health()).toMatchObject({ up: true, problem: undefined });

    await own.kill();
    await until(() => !jobs.health().up);
    const asked = Date.now();
    await expect(jobs.add({ name: 'audit', id: 'lost', data: {} })).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY', retriable: true });
    expect(Date.now() - asked).toBeLessThan(1_000);

    await own.restart();
    await until(() => jobs.health().up);
    expect(await jobs.add({ name: 'audit', id: 'after', data: {} })).toBe(true);
    await until(() => ran.includes('after') && ran.includes('later'));
    expect(lines.filter((line) => line.includes('is away'))).toHaveLength(1);
    expect(lines.filter((line) => line.includes('is back'))).toHaveLength(1);
  }, 30_000);

  test('does not hold up the end of the process, but the handler that runs does', async () => {
    const own = await ownRedis();
    const jobs = await openBullJobQueue({ url: own.url });
    await jobs.add({ name: 'audit', id: 'a', data: {} });
    let [began, ended] = [false, false];
    jobs.work('audit', async (_, onProgress) => {
      began = true;
      await until(() => !jobs.health().up);
      onProgress(0.5);
      await pause(100);
      ended = true;
    });
    await until(() => began);
    await own.kill();
    await jobs.close();
    expect(ended).toBe(true);
    await expect(jobs.find('a')).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
  }, 20_000);

  test('frozen, it is told as away after the time-out, and its connection is replaced', async () => {
    const own = await ownRedis();
    const jobs = await opened({ url: own.url });
    await own.freeze();
    await expect(jobs.find('a')).rejects.toMatchObject({ code: 'SEQ_ENGINE_AWAY' });
    await until(() => !jobs.health().up);
    await own.thaw();
    await until(() => jobs.health().up);
    expect(await jobs.find('a')).toBeUndefined();
  }, 30_000);
});

describe.skipIf(!redis.available)('several processes', () => {
  test('share a schedule: each interval has one job, run by one of them', async () => {
    const { url } = await ownRedis();
    const ran: number[] = [];
    for (let process = 0; process < 3; process++) {
      const jobs = await opened({ url });
      await jobs.schedule({ name: 'rollup', everyMs: 200, data: {} });
      jobs.work('rollup', async ({ data }) => {
        ran.push((data as { atMs: number }).atMs);
      });
    }
    await until(() => ran.length >= 6);
    expect(new Set(ran).size).toBe(ran.length);
  });

  test('the job of one that was killed is run by another, and counts as an attempt', async () => {
    const { url } = await ownRedis();
    const jobs = await opened({ url, lockMs: 400 });
    await jobs.add({ name: 'deadly', id: 'deadly', data: {} });
    await killedWhileItRuns(url);
    expect(await jobs.find('deadly')).toMatchObject({ state: 'running', attempt: 1 });
    const attempts: number[] = [];
    jobs.work('deadly', async ({ attempt }) => {
      attempts.push(attempt);
    });
    await state(jobs, 'deadly', 'done');
    expect(attempts).toEqual([2]);
  }, 20_000);

  test('a job that no process survives is dead after its last attempt', async () => {
    const { url } = await ownRedis();
    const jobs = await opened({ url, lockMs: 400 });
    await jobs.add({ name: 'deadly', id: 'deadly', data: {} });
    for (let attempt = 1; attempt <= RETRIES.attemptsMax; attempt++) await killedWhileItRuns(url);
    let runs = 0;
    jobs.work('deadly', async () => {
      runs++;
    });
    await state(jobs, 'deadly', 'dead');
    expect(runs).toBe(0);
    expect(await jobs.revive('deadly')).toBe(true);
    await state(jobs, 'deadly', 'done');
  }, 30_000);
});

test.skipIf(!redis.available)('keys are those of the prefix and no others', async () => {
  const { url } = await ownRedis();
  const jobs = await opened({ url });
  await jobs.add({ name: 'audit', id: 'a', data: {} });
  await jobs.schedule({ name: 'rollup', everyMs: 60_000, data: {} });
  const client = new Redis(url);
  onTestFinished(() => client.disconnect());
  const keys = await client.keys('*');
  expect(keys.length).toBeGreaterThan(3);
  expect(keys.filter((key) => !key.startsWith('{seqcast}:'))).toEqual([]);
});

async function state(jobs: BullJobQueue, id: string, wanted: JobState): Promise<void> {
  while ((await jobs.find(id))?.state !== wanted) await pause(10);
}

/** Runs the job `deadly` in a process of its own and kills that in the middle of it. */
async function killedWhileItRuns(url: string): Promise<void> {
  const queueModule = new URL('../../../adapters/bullmq/job-queue.ts', import.meta.url).href;
  const script = `
    const { openBullJobQueue } = await import(${JSON.stringify(queueModule)});
    const jobs = await openBullJobQueue({ url: ${JSON.stringify(url)}, lockMs: 400, retries: ${JSON.stringify(RETRIES)} });
    jobs.work('deadly', () => {
      console.log('runs');
      return new Promise(() => undefined);
    });`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const exited = once(child, 'exit');
  await once(createInterface({ input: child.stdout }), 'line');
  child.kill('SIGKILL');
  await exited;
}

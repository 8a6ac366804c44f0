/** `seqcast stack` over real engines that start fast; Kafka's own forms are in test/engines/. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stop } from '../../cli/stack/detached-process.ts';
import { ask } from '../../cli/stack/probe.ts';
import { findProgram } from '../../cli/stack/programs.ts';
import type { StackReport } from '../../cli/stack/stack.ts';
import type { StackState } from '../../cli/stack/state-file.ts';
import { engineOrSkip } from '../engines/engines.ts';
import { type Ran, run } from './commands.ts';

const redis = engineOrSkip('redis');
const etcd = engineOrSkip('etcd');

/** A stack of one test, ended with it. */
function scratchStack(): { readonly dir: string; stack(...args: string[]): Promise<Ran>; state(): StackState } {
  const dir = mkdtempSync(join(tmpdir(), 'seqcast-stack-'));
  const stack = (...args: string[]) => run(['stack', ...args, '--dir', dir], process.env);
  onTestFinished(async () => {
    await stack('down', '--delete');
    rmSync(dir, { recursive: true, force: true });
  });
  return { dir, stack, state: () => JSON.parse(readFileSync(join(dir, 'stack.json'), 'utf8')) as StackState };
}

function reportOf({ out }: Ran): StackReport {
  return JSON.parse(out) as StackReport;
}

function portOf(address: string | undefined): number {
  return Number(/:(\d+)$/.exec(address ?? '')?.[1]);
}

function ping(port: number): Promise<string | undefined> {
  return ask(port, Buffer.from('PING\r\n'), (answer) => answer.toString().trim() || undefined);
}

function info(address: string | undefined): Promise<string | undefined> {
  return ask(portOf(address), Buffer.from('INFO\r\n'), (answer) => (answer.includes('# Keyspace') ? answer.toString() : undefined));
}

describe.skipIf(!redis.available || !etcd.available)('seqcast stack up (needs Redis and etcd)', () => {
  test('starts engines that answer, and says where they are', async () => {
    const { stack } = scratchStack();
    const ran = await stack('up', '--only', 'redis,etcd', '--json');
    expect(ran.code, ran.err).toBe(0);
    const { env, processes } = reportOf(ran);
    expect(processes.map(({ name, state }) => `${name} ${state}`)).toEqual(['redis started', 'redis-jobs started', 'etcd started']);
    expect(Object.keys(env)).toEqual(['SEQCAST_REDIS', 'SEQCAST_JOBS_REDIS', 'SEQCAST_ETCD']);
    expect(await ping(portOf(env.SEQCAST_REDIS))).toBe('+PONG');
    expect(await (await fetch(`${env.SEQCAST_ETCD}/health`)).json()).toMatchObject({ health: 'true' });
  });

  test('leaves alone what runs, and starts what died on the port that it had', async () => {
    const { stack, state } = scratchStack();
    const first = reportOf(await stack('up', '--only', 'redis,etcd', '--json'));
    const died = state().processes.redis;
    if (died === undefined) throw new Error('no Redis was noted');
    await stop(died, 'SIGKILL');
    expect((await stack('status')).code).toBe(1);
    const second = reportOf(await stack('up', '--only', 'redis,etcd', '--json'));
    expect(second.processes.map(({ name, state: now }) => `${name} ${now}`)).toEqual([
      'redis started',
      'redis-jobs running',
      'etcd running',
    ]);
    expect(second.env).toEqual(first.env);
    const third = reportOf(await stack('up', '--only', 'redis,etcd', '--json'));
    expect(third.processes).toEqual(second.processes.map((each) => ({ ...each, state: 'running' })));
    expect((await stack('status')).code).toBe(0);
  });

  test('gives a Redis that keeps nothing on disk, one that copies it, and one for jobs that keeps everything; none deletes keys', async () => {
    const { stack } = scratchStack();
    const { env } = reportOf(await stack('up', '--only', 'redis', '--replica', '--json'));
    const copy = await info(env.SEQCAST_REDIS_REPLICA);
    expect(copy).toContain('role:slave');
    expect(copy).toContain('master_link_status:up');
    for (const each of [copy, await info(env.SEQCAST_REDIS)]) {
      expect(each).toContain('maxmemory_policy:noeviction');
      expect(each).toContain('aof_enabled:0');
    }
    const jobs = await info(env.SEQCAST_JOBS_REDIS);
    expect(jobs).toContain('maxmemory_policy:noeviction');
    expect(jobs).toContain('aof_enabled:1');
    // A later `up` that does not say so again keeps it.
    expect(Object.keys(reportOf(await stack('up', '--only', 'redis', '--json')).env)).toContain('SEQCAST_REDIS_REPLICA');
  });

  test('writes lines for a shell, and its progress elsewhere', async () => {
    const { stack } = scratchStack();
    const { out, err } = await stack('up', '--only', 'redis', '--shell');
    expect(out).toMatch(/^(export SEQCAST_(JOBS_)?REDIS='redis:\/\/127\.0\.0\.1:\d+'\n){2}$/);
    expect(err).toContain('redis: serves port');
  });

  test('takes another port where somebody else has come to sit on the one it had', async () => {
    const { stack } = scratchStack();
    const before = portOf(reportOf(await stack('up', '--only', 'redis', '--json')).env.SEQCAST_REDIS);
    await stack('down');
    const squatter = createServer().listen(before, '127.0.0.1');
    onTestFinished(() => void squatter.close());
    await new Promise((done) => squatter.once('listening', done));
    const after = portOf(reportOf(await stack('up', '--only', 'redis', '--json')).env.SEQCAST_REDIS);
    expect(after).not.toBe(before);
    expect(await ping(after)).toBe('+PONG');
  });

  test('starts the others where a program is missing, and says which package brings it', async () => {
    const { dir } = scratchStack();
    const bin = join(dir, 'bin');
    mkdirSync(bin);
    symlinkSync(findProgram('redis-server', process.env), join(bin, 'redis-server'));
    const ran = await run(['stack', 'up', '--only', 'redis,etcd', '--dir', dir, '--json'], { PATH: bin });
    expect(ran.code).toBe(1);
    expect(ran.err).toContain('etcd: SEQ_ENGINE_UNREACHABLE: etcd is not installed: `apt-get install etcd-server`');
    expect(reportOf(ran).problems).toEqual([expect.objectContaining({ engine: 'etcd', code: 'SEQ_ENGINE_UNREACHABLE' })]);
    expect(await ping(portOf(reportOf(ran).env.SEQCAST_REDIS))).toBe('+PONG');
  });

  test('refuses another number of brokers than its log was made for', async () => {
    const { dir, stack } = scratchStack();
    const kafka = { version: '4.3.1', brokers: 3, clusterId: 'MkU3OEVBNTcwNTJENDM2Qk' };
    writeFileSync(join(dir, 'stack.json'), JSON.stringify({ format: 1, kafka, ports: {}, processes: {} }));
    const { code, err } = await stack('up', '--only', 'kafka', '--brokers', '1');
    expect(code).toBe(2);
    expect(err).toContain('Kafka 4.3.1 with 3 broker(s)');
  });
});

describe.skipIf(!redis.available)('seqcast stack down (needs Redis)', () => {
  test('ends the processes and keeps their ports, or deletes everything', async () => {
    const { dir, stack, state } = scratchStack();
    const { env } = reportOf(await stack('up', '--only', 'redis', '--json'));
    expect((await stack('down')).out).toBe('ended redis, redis-jobs\n');
    expect(await ping(portOf(env.SEQCAST_REDIS))).toBeUndefined();
    expect(state().ports.redis).toBe(portOf(env.SEQCAST_REDIS));
    expect((await stack('down')).out).toBe('nothing was running\n');
    await stack('down', '--delete');
    expect(existsSync(dir)).toBe(false);
  });

  test('does not signal a process that only has the id of one it started', async () => {
    const { dir, stack, state } = scratchStack();
    await stack('up', '--only', 'redis');
    const noted = state();
    const real = noted.processes.redis;
    if (real === undefined) throw new Error('no Redis was noted');
    onTestFinished(() => stop(real, 'SIGKILL'));
    noted.processes.redis = { ...real, startedAt: 'at another time' };
    writeFileSync(join(dir, 'stack.json'), JSON.stringify(noted));
    await stack('down');
    expect(await ping(real.port)).toBe('+PONG');
  });
});

describe('seqcast stack', () => {
  test.each([
    [['up', '--brokers', '2'], 'It is 1 or 3'],
    [['up', '--only', 'redis,mysql'], 'Known are kafka, redis, etcd, postgres'],
    [['up', '--kafka-version', '../4'], 'It is not a version'],
  ])('refuses %j before it starts anything', async (args, why) => {
    const { code, err } = await run(['stack', ...args]);
    expect(code).toBe(2);
    expect(err).toContain(why);
  });

  test('says that nothing is up where nothing is', async () => {
    const { stack } = scratchStack();
    expect(await stack('status')).toMatchObject({ code: 1, out: expect.stringContaining('no stack is up in') });
  });

  test('waits for no other command on the same stack, and takes over from one that is gone', async () => {
    const { dir, stack } = scratchStack();
    writeFileSync(join(dir, 'stack.lock'), String(process.pid));
    expect(await stack('down')).toMatchObject({ code: 1, err: expect.stringContaining('SEQ_DATA_DIR_IN_USE') });
    // No process has this id: it is above what systems give.
    writeFileSync(join(dir, 'stack.lock'), '99999999');
    expect((await stack('down')).code).toBe(0);
  });
});

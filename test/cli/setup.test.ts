/** `init` and `doctor`: before there is a server. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clockSkew } from '../../adapters/engines/engine-facts.ts';
import { configTemplate } from '../../cli/config-template.ts';
import type { Check } from '../../cli/doctor/check.ts';
import { engineChecks } from '../../cli/doctor/engine-checks.ts';
import { loadConfig } from '../../workers/runtime/process/config.ts';
import { CONFIG_OPTIONS } from '../../workers/runtime/process/config-schema.ts';
import { engineOrSkip, startRedis } from '../engines/engines.ts';
import { run } from './commands.ts';

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'seqcast-setup-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

describe('seqcast init', () => {
  it('writes every setting, commented out', async () => {
    const file = join(scratch(), 'seqcast.config.yaml');
    expect(await run(['init', file])).toMatchObject({ code: 0, out: `wrote ${file}\n` });
    const text = readFileSync(file, 'utf8');
    expect(text).toBe(configTemplate());
    for (const { key } of CONFIG_OPTIONS) expect(text).toContain(`\n#${key}:`);
    expect(await loadConfig({ env: {}, file })).toMatchObject({ port: 7070 });
  });

  it('writes settings that hold when the comment is taken away', async () => {
    const file = join(scratch(), 'seqcast.config.yaml');
    writeFileSync(file, configTemplate().replaceAll(/^#(\w+: .+)$/gm, '$1'));
    expect(await loadConfig({ env: {}, file })).toEqual(await loadConfig({ env: {}, directory: scratch() }));
  });

  it('writes JSON that says the same, without comments', async () => {
    const file = join(scratch(), 'seqcast.config.json');
    expect((await run(['init', file])).code).toBe(0);
    expect(await loadConfig({ env: {}, file })).toEqual(await loadConfig({ env: {}, directory: scratch() }));
  });

  it('leaves a file that exists alone, unless told otherwise', async () => {
    const file = join(scratch(), 'seqcast.config.yaml');
    writeFileSync(file, 'port: 1\n');
    expect((await run(['init', file])).code).toBe(2);
    expect(readFileSync(file, 'utf8')).toBe('port: 1\n');
    expect((await run(['init', file, '--force'])).code).toBe(0);
  });
});

const kafka = engineOrSkip('kafka');
const redis = engineOrSkip('redis');
const etcd = engineOrSkip('etcd');
const postgres = engineOrSkip('postgres');

/** What doctor says of the engines that these variables name. */
async function engineFindings(env: Record<string, string>): Promise<readonly Check[]> {
  return await engineChecks(await loadConfig({ env, directory: scratch() }));
}

describe('seqcast doctor and engines', () => {
  it.skipIf(!redis.available)('tells a Redis that may delete stock, and one that forgets jobs (needs Redis)', async () => {
    const own = await startRedis();
    onTestFinished(async () => await own.stop());
    await own.cli('CONFIG', 'SET', 'save', '');
    const env = { SEQCAST_REDIS: own.url, SEQCAST_JOBS_REDIS: own.url };
    const [stock, jobs, forgets, ...others] = await engineFindings(env);
    expect(stock).toMatchObject({ level: 'ok', what: expect.stringMatching(/^Redis of stock at .*: version \d+\..*noeviction/) as string });
    expect(jobs).toMatchObject({ level: 'ok' });
    expect(forgets).toMatchObject({ level: 'warn', ok: true, whatToDo: 'Set appendonly to yes.' });
    expect(others).toEqual([]);
    await own.cli('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    for (const finding of await engineFindings(env)) {
      expect(finding).toMatchObject({ level: 'fail', ok: false, whatToDo: 'Set maxmemory-policy to noeviction.' });
    }
  });

  it.skipIf(!postgres.available)('tells a PostgreSQL that could lose a commit (needs PostgreSQL)', async () => {
    const [good] = await engineFindings({ SEQCAST_POSTGRES: postgres.url });
    expect(good).toMatchObject({ level: 'ok', what: expect.stringMatching(/version \d+.*synchronous_commit on, fsync on/) as string });
    const unsafe = new URL(postgres.url);
    unsafe.searchParams.set('options', '-c synchronous_commit=off');
    const [bad] = await engineFindings({ SEQCAST_POSTGRES: unsafe.href });
    expect(bad).toMatchObject({ level: 'fail', whatToDo: 'Set it to on or remote_apply, also for this role and database.' });
    expect(bad?.what).toContain('synchronous_commit is off');
  });

  it.skipIf(!kafka.available || !etcd.available)('knows versions, brokers and topics (needs Kafka, etcd)', async () => {
    const findings = await engineFindings({ SEQCAST_KAFKA: kafka.brokers.join(','), SEQCAST_ETCD: etcd.url });
    expect(findings[0]).toMatchObject({ level: 'ok', what: expect.stringMatching(/brokers?, .*topics of seqcast/) as string });
    expect(findings.filter(({ level }) => level === 'warn').length).toBe(kafka.brokers.length < 3 ? 1 : 0);
    expect(findings.at(-1)).toMatchObject({ level: 'ok', what: expect.stringMatching(/^etcd at .*: version 3\.\d+/) as string });
  });

  it('says of engines that are away how to reach them, and keeps passwords to itself', async () => {
    const findings = await engineFindings({
      SEQCAST_REDIS: 'redis://user:hunter2@127.0.0.1:1',
      SEQCAST_POSTGRES: 'postgres://user:hunter2@127.0.0.1:1/db',
      SEQCAST_ETCD: 'http://127.0.0.1:1',
    });
    expect(findings.map(({ level }) => level)).toEqual(['fail', 'fail', 'fail']);
    for (const { whatToDo } of findings) expect(whatToDo).toMatch(/^\w.*\.$/);
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });

  it('measures a clock that is wrong, within what the question took', async () => {
    const { skewMs, uncertaintyMs } = await clockSkew(async () => Date.now() + 5_000);
    expect(Math.abs(skewMs - 5_000)).toBeLessThanOrEqual(uncertaintyMs + 2);
  });
});

describe('seqcast doctor', () => {
  it('finds a taken port and says what to do', async () => {
    const directory = scratch();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const port = String((server.address() as AddressInfo).port);
    const { code, out } = await run(['doctor', '--data-dir', join(directory, 'deep', 'data'), '--port', port, '--json'], {
      SEQCAST_ETCD: 'http://127.0.0.1:1',
    });
    expect(code).toBe(1);
    const { checks } = JSON.parse(out) as { checks: readonly { ok: boolean; what: string; whatToDo?: string }[] };
    expect(checks[0]).toMatchObject({ ok: true, what: `Node ${process.versions.node}` });
    expect(checks[2]).toMatchObject({ ok: true });
    expect(checks.find(({ what }) => what.startsWith('etcd'))).toMatchObject({ ok: false });
    expect(checks[3]).toMatchObject({ ok: false, whatToDo: 'Choose another --port, or stop what listens there.' });
  });

  it('finds a file where the directory should be', async () => {
    const file = join(scratch(), 'file');
    writeFileSync(file, '');
    expect((await run(['doctor', '--data-dir', file, '--port', '0'])).out).toMatch(/^BAD {3}data directory .* is not a directory$/m);
  });
});

/**
 * What docs/guides/observe.md shows is run as it stands there: the commands in a shell against a sequence under load, and the users that it
 * makes may read what they are to read, and nothing else.
 */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openObservedPostgres } from '../../adapters/postgres/observed-sequence.ts';
import { openObservedRedis } from '../../adapters/redis/observed-counter.ts';
import { rowText } from '../../cli/observe/demand-file.ts';
import { ownRedis } from '../adapters/bullmq/own-redis.ts';
import { engineOrSkip } from '../engines/engines.ts';

const postgres = engineOrSkip('postgres');
const redis = engineOrSkip('redis');

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const GUIDE = readFileSync('docs/guides/observe.md', 'utf8');
const TIMEOUT_MS = 60_000;
/** What a backtest wants at least, and the observation of the guide would take. */
const SECONDS_BEFORE = 1_800;

function block(language: string): string {
  return new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(GUIDE)?.[1] ?? '';
}

/** The last half hour, as an observation that was killed a moment ago has left it. */
function earlierDemand(): string {
  const fromMs = Math.floor(Date.now() / 1_000 - SECONDS_BEFORE) * 1_000;
  const rows = Array.from({ length: SECONDS_BEFORE - 5 }, (_, second) =>
    rowText({ startMs: fromMs + second * 1_000, count: Math.round(50 + 40 * Math.sin(second / 60)) }),
  );
  return `time,count\n${rows.join('')}2026-`;
}

describe.skipIf(!postgres.available)('the guide to observing (needs PostgreSQL)', () => {
  async function connected(): Promise<pg.Client> {
    const owner = new pg.Client({ connectionString: postgres.url });
    await owner.connect();
    await owner.query('DROP SEQUENCE IF EXISTS public.orders_id_seq; CREATE SEQUENCE public.orders_id_seq');
    return owner;
  }

  test('observes a sequence, and its backtest reads what was observed', { timeout: TIMEOUT_MS }, async () => {
    const owner = await connected();
    const load = setInterval(() => {
      owner.query(`SELECT nextval('orders_id_seq') FROM generate_series(1, 5)`).catch(() => undefined);
    }, 100);
    const directory = mkdtempSync(join(tmpdir(), 'seqcast-guide-'));
    onTestFinished(async () => {
      clearInterval(load);
      await owner.end();
      rmSync(directory, { recursive: true, force: true });
    });
    writeFileSync(join(directory, 'seqcast'), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
    chmodSync(join(directory, 'seqcast'), 0o755);
    writeFileSync(join(directory, 'orders.csv'), earlierDemand());
    const script = block('bash').replace('postgres://seqcast@127.0.0.1:5432/seqcast', postgres.url).replace('--for 30m', '--for 3s');
    expect(script).toContain('--for 3s');
    const env = { ...process.env, PATH: `${directory}:${process.env.PATH ?? ''}` };
    const { code, output } = await new Promise<{ readonly code: number; readonly output: string }>((resolve) => {
      execFile('sh', ['-e', '-c', script], { cwd: directory, env, timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr });
      });
    });
    expect(output).not.toContain('SEQ_');
    expect(code, output).toBe(0);
    expect(output).toContain('a torn last line of 5 bytes was cut off');
    expect(output).toMatch(/seqcast would have held/);
    expect(output).toContain('next: seqcast backtest --from orders.csv\n');
    expect(output).toMatch(/stalls ppm/);
  });

  test('names a role of PostgreSQL that can observe, and no more', async () => {
    const owner = await connected();
    onTestFinished(async () => {
      await owner.query('DROP OWNED BY observer; DROP ROLE observer');
      await owner.end();
    });
    await owner.query(block('sql'));
    const url = new URL(postgres.url);
    url.username = 'observer';
    const source = await openObservedPostgres(`${url.href}?sequence=public.orders_id_seq`);
    expect((await source.read()).position).toBe(0n);
    await source.close();
    const observer = new pg.Client({ connectionString: url.href });
    await observer.connect();
    onTestFinished(async () => await observer.end());
    await expect(observer.query(`SELECT nextval('orders_id_seq')`)).rejects.toThrow('permission denied');
  });
});

test.skipIf(!redis.available)('the guide to observing names a user of Redis that can observe, and no more (needs Redis)', async () => {
  const own = await ownRedis();
  await own.cli(...block('redis').trim().split(' '));
  const source = await openObservedRedis(`redis://observer:password@127.0.0.1:${own.port}?key=order:ids`);
  onTestFinished(async () => await source.close());
  expect((await source.read()).position).toBe(0n);
  expect(await own.cli('--user', 'observer', '--pass', 'password', '--no-auth-warning', 'INCR', 'order:ids')).toContain('NOPERM');
});

/** A database that fell back under an installation of several processes: everything else is served, and the restore stops nobody. */
import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { engineOrSkip, startKafka, startRedis } from '../engines/engines.ts';
import { eventually, TestInstallation } from './installation.ts';
import { post, seqcast } from './server.ts';

const postgres = engineOrSkip('postgres');
const available = engineOrSkip('kafka').available && engineOrSkip('redis').available && postgres.available;

describe.skipIf(!available)('an installation whose transaction pool fell back (needs Kafka, Redis, PostgreSQL)', () => {
  test('says so, serves all else, and goes on where it was once its database is restored', { timeout: 240_000 }, async ({
    onTestFinished: atEnd,
  }) => {
    const admin = new pg.Client({ connectionString: postgres.url });
    await admin.connect();
    const [original, backup] = [`fell_back_${process.pid}`, `fell_back_${process.pid}_backup`];
    const urlOf = (name: string): string => Object.assign(new URL(postgres.url), { pathname: `/${name}` }).href;
    for (const name of [backup, original]) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.query(`CREATE DATABASE ${original}`);
    const [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
    const on = new TestInstallation(kafka.brokers, {}, atEnd);
    atEnd(async () => {
      await Promise.all([kafka.stop(), redis.stop()]);
      for (const name of [backup, original]) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin.end();
    });
    const filler = (name: string, database: string) =>
      on.start(name, 'filler', redis.url, { env: { SEQCAST_POSTGRES: urlOf(database), SEQCAST_LOG_LEVEL: 'info' } });
    const call = async (path: string, body: object, key = `${Math.random()}`): Promise<Record<string, unknown> & { values?: string[] }> => {
      for (;;) {
        const response = await fetch(`${on.gateways[0]}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'idempotency-key': key },
          body: JSON.stringify(body),
        });
        const said = (await response.json()) as Record<string, unknown>;
        if (response.ok) return said;
        if (said.retriable !== true) throw new Error(JSON.stringify(said));
      }
    };
    const numbered = async (count: number): Promise<number[]> => {
      const held = await call(`/v1/sequences/${on.sequence}/reservations`, { count, ttlMs: 600_000, owner: 'test' });
      await call(`/v1/reservations/${String(held.id)}/confirm`, {});
      return (held.values ?? []).map(Number);
    };
    await on.start('gateway-a', 'gateway,allocator', redis.url);
    await filler('filler-a', original);
    await on.create({ guarantee: 'gapless' });
    expect((await post(`${on.gateways[0]}/v1/sequences`, { name: 'payments', durability: 'answered' })).status).toBe(201);
    expect((await post(`${on.gateways[0]}/v1/sequences`, { name: 'orders' })).status).toBe(201);
    expect(await numbered(5)).toEqual([1, 2, 3, 4, 5]);
    const paid = async (): Promise<number[]> => ((await call('/v1/sequences/payments/next', { count: 5 })).values ?? []).map(Number);
    const before = await paid();
    await on.processes.get('filler-a')?.signal('SIGTERM');
    await admin.query(`CREATE DATABASE ${backup} TEMPLATE ${original}`);
    await filler('filler-b', original);
    expect(await numbered(3)).toEqual([6, 7, 8]);
    before.push(...(await paid()));

    await on.kill('filler-b');
    const fallen = await filler('filler-c', backup);
    await eventually(async () => /is not the one that was written last/.test(await (await fetch(`${fallen.url}/readyz`)).text()));
    expect((await call('/v1/sequences/orders/next', { count: 1 })).values).toHaveLength(1);

    const flags = ['--postgres', urlOf(backup), '--kafka', kafka.brokers.join(','), '--confirmed-up-to', `${on.sequence}=8`];
    const shown = await seqcast('restore', ...flags);
    expect(shown.stdout).toContain('Nothing was changed');
    const atMs = performance.now();
    const done = await seqcast('restore', ...flags, '--yes');
    expect(done.stdout, done.stderr).toContain('The database is restored');
    expect(await numbered(2)).toEqual([9, 10]);
    console.log(`served ${((performance.now() - atMs) / 1_000).toFixed(1)} s after the restore was begun`);
    const after = await paid();
    expect(after.filter((value) => before.includes(value))).toEqual([]);
    expect((await seqcast('restore', ...flags, '--yes')).stdout).toContain('nothing to restore');
    const { ok, problems } = await on.audit();
    expect({ ok, problems }).toEqual({ ok: true, problems: [] });
  });
});

/** A real PostgreSQL: written, copied, written on, and the copy put in its place. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { open } from '../../workers/embedded.ts';
import type { SeqcastService } from '../../workers/runtime/service/service.ts';
import { engineOrSkip } from '../engines/engines.ts';
import { run } from './commands.ts';

const postgres = engineOrSkip('postgres');
const PAGE = { sequence: 'invoices', from: 0, limit: 100 };

/** Databases of this test's own, by name. */
async function databases(): Promise<(name: string, template?: string) => Promise<string>> {
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  const made: string[] = [];
  onTestFinished(async () => {
    for (const name of made) await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await admin.end();
  });
  return async (name, template) => {
    const own = (each: string): string => `restore_${process.pid}_${each}`;
    await admin.query(`DROP DATABASE IF EXISTS ${own(name)} WITH (FORCE)`);
    await admin.query(`CREATE DATABASE ${own(name)}${template === undefined ? '' : ` TEMPLATE ${own(template)}`}`);
    made.push(own(name));
    const url = new URL(postgres.url);
    url.pathname = `/${own(name)}`;
    return url.href;
  };
}

async function paid(service: SeqcastService, calls: number): Promise<number[]> {
  const values: number[] = [];
  for (let call = 0; call < calls; call++) {
    const { blocks } = await service.next({ sequence: 'payments', count: 3 });
    for (const { start, count } of blocks) for (let index = 0; index < count; index++) values.push(Number(start) + index);
  }
  return values;
}

async function reserved(service: SeqcastService, key: string): Promise<{ readonly id: string; readonly value: number }> {
  const { id, values } = await service.reservations().reserve({ sequence: 'invoices', key, count: 1, ttlMs: 3_600_000, owner: 'shop' });
  return { id, value: Number(values[0]) };
}

async function confirmed(service: SeqcastService, ...keys: readonly string[]): Promise<number[]> {
  const values: number[] = [];
  for (const key of keys) {
    const { id, value } = await reserved(service, key);
    await service.reservations().confirm({ id, by: 'shop' });
    values.push(value);
  }
  return values;
}

describe.skipIf(!postgres.available)('a database of the transaction pool that was put back (needs PostgreSQL)', () => {
  test('stops, says what is missing, and is served from again once it is restored: no number twice, none missing', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'seqcast-restore-'));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const dataDir = join(directory, 'data');
    const database = await databases();
    const original = await database('original');
    const before = await open({ dataDir, postgres: original });
    await before.create('payments', { durability: 'answered' });
    await before.create('invoices', { guarantee: 'gapless' });
    const payments = await paid(before, 10);
    expect(await confirmed(before, 'a', 'b', 'c')).toEqual([1, 2, 3]);
    const { id: openAtBackup } = await reserved(before, 'open-at-the-backup');
    await before.close();
    const backup = await database('backup', 'original');
    const again = await database('again', 'original');
    const after = await open({ dataDir, postgres: original });
    payments.push(...(await paid(after, 200)));
    await after.reservations().confirm({ id: openAtBackup, by: 'shop' });
    expect(await confirmed(after, 'e', 'f')).toEqual([5, 6]);
    const { id } = await reserved(after, 'g');
    expect(await confirmed(after, 'h')).toEqual([8]);
    await after.reservations().cancel({ id, by: 'shop', because: 'payment refused' });
    await after.close();

    const careless = await open({ dataDir, postgres: backup });
    await expect(reserved(careless, 'x')).rejects.toMatchObject({ code: 'SEQ_LINEAGE_BROKEN' });
    await careless.close();

    const asked = ['restore', '--postgres', backup, '--data-dir', dataDir];
    const unsaid = await run(asked);
    expect(unsaid.code, unsaid.err).toBe(1);
    expect(unsaid.out).toContain('missing: invoices: say which numbers were confirmed (the ledger has granted none above ');
    expect((await run([...asked, '--confirmed-up-to', 'invoices=999999999'])).out).toContain(
      'cannot be in use: the ledger has granted up to',
    );
    const file = join(directory, 'invoices.csv');
    writeFileSync(file, 'number\n1\n2\n3\n4\n5\n6\n8\n');
    const declared = await run([...asked, '--confirmed', `invoices=${file}`]);
    const copied = await run([...asked, '--from-copy', original]);
    expect([declared.code, copied.code]).toEqual([0, 0]);
    expect(copied.out).toContain('invoices: 4 numbers are recorded as confirmed, by restore; 1 that are not in use are given out again');
    expect(declared.out).toBe(copied.out);
    const done = await run([...asked, '--from-copy', original, '--yes', '--reason', 'the disk died']);
    expect(done.code, done.err).toBe(0);
    expect(done.out).toContain('The database is restored');

    const restored = await open({ dataDir, postgres: backup });
    const fresh = await paid(restored, 300);
    expect(fresh.filter((value) => payments.includes(value))).toEqual([]);
    expect(await confirmed(restored, 'i', 'j')).toEqual([7, 9]);
    expect((await restored.reservations().voids(PAGE)).entries).toEqual([]);
    const late = restored.reservations().confirm({ id: openAtBackup, by: 'shop' });
    await expect(late).rejects.toMatchObject({ code: 'SEQ_RESERVATION_CANCELLED' });
    expect(await restored.who('invoices', 8n)).toMatchObject({ holder: { owner: 'restored: the disk died' } });
    expect(await restored.audit()).toMatchObject({ ok: true, problems: [] });
    await restored.close();
    expect((await run([...asked, '--from-copy', original, '--yes'])).out).toContain('nothing to restore');

    // The old primary has every change up to the restore, and none of what followed.
    const old = await open({ dataDir, postgres: original });
    await expect(reserved(old, 'x')).rejects.toMatchObject({ code: 'SEQ_LINEAGE_BROKEN' });
    await old.close();
    // A second fall back, of which somebody knows that all is in use.
    const secondly = ['restore', '--postgres', again, '--data-dir', dataDir, '--confirmed-up-to', 'invoices=9', '--yes'];
    expect((await run(secondly)).out).toContain('invoices: 6 numbers are recorded as confirmed, by restore; 0 that are not in use');
    const last = await open({ dataDir, postgres: again });
    expect(await confirmed(last, 'k')).toEqual([10]);
    expect((await paid(last, 1)).filter((value) => fresh.includes(value) || payments.includes(value))).toEqual([]);
    expect(await last.audit()).toMatchObject({ ok: true, problems: [] });
    await last.close();
  }, 60_000);
});

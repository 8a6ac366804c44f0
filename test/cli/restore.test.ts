/** A real directory: served from, copied, served on, and the copy put back. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { beginRestoring } from '../../adapters/embedded/restoring-mark.ts';
import { open } from '../../workers/embedded.ts';
import type { SeqcastService } from '../../workers/runtime/service/service.ts';
import { run } from './commands.ts';

const PAGE = { sequence: 'invoices', from: 0, limit: 100 };

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'seqcast-restore-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function taken(service: SeqcastService, calls: number): Promise<bigint[]> {
  const values: bigint[] = [];
  for (let call = 0; call < calls; call++) {
    const { blocks } = await service.next({ sequence: 'orders', count: 10 });
    for (const { start, count } of blocks) for (let index = 0; index < count; index++) values.push(start + BigInt(index));
  }
  return values;
}

async function reserved(service: SeqcastService, key: string): Promise<{ id: string; value: bigint }> {
  const { id, values } = await service.reservations().reserve({ sequence: 'invoices', key, count: 1, ttlMs: 3_600_000, owner: 'shop' });
  return { id, value: values[0] as bigint };
}

async function confirmed(service: SeqcastService, keys: readonly string[]): Promise<bigint[]> {
  const values: bigint[] = [];
  for (const key of keys) {
    const { id, value } = await reserved(service, key);
    await service.reservations().confirm({ sequence: 'invoices', id, by: 'shop' });
    values.push(value);
  }
  return values;
}

/** `original` went on after `backup` was made of it. Confirmed there: 1 to 6 and 8; 7 was given up and is held again. */
async function history(): Promise<{ original: string; backup: string; orders: bigint[]; invoices: bigint[]; openAtBackup: string }> {
  const root = directory();
  const [original, backup] = [join(root, 'original'), join(root, 'backup')];
  const before = await open({ dataDir: original });
  await before.create('orders', {});
  await before.create('invoices', { guarantee: 'gapless' });
  const orders = await taken(before, 5);
  const invoices = await confirmed(before, ['a', 'b', 'c']);
  const { id: openAtBackup } = await reserved(before, 'open-at-the-backup');
  await before.close();
  cpSync(original, backup, { recursive: true });
  const after = await open({ dataDir: original });
  orders.push(...(await taken(after, 50)));
  await after.reservations().confirm({ sequence: 'invoices', id: openAtBackup, by: 'shop' });
  invoices.push(4n, ...(await confirmed(after, ['e', 'f'])));
  const { id } = await reserved(after, 'g');
  invoices.push(...(await confirmed(after, ['h'])));
  await after.reservations().cancel({ sequence: 'invoices', id, by: 'shop', because: 'payment refused' });
  const late = await reserved(after, 'i');
  expect([...invoices, late.value]).toEqual([1n, 2n, 3n, 4n, 5n, 6n, 8n, 7n]);
  await after.close();
  return { original, backup, orders, invoices, openAtBackup };
}

describe('a data directory that was restored from a backup', () => {
  test('gives out again what was given out since, and gives out nothing twice once it is restored from another copy', async () => {
    const { original, backup, orders, invoices, openAtBackup } = await history();
    const asItIs = join(directory(), 'as-it-is');
    cpSync(backup, asItIs, { recursive: true });
    const careless = await open({ dataDir: asItIs });
    const again = new Set(orders);
    expect((await taken(careless, 20)).some((value) => again.has(value))).toBe(true);
    expect((await confirmed(careless, ['x']))[0]).toBe(5n);
    await careless.close();

    const database = readFileSync(join(backup, 'seqcast.db'));
    const unsaid = await run(['restore', '--data-dir', backup]);
    expect(unsaid.code).toBe(1);
    expect(unsaid.out).toContain('missing: orders: say how far it was given out');
    expect(unsaid.out).toContain('missing: invoices: say which numbers were confirmed');
    expect((await run(['restore', '--data-dir', backup, '--yes'])).code).toBe(2);
    const shown = await run(['restore', '--data-dir', backup, '--from-copy', original]);
    expect(shown.code).toBe(0);
    expect(shown.out).toContain('in doubt: 7 was only reserved in the other copy');
    expect(readFileSync(join(backup, 'seqcast.db')).equals(database)).toBe(true);

    const done = await run(['restore', '--data-dir', backup, '--from-copy', original, '--yes', '--json', '--reason', 'the disk died']);
    expect(done.code, done.err).toBe(0);
    expect(JSON.parse(done.out)).toMatchObject({ done: true, audit: { ok: true, duplicates: 0 } });
    const restored = await open({ dataDir: backup });
    expect((await taken(restored, 100)).filter((value) => again.has(value))).toEqual([]);
    // 7 was held by somebody when the other copy ended: it is not given out, and said to be in doubt.
    expect(await confirmed(restored, ['j', 'k'])).toEqual([9n, 10n]);
    expect(invoices).not.toContain(9n);
    const late = restored.reservations().confirm({ sequence: 'invoices', id: openAtBackup, by: 'shop' });
    await expect(late).rejects.toMatchObject({ code: 'SEQ_RESERVATION_CANCELLED' });
    expect(await restored.who('invoices', 8n)).toMatchObject({ holder: { owner: 'restored: the disk died', endedBy: 'restore' } });
    expect((await restored.audit()).problems).toEqual([]);
    await restored.close();
    expect(readFileSync(join(backup, 'seqcast.restores.jsonl'), 'utf8')).toContain('the disk died');
  }, 30_000);

  test('takes from a file which numbers are in use, and gives out the others first', async () => {
    const { backup, orders, invoices } = await history();
    const file = join(directory(), 'invoices.csv');
    writeFileSync(file, `number,customer\n${invoices.map((value) => `${value},"somebody"`).join('\n')}\n`);
    const furthest = orders.reduce((a, b) => (b > a ? b : a));
    const declared = ['--issued-up-to', `orders=${furthest}`, '--confirmed', `invoices=${file}`];
    const done = await run(['restore', '--data-dir', backup, ...declared, '--yes']);
    expect(done.code, done.err + done.out).toBe(0);
    expect(done.out).toContain('invoices: 4 numbers are recorded as confirmed, by restore; 1 that are not in use are given out again');
    const restored = await open({ dataDir: backup });
    const [first] = await taken(restored, 1);
    expect(first as bigint).toBeGreaterThan(furthest);
    expect(await confirmed(restored, ['j', 'k'])).toEqual([7n, 9n]);
    expect((await restored.reservations().voids(PAGE)).entries).toEqual([]);
    await restored.close();
  }, 30_000);

  test('is not served from while its restore is not finished, and is when it is run again', async () => {
    const { original, backup } = await history();
    // The end of the database is lost: its witness has seen more.
    cpSync(join(original, 'seqcast.witness'), join(backup, 'seqcast.witness'));
    await expect(open({ dataDir: backup })).rejects.toMatchObject({ code: 'SEQ_DATA_CORRUPT' });
    expect((await run(['restore', '--data-dir', backup, '--from-copy', original])).out).toContain('is damaged: it holds');
    beginRestoring(backup);
    writeFileSync(join(backup, 'seqcast.restoring'), '1\n');
    await expect(open({ dataDir: backup })).rejects.toMatchObject({ code: 'SEQ_DATA_DIR_UNUSABLE' });
    expect((await run(['restore', '--data-dir', backup, '--from-copy', original, '--yes'])).code).toBe(0);
    expect(existsSync(join(backup, 'seqcast.restoring'))).toBe(false);
    const restored = await open({ dataDir: backup });
    expect(await confirmed(restored, ['j'])).toEqual([9n]);
    await restored.close();
  }, 30_000);
});

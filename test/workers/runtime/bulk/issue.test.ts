/** Bulk issues from the order to the file, in one process. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openArchive } from '../../../../adapters/duckdb/archive.ts';
import { bulkServer, ended, linesOf, rowsOf } from './bulk-server.ts';

describe('a bulk issue', () => {
  test('writes exactly as many values as were asked for, each once and none that others got', async () => {
    const { seqcast, bulkDir } = await bulkServer();
    await seqcast.create('orders', {});
    const before = await seqcast.next({ sequence: 'orders', count: 3, clientType: 'bulk', service: 'bulk' });
    const { job } = await seqcast.issue({ sequence: 'orders', count: 2_500_000, file: 'ids.parquet' });
    const view = await ended(seqcast, job);
    expect(view).toMatchObject({ state: 'done', progress: 1, result: { count: 2_500_000, stream: 'orders/bulk/bulk' } });
    const [facts] = await rowsOf(`SELECT count(*), count(DISTINCT value) FROM '${bulkDir}/ids.parquet'`);
    expect(facts).toEqual([2_500_000n, 2_500_000n]);
    const after = await seqcast.next({ sequence: 'orders', count: 3, clientType: 'bulk', service: 'bulk' });
    const others = [...before.blocks, ...after.blocks].map(({ start }) => start).join(', ');
    expect(await rowsOf(`SELECT value FROM '${bulkDir}/ids.parquet' WHERE value IN (${others})`)).toEqual([]);
    expect(await seqcast.audit()).toMatchObject({ ok: true, duplicates: 0 });
    const { first } = view.result as { readonly first: string };
    expect(await seqcast.who('orders', BigInt(first))).toMatchObject({ stream: 'orders/bulk/bulk', state: 'issued' });
  });

  test('is ordered whole: one shard of the size that the job knows, and no stock beyond it', async () => {
    const { seqcast } = await bulkServer();
    await seqcast.create('orders', {});
    const { job } = await seqcast.issue({ sequence: 'orders', count: 5_000_000, file: 'ids.jsonl' });
    expect(await ended(seqcast, job)).toMatchObject({ result: { ranges: 1 } });
    const stream = seqcast.status().streams.find((each) => each.stream === 'orders/bulk/bulk');
    expect(stream).toMatchObject({ allocationsTotal: 1, issuedTotal: 5_000_000 });
    expect(stream?.stock).toBeLessThan(100);
  });

  test('writes printed numbers beside the values, in each format', async () => {
    const { seqcast, bulkDir } = await bulkServer();
    await seqcast.create('invoices', { format: 'INV-{value:06}', start: 7n, increment: 2n });
    const jobs = await Promise.all(
      ['a.parquet', 'b.csv', 'c.jsonl'].map((file) => seqcast.issue({ sequence: 'invoices', count: 12_000, file })),
    );
    for (const { job } of jobs) expect(await ended(seqcast, job)).toMatchObject({ state: 'done' });
    const parquet = `SELECT count(*), count(DISTINCT value), count(*) FILTER (formatted <> format('INV-{:06d}', value))`;
    expect(await rowsOf(`${parquet} FROM '${bulkDir}/a.parquet'`)).toEqual([[12_000n, 12_000n, 0n]]);
    const lines = linesOf(`${bulkDir}/b.csv`);
    expect(lines).toHaveLength(12_001);
    expect(lines[0]).toBe('value,formatted');
    const [value = ''] = (lines[1] ?? '').split(',');
    expect(lines[1]).toBe(`${value},"INV-${value.padStart(6, '0')}"`);
    const ranges = linesOf(`${bulkDir}/c.jsonl`).map(
      (line) => JSON.parse(line) as { count: number; formattedStart: string; start: string },
    );
    expect(ranges.reduce((sum, { count }) => sum + count, 0)).toBe(12_000);
    expect(ranges[0]?.formattedStart).toBe(`INV-${ranges[0]?.start.padStart(6, '0')}`);
  });

  test('counts down, wraps with its cycle and reaches the last 64-bit value', async () => {
    const { seqcast, bulkDir } = await bulkServer();
    await seqcast.create('down', { start: -1n, increment: -3n, max: -1n });
    await seqcast.create('ring', { min: 1n, max: 10n, cycle: true });
    await seqcast.create('last', { start: 2n ** 63n - 1_000n });
    for (const [sequence, count] of [
      ['down', 1_000],
      ['ring', 25],
      ['last', 1_000],
    ] as const) {
      const { job } = await seqcast.issue({ sequence, count, file: `${sequence}.csv` });
      expect(await ended(seqcast, job)).toMatchObject({ state: 'done' });
    }
    expect(linesOf(`${bulkDir}/down.csv`).slice(0, 4)).toEqual(['value', '-1', '-4', '-7']);
    expect(linesOf(`${bulkDir}/ring.csv`).slice(9, 13)).toEqual(['9', '10', '1', '2']);
    expect(linesOf(`${bulkDir}/last.csv`).at(-1)).toBe(String(2n ** 63n - 1n));
  });

  test('of more than the sequence has is dead at once with SEQ_EXHAUSTED: no file, and what it took is given out to others', async () => {
    const { seqcast, bulkDir } = await bulkServer();
    await seqcast.create('small', { max: 2_500_000n });
    await seqcast.next({ sequence: 'small', count: 10 });
    const { job } = await seqcast.issue({ sequence: 'small', count: 2_500_000, file: 'all.parquet' });
    const view = await ended(seqcast, job);
    expect(view).toMatchObject({ state: 'dead', attempt: 1 });
    expect(view.error).toMatch(/^SEQ_EXHAUSTED: .* no file was written, of (\d+) values that were taken \1 were given back$/);
    expect(existsSync(join(bulkDir, 'all.parquet'))).toBe(false);
    expect(readdirSync(join(bulkDir, '.jobs'))).toEqual([]);
    expect(readdirSync(join(bulkDir, '.writing'))).toEqual([]);
    const again = await seqcast.issue({ sequence: 'small', count: 2_400_000, file: 'most.parquet' });
    expect(await ended(seqcast, again.job)).toMatchObject({ state: 'done' });
    expect(await rowsOf(`SELECT count(DISTINCT value) FROM '${bulkDir}/most.parquet'`)).toEqual([[2_400_000n]]);
    const more = await seqcast.issue({ sequence: 'small', count: 2_500_001, file: 'never.parquet' });
    expect((await ended(seqcast, more.job)).error).toContain('SEQ_EXHAUSTED: sequence small has 2500000 values');
  });

  test('never writes over a file, and takes no value where it would', async () => {
    const { seqcast, bulkDir } = await bulkServer();
    await seqcast.create('orders', {});
    mkdirSync(bulkDir, { recursive: true });
    writeFileSync(join(bulkDir, 'mine.csv'), 'mine');
    const { job } = await seqcast.issue({ sequence: 'orders', count: 5, file: 'mine.csv' });
    expect(await ended(seqcast, job)).toMatchObject({ state: 'dead', attempt: 1, error: expect.stringContaining('exists already') });
    expect(linesOf(join(bulkDir, 'mine.csv'))).toEqual(['mine']);
    expect(seqcast.status().streams).toEqual([]);
  });

  test('of a gapless sequence, an unknown one, or nothing at all is refused when it is asked', async () => {
    const { seqcast } = await bulkServer();
    await seqcast.create('gapless', { guarantee: 'gapless' });
    const file = 'x.csv';
    await expect(seqcast.issue({ sequence: 'gapless', count: 1, file })).rejects.toMatchObject({ code: 'SEQ_UNSUPPORTED' });
    await expect(seqcast.issue({ sequence: 'nobody', count: 1, file })).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_SEQUENCE' });
    await expect(seqcast.issue({ sequence: 'gapless', count: 0, file })).rejects.toMatchObject({ code: 'SEQ_INVALID_COUNT' });
  });

  test('is kept in the archive: who, when, how many, which ranges, which file', async () => {
    const { seqcast, dataDir } = await bulkServer();
    await seqcast.create('orders', {});
    const { job } = await seqcast.issue({ sequence: 'orders', count: 40, file: 'ids.csv', clientType: 'warehouse', service: 'loader' });
    await ended(seqcast, job);
    const archive = await openArchive({ dir: join(dataDir, 'archive') });
    const [row] = await archive.query({ table: 'issues', limit: 10 });
    expect(row).toMatchObject({
      job,
      sequence: 'orders',
      client_type: 'warehouse',
      service: 'loader',
      file: 'ids.csv',
      total: 40,
      count: 40,
    });
    expect(Number(row?.['last_value']) - Number(row?.['first_value'])).toBe(39);
    await archive.close();
  });
});

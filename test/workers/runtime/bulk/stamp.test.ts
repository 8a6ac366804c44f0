/** Files written again with a column of values, in one process. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BulkFiles } from '../../../../adapters/duckdb/bulk-files.ts';
import { scratchDirectory } from '../../embedded/scratch-directory.ts';
import { type BulkServer, bulkServer, ended, linesOf, rowsOf } from './bulk-server.ts';

async function withInput(sql: string, file = 'rows.parquet'): Promise<BulkServer> {
  const server = await bulkServer();
  await server.seqcast.create('orders', {});
  // Opens the directory: the first job would.
  const { job } = await server.seqcast.issue({ sequence: 'orders', count: 1, file: 'first.csv' });
  await ended(server.seqcast, job);
  await rowsOf(`COPY (${sql}) TO '${join(server.bulkDir, file)}' (FORMAT parquet)`);
  return server;
}

describe('a stamped file', () => {
  test('has every row in its place with a value that no other row has', async () => {
    const { seqcast, bulkDir } = await withInput("SELECT range AS k, 'row ' || range AS name FROM range(1_200_000)");
    const { job } = await seqcast.stamp({ sequence: 'orders', input: 'rows.parquet', file: 'stamped.parquet', column: 'id' });
    expect(await ended(seqcast, job)).toMatchObject({ state: 'done', result: { kind: 'stamp', count: 1_200_000, ranges: 1 } });
    const facts = `SELECT count(*), count(DISTINCT id), count(*) FILTER (name = 'row ' || k), max(id - k) - min(id - k)`;
    expect(await rowsOf(`${facts} FROM '${bulkDir}/stamped.parquet'`)).toEqual([[1_200_000n, 1_200_000n, 1_200_000n, 0n]]);
  });

  test('from CSV keeps the text of its cells, and holds printed numbers where the sequence prints them', async () => {
    const { seqcast, bulkDir } = await bulkServer();
    await seqcast.create('parcels', { format: 'P-{value:04}' });
    await ended(seqcast, (await seqcast.issue({ sequence: 'parcels', count: 1, file: 'first.csv' })).job);
    writeFileSync(join(bulkDir, 'rows.csv'), 'zip,city\n01067,Dresden\n00100,"Roma, Lazio"\n');
    const { job } = await seqcast.stamp({ sequence: 'parcels', input: 'rows.csv', file: 'out.csv', column: 'parcel' });
    expect(await ended(seqcast, job)).toMatchObject({ state: 'done' });
    expect(linesOf(join(bulkDir, 'out.csv'))).toEqual(['zip,city,parcel', '01067,Dresden,P-0002', '00100,"Roma, Lazio",P-0003']);
  });

  test.each([
    ['a column that is there', { column: 'K' }, /has a column k already/],
    ['a file that is not there', { input: 'nobody.parquet' }, /there is no such file/],
    ['a file that is no Parquet', { input: 'bad.parquet' }, /SEQ_DATA_CORRUPT: bad.parquet/],
  ])('is refused for %s, and no value is taken', async (_, wrong, problem) => {
    const { seqcast, bulkDir } = await withInput('SELECT range AS k FROM range(3)');
    writeFileSync(join(bulkDir, 'bad.parquet'), 'no Parquet at all');
    const asked = { sequence: 'orders', input: 'rows.parquet', file: 'stamped.parquet', column: 'id', clientType: 'refused', ...wrong };
    const view = await ended(seqcast, (await seqcast.stamp(asked)).job);
    expect(view).toMatchObject({ state: 'dead', attempt: 1, error: expect.stringMatching(problem) });
    expect(seqcast.status().streams.map(({ stream }) => stream)).toEqual(['orders/bulk/bulk']);
  });

  test('is not written where its input was changed meanwhile', async () => {
    const files = await BulkFiles.open(scratchDirectory());
    const input = join(files.root, 'rows.csv');
    writeFileSync(input, 'k\n1\n2\n');
    const seen = await files.look('rows.csv');
    expect(seen).toMatchObject({ rows: 2, columns: ['k'] });
    writeFileSync(input, 'k\n1\n2\n3\n');
    const runs = [{ start: 1n, count: 2, increment: 1n }];
    const rest = { print: undefined, isStopping: () => false, onShare: () => undefined };
    const stamping = files.stamp({ file: 'out.csv', input: 'rows.csv', seen, column: 'id', runs, ...rest });
    await expect(stamping).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
    expect(await files.sizeOf('out.csv')).toBeUndefined();
  });
});

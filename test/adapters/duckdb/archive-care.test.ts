/** Care for the archive: days in one file each, days that go, and rows that are read once whatever happened in between. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { archiveMinutes } from '../../../adapters/duckdb/archive-minutes.ts';
import type { Archive } from '../../../pipelines/ports.ts';
import { batchOf, DAY, filesBelow, newDirectory, openedArchive } from './archives.ts';

const PLACE = `consumption/sequence=s/day=${DAY}`;
const NEXT_DAY = '2026-11-26';
const GOES_ON = (): boolean => false;

async function withHours(dir: string): Promise<Archive> {
  const archive = await openedArchive(dir);
  await archive.append(batchOf('hour-00-partition-0', [1, 2]));
  await archive.append(batchOf('hour-00-partition-0-part-1', [3]));
  await archive.append(batchOf('hour-01-partition-0', [4, 5]));
  await archive.append(batchOf('hour-00-partition-0', [6], { day: NEXT_DAY }));
  return archive;
}

async function minutesOf(archive: Archive): Promise<unknown[]> {
  return (await archive.query({ table: 'consumption', limit: 100 })).map((row) => row['minute_ms']);
}

describe('the days of an archive that were put together', () => {
  test('are a file each with the same rows, and stay as they are when it is done again', async () => {
    const dir = newDirectory();
    const archive = await withHours(dir);
    expect(await archive.compact(NEXT_DAY, GOES_ON)).toEqual({ days: 1, files: 3 });
    expect(filesBelow(dir)).toEqual([`${PLACE}/compacted.parquet`, `consumption/sequence=s/day=${NEXT_DAY}/hour-00-partition-0.parquet`]);
    expect(await minutesOf(archive)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await archive.sql('SELECT sequence, count(*) AS n FROM consumption GROUP BY 1')).toEqual([{ sequence: 's', n: 6 }]);
    expect((await archive.sql('DESCRIBE consumption')).map((row) => row['column_name'])).not.toContain('batch');
    expect(await archive.compact(NEXT_DAY, GOES_ON)).toEqual({ days: 0, files: 0 });
  });

  test('take a batch that is written again in the place of its old rows, before and after they are put together once more', async () => {
    const archive = await withHours(newDirectory());
    await archive.compact(NEXT_DAY, GOES_ON);
    await archive.append(batchOf('hour-00-partition-0', [1, 2, 9]));
    await archive.append(batchOf('hour-02-partition-0', [7]));
    const expected = [1, 2, 3, 4, 5, 6, 7, 9];
    expect(await minutesOf(archive)).toEqual(expected);
    expect(await archive.compact(NEXT_DAY, GOES_ON)).toEqual({ days: 1, files: 2 });
    expect(await minutesOf(archive)).toEqual(expected);
  });

  test('are read once where the process ended before the batches were removed', async () => {
    const dir = newDirectory();
    const archive = await withHours(dir);
    const copy = newDirectory();
    cpSync(join(dir, PLACE), copy, { recursive: true });
    await archive.compact(NEXT_DAY, GOES_ON);
    cpSync(copy, join(dir, PLACE), { recursive: true });
    expect(filesBelow(dir)).toHaveLength(5);
    expect(await minutesOf(archive)).toEqual([1, 2, 3, 4, 5, 6]);
    const demand: number[] = [];
    for await (const { minuteMs } of archiveMinutes(dir)) demand.push(minuteMs);
    expect(demand).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await archive.compact(NEXT_DAY, GOES_ON)).toEqual({ days: 1, files: 3 });
    expect(await minutesOf(archive)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('are as many as there was time for', async () => {
    const archive = await withHours(newDirectory());
    expect(await archive.compact(NEXT_DAY, () => true)).toEqual({ days: 0, files: 0 });
    await expect(archive.append(batchOf('compacted', [1]))).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
  });
});

test('days that are kept no longer go, of that table only', async () => {
  const dir = newDirectory();
  const archive = await withHours(dir);
  await archive.append({ table: 'shards', sequence: 's', day: DAY, batch: 'hour-00-partition-0', rows: [{ at_ms: 1 }] });
  expect(await archive.drop('consumption', DAY)).toBe(0);
  expect(await archive.drop('consumption', NEXT_DAY)).toBe(1);
  expect(await minutesOf(archive)).toEqual([6]);
  expect(await archive.query({ table: 'shards', limit: 5 })).toHaveLength(1);
  await expect(archive.drop('consumption', 'yesterday')).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
});

/** What every archive must do: rows come back as they went in, a batch written again replaces itself, SQL only reads. */
import { describe, expect, test } from 'vitest';
import type { Archive, ArchiveBatch, ArchiveRow, ArchiveTable } from '../../pipelines/ports.ts';
import { acrossReopening, type Harness, using } from './harness.ts';

const MINUTE_MS = 60_000;
const DAY = '2026-11-25';

const WRITES = [
  'INSERT INTO consumption VALUES (1)',
  'DELETE FROM consumption',
  'UPDATE consumption SET issued = 0',
  'CREATE TABLE mine AS SELECT 1',
  'DROP VIEW consumption',
  'PRAGMA database_list',
  'CALL pragma_version()',
  'EXPLAIN ANALYZE SELECT 1',
  'BEGIN',
];

export function archiveKit(harness: Harness<Archive>): void {
  describe('an empty archive', () => {
    test('answers every table without rows', () =>
      using(harness, async (archive) => {
        for (const table of ['consumption', 'shards', 'forecasts'] satisfies ArchiveTable[]) {
          expect(await archive.query({ table, limit: 10 })).toEqual([]);
          expect(await archive.sql(`SELECT count(*) AS n FROM ${table}`)).toEqual([{ n: 0 }]);
        }
      }));

    test('knows the columns of its tables', () =>
      using(harness, async (archive) => {
        const columns = (await archive.sql('DESCRIBE consumption')).map((row) => row.column_name);
        expect(columns).toEqual(expect.arrayContaining(['sequence', 'day', 'minute_ms', 'stream', 'issued', 'demanded']));
        expect(await archive.sql('SELECT first_value FROM shards')).toEqual([]);
      }));
  });

  describe('a batch', () => {
    test('is read back as it was written, with its sequence and day', () =>
      using(harness, async (archive) => {
        const row = { at_ms: 1, stream: 's/ünï "quoted" \'too\'/*', rate: 0.1 + 0.2, first_value: 5n, event: '' };
        await archive.append(shards([row]));
        const [read, ...others] = await archive.query({ table: 'shards', limit: 10 });
        expect(read).toMatchObject({ ...row, sequence: 's', day: DAY });
        expect(read?.last_value).toBeNull();
        expect(others).toEqual([]);
      }));

    test.each([
      ['values', { first_value: 2n ** 63n - 1n, last_value: -(2n ** 63n) }],
      ['ordinals', { start_ordinal: Number.MAX_SAFE_INTEGER - 1, end_ordinal: Number.MAX_SAFE_INTEGER }],
      ['rates', { rate: 5e-324 }],
      ['negative rates', { rate: -1.7976931348623157e308 }],
    ] satisfies [string, ArchiveRow][])('holds the largest and smallest %s exactly', (_, row) =>
      using(harness, async (archive) => {
        await archive.append(shards([{ at_ms: 1, ...row }]));
        expect((await archive.query({ table: 'shards', limit: 1 }))[0]).toMatchObject(row);
      }),
    );

    test('that is written again replaces itself', () =>
      using(harness, async (archive) => {
        await archive.append(consumption('hour-1', [1, 2, 3]));
        await archive.append(consumption('hour-2', [4]));
        await archive.append(consumption('hour-1', [1, 2]));
        expect(await minutes(archive)).toEqual([1, 2, 4]);
        await archive.append(consumption('hour-1', []));
        expect(await minutes(archive)).toEqual([4]);
      }));

    test('written by many at the same time is there once', () =>
      using(harness, async (archive) => {
        await Promise.all(Array.from({ length: 8 }, () => archive.append(consumption('hour-1', [1, 2, 3]))));
        expect(await minutes(archive)).toEqual([1, 2, 3]);
      }));

    test('of many rows keeps all of them', () =>
      using(harness, async (archive) => {
        const all = Array.from({ length: 5_000 }, (_, index) => index);
        await archive.append(consumption('hour-1', all));
        expect(await minutes(archive)).toEqual(all);
        expect(await archive.sql('SELECT sum(issued) AS issued FROM consumption')).toEqual([{ issued: 5_000 * 4_999 * 0.5 }]);
      }));

    test.each([
      ['a column that the table does not have', { rows: [{ at_ms: 1, colour: 'red' }] }],
      ['a column that every object has', { rows: [{ constructor: 1 }] }],
      ['text for a count', { rows: [{ at_ms: '1' }] }],
      ['a count with a fraction', { rows: [{ at_ms: 1.5 }] }],
      ['a value of more than 64 bits', { rows: [{ first_value: 2n ** 63n }] }],
      ['a number for a value', { rows: [{ first_value: 1 }] }],
      ['a sequence that is no name', { sequence: '../elsewhere' }],
      ['an empty sequence', { sequence: '' }],
      ['a day that is none', { day: '2026-02-30' }],
      ['a day with more behind it', { day: '2026-11-25/..' }],
      ['a batch that is no name', { batch: 'a/b' }],
      ['a table that there is not', { table: 'secrets' as ArchiveTable }],
      ['more rows than a batch may have', { rows: Array.from({ length: 100_001 }, () => ({ at_ms: 1 })) }],
    ] satisfies [string, Partial<ArchiveBatch>][])('with %s is refused, and nothing of it is kept', (_, wrong) =>
      using(harness, async (archive) => {
        const batch = { ...shards([{ at_ms: 1 }]), ...wrong };
        await expect(archive.append(batch)).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
        expect(await archive.query({ table: 'shards', limit: 10 })).toEqual([]);
      }),
    );
  });

  describe('a query', () => {
    test('finds the rows of a sequence and of days, the first and the last included', () =>
      using(harness, async (archive) => {
        for (const [index, day] of ['2026-11-23', '2026-11-24', '2026-11-25', '2026-11-26'].entries()) {
          await archive.append({ ...consumption('hour-1', [10 * index]), day });
          await archive.append({ ...consumption('hour-1', [10 * index + 1]), day, sequence: 'other' });
        }
        expect(await minutes(archive, { sequence: 'other' })).toEqual([1, 11, 21, 31]);
        expect(await minutes(archive, { fromDay: '2026-11-25' })).toEqual([20, 21, 30, 31]);
        expect(await minutes(archive, { toDay: '2026-11-23' })).toEqual([0, 1]);
        expect(await minutes(archive, { sequence: 's', fromDay: '2026-11-24', toDay: '2026-11-25' })).toEqual([10, 20]);
        expect(await minutes(archive, { sequence: 'nobody' })).toEqual([]);
      }));

    test('answers in the order of time, the earliest up to its limit', () =>
      using(harness, async (archive) => {
        await archive.append(consumption('hour-2', [9, 7, 8]));
        await archive.append(consumption('hour-1', [3, 1, 2]));
        expect(await minutes(archive)).toEqual([1, 2, 3, 7, 8, 9]);
        expect(await minutes(archive, {}, 4)).toEqual([1, 2, 3, 7]);
      }));

    test.each(['null', 'NULL', '007', 'true', 'a.b-c_D', '2026-11-25', 'x'.repeat(63)])('tells the sequence %s by its name', (sequence) =>
      using(harness, async (archive) => {
        await archive.append({ ...consumption('hour-1', [1]), sequence });
        expect((await archive.query({ table: 'consumption', sequence, limit: 5 })).map((row) => row.sequence)).toEqual([sequence]);
        expect(await archive.sql('SELECT sequence FROM consumption')).toEqual([{ sequence }]);
      }),
    );

    test.each([
      ['no rows', { limit: 0 }],
      ['more rows than an answer has', { limit: 100_001 }],
      ['a part of a row', { limit: 1.5 }],
      ['a sequence that is no name', { limit: 1, sequence: "s' OR 1=1" }],
      ['a day that is none', { limit: 1, fromDay: 'today' }],
    ])('for %s is refused', (_, wrong) =>
      using(harness, async (archive) => {
        await expect(archive.query({ table: 'shards', ...wrong })).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
      }),
    );
  });

  describe('SQL', () => {
    test('sums up what the tables hold, with parameters', () =>
      using(harness, async (archive) => {
        await archive.append(consumption('hour-1', [1, 2, 3, 4]));
        const sql =
          'SELECT stream, sum(issued) AS issued, avg(issued) AS mean FROM consumption WHERE minute_ms >= ? AND stream = ? GROUP BY stream';
        expect(await archive.sql(sql, [2 * MINUTE_MS, 's/web/api'])).toEqual([{ stream: 's/web/api', issued: 9, mean: 3 }]);
      }));

    test('takes the parameters that rows may hold', () =>
      using(harness, async (archive) => {
        const parameters = ['text', 1.5, 7, true, null, 2n ** 63n - 1n];
        const [row] = await archive.sql('SELECT $1 AS a, $2 AS b, $3 AS c, $4 AS d, $5 AS e, $6 AS f', parameters);
        expect(Object.values(row ?? {})).toEqual(parameters);
        await expect(archive.sql('SELECT ?', [])).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
        await expect(archive.sql('SELECT ?', [2n ** 64n])).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
      }));

    test('answers whole numbers exactly: as a number where one can hold it, else as a bigint', () =>
      using(harness, async (archive) => {
        const sql = "SELECT 9007199254740991 AS a, 9007199254740992 AS b, 1.25 AS c, 12345678901234567.5 AS d, DATE '2026-11-25' AS e";
        expect(await archive.sql(sql)).toEqual([
          { a: 9007199254740991, b: 9007199254740992n, c: 1.25, d: '12345678901234567.5', e: '2026-11-25' },
        ]);
      }));

    test.each(WRITES)('is refused where it does more than read: %s', (statement) =>
      using(harness, async (archive) => {
        await archive.append(consumption('hour-1', [1]));
        expect(await archive.sql('SELECT 1 AS a')).toEqual([{ a: 1 }]);
        await expect(archive.sql(statement)).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
        expect(await minutes(archive)).toEqual([1]);
      }),
    );

    test.each([
      ['is empty', ' '],
      ['is no SQL', 'selec 1'],
      ['is more than one statement', 'SELECT 1; SELECT 2'],
      ['hides a write behind a read', 'SELECT 1; DROP VIEW consumption'],
      ['names a table that there is not', 'SELECT * FROM secrets'],
      ['is longer than anybody writes', `SELECT '${'x'.repeat(16 * 1024)}'`],
      ['is deeper than anybody reads', `SELECT ${'['.repeat(5_000)}1${']'.repeat(5_000)}`],
      ['answers with more rows than an answer has', 'SELECT * FROM range(100001)'],
      ['answers with more text than an answer has', "SELECT repeat('x', 1000000) FROM range(100)"],
    ])('is refused where it %s', (_, statement) =>
      using(harness, async (archive) => {
        await expect(archive.sql(statement)).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
      }),
    );
  });

  test('after close everything is refused, and what was begun has ended', async () => {
    const archive = await harness.open();
    const appended = archive.append(consumption('hour-1', [1]));
    await harness.close(archive);
    await expect(appended).resolves.toBeUndefined();
    await expect(archive.append(consumption('hour-1', [1]))).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
    await expect(archive.query({ table: 'shards', limit: 1 })).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
    await expect(archive.sql('SELECT 1')).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
  });

  test.runIf(harness.reopen !== undefined)('what was appended is there when it is opened again, and can be replaced', () =>
    acrossReopening(
      harness,
      (archive) => archive.append(consumption('hour-1', [1, 2])),
      async (archive) => {
        expect(await minutes(archive)).toEqual([1, 2]);
        await archive.append(consumption('hour-1', [3]));
        expect(await minutes(archive)).toEqual([3]);
      },
    ),
  );
}

function consumption(batch: string, of: readonly number[]): ArchiveBatch {
  const rows = of.map((minute) => ({ minute_ms: minute * MINUTE_MS, stream: 's/web/api', issued: minute }));
  return { table: 'consumption', sequence: 's', day: DAY, batch, rows };
}

function shards(rows: readonly ArchiveRow[]): ArchiveBatch {
  return { table: 'shards', sequence: 's', day: DAY, batch: 'hour-1', rows };
}

async function minutes(
  archive: Archive,
  filter: { readonly sequence?: string; readonly fromDay?: string; readonly toDay?: string } = {},
  limit = 10_000,
): Promise<number[]> {
  const rows = await archive.query({ table: 'consumption', limit, ...filter });
  return rows.map((row) => Number(row.minute_ms) / MINUTE_MS);
}

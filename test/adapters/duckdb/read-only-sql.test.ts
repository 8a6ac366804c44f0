/** What SQL on the archive may not reach: other files, the network, the engine's settings, memory. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { batchOf, newDirectory, openedArchive } from './archives.ts';

const outside = (name: string): string => join(newDirectory(), name);

describe('SQL on the archive', () => {
  test.each([
    'SELECT stream, sum(issued) FROM consumption GROUP BY ALL ORDER BY 2 DESC',
    'FROM consumption',
    'SUMMARIZE consumption',
    'SHOW TABLES',
    'VALUES (1), (2)',
    'WITH h AS (SELECT minute_ms // 60 AS hour, issued FROM Consumption) SELECT hour, sum(issued) FROM h GROUP BY hour',
    'SELECT * FROM range(3), (SELECT max(issued) FROM consumption)',
    'SELECT unnest([1, 2]), * FROM unnest([1, 2])',
    "SELECT epoch_ms(minute_ms), day + 1 FROM consumption WHERE day >= DATE '2026-11-01'",
    'SELECT s.shard, c.issued FROM shards s FULL JOIN consumption c ON s.stream = c.stream',
    "SELECT 'DROP TABLE consumption; -- ' AS text /* INSERT */",
  ])('may read: %s', async (statement) => {
    const archive = await openedArchive();
    await archive.append(batchOf('hour-1', [1, 2]));
    expect((await archive.sql(statement)).length).toBeGreaterThan(0);
  });

  test.each([
    "COPY consumption TO 'FILE'",
    "COPY (SELECT 1) TO 'FILE' (FORMAT csv)",
    "EXPORT DATABASE 'FILE'",
    "ATTACH 'FILE' AS other",
    "ATTACH ':memory:' AS other",
    "IMPORT DATABASE 'FILE'",
    'INSTALL httpfs',
    "LOAD 'FILE'",
    'SET threads = 8',
    'SET enable_external_access = true',
    'RESET memory_limit',
    'PRAGMA enable_profiling',
    "CALL enable_logging(storage = 'file', storage_config = {'path': 'FILE'})",
    'PREPARE p AS SELECT 1',
    "CREATE MACRO m() AS TABLE SELECT * FROM read_text('FILE')",
    'CREATE SECRET (TYPE s3)',
    'CHECKPOINT',
    'USE memory',
    'VACUUM',
    'ALTER VIEW consumption RENAME TO c',
    'PIVOT consumption ON stream USING sum(issued)',
  ])('is refused what is no reading: %s', async (statement) => {
    await expectRefused(statement, /only statements that read are allowed/);
  });

  test.each([
    "SELECT * FROM read_text('FILE')",
    "SELECT * FROM read_blob('FILE')",
    "SELECT * FROM read_csv('FILE')",
    "SELECT * FROM read_json_objects('FILE')",
    "SELECT * FROM READ_PARQUET('FILE')",
    'SELECT * FROM "read_parquet"([\'FILE\'])',
    "SELECT * FROM system.main.read_text('FILE')",
    "SELECT * FROM glob('FILE*')",
    "SELECT * FROM sniff_csv('FILE')",
    "SELECT * FROM parquet_metadata('FILE')",
    "SELECT * FROM enable_logging(storage = 'file', storage_config = {'path': 'FILE'})",
    "SELECT * FROM enable_profiling(save_location = 'FILE')",
    'SELECT * FROM arrow_scan(1, 2, 3)',
    'SELECT * FROM seq_scan()',
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('consumption')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    'SELECT * FROM checkpoint()',
    'SELECT * FROM duckdb_settings()',
    'SELECT * FROM test_all_types()',
    "SELECT (SELECT max(content) FROM read_text('FILE'))",
    "WITH t AS (SELECT * FROM read_text('FILE')) SELECT * FROM t",
    "SELECT 1 WHERE EXISTS (FROM read_text('FILE'))",
    "SELECT 1 ORDER BY (SELECT max(content) FROM read_text('FILE'))",
    "SELECT 1 UNION ALL (SELECT 1 FROM read_text('FILE'))",
    "SUMMARIZE SELECT * FROM read_text('FILE')",
    "DESCRIBE SELECT * FROM read_text('FILE')",
    "SELECT * FROM range(3) t(i), LATERAL (SELECT * FROM read_text('FILE'))",
    "SELECT CASE WHEN true THEN (FROM (VALUES (1)) JOIN read_text('FILE') ON true SELECT max(content)) END",
  ])('is refused table functions that reach further: %s', async (statement) => {
    await expectRefused(statement, /the table function [a-z_]+ is not allowed/);
  });

  test.each(["SELECT write_log('x')", 'SELECT 1 WHERE sleep_ms(1) IS NULL', 'SELECT max(SetSeed(0.5))'])(
    'is refused functions with an effect: %s',
    async (statement) => {
      await expectRefused(statement, /the function [a-z_]+ is not allowed/);
    },
  );

  test('is refused files that are named like tables', async () => {
    await expectRefused("SELECT * FROM 'FILE'", /refused the query/);
  });

  test('is refused what takes more memory than a query may have, and the archive goes on', async () => {
    const archive = await openedArchive();
    await archive.append(batchOf('hour-1', [1]));
    const greedy = "SELECT list(repeat('x', 1000000) || range) FROM range(10000)";
    await expect(archive.sql(greedy)).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST', message: expect.stringMatching(/memory/) });
    expect(await archive.query({ table: 'consumption', limit: 1 })).toHaveLength(1);
  });

  test('more than may wait is told to come back', async () => {
    const archive = await openedArchive();
    const outcomes = await Promise.allSettled(Array.from({ length: 70 }, () => archive.sql('SELECT 1')));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(6);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'SEQ_TOO_MANY_WAITING', retriable: true });
    expect(await archive.sql('SELECT 1 AS a')).toEqual([{ a: 1 }]);
  });
});

/** The statement is refused for this reason, writes no file, and the archive answers as before. */
async function expectRefused(statement: string, reason: RegExp): Promise<void> {
  const there = outside('secret.txt');
  writeFileSync(there, 'secret');
  const archive = await openedArchive();
  for (const file of statement.includes('FILE') ? [there, outside('new.txt')] : [there]) {
    const refused = { code: 'SEQ_INVALID_REQUEST', message: expect.stringMatching(reason) };
    await expect(archive.sql(statement.replaceAll('FILE', file))).rejects.toMatchObject(refused);
    expect(existsSync(file)).toBe(file === there);
  }
  expect(await archive.sql('SELECT 1 AS a')).toEqual([{ a: 1 }]);
}

/** The archive's directory: its layout, and what may happen to it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openArchive } from '../../../adapters/duckdb/archive.ts';
import { batchOf, DAY, filesBelow, newDirectory, openedArchive } from './archives.ts';

const PLACE = `consumption/sequence=s/day=${DAY}`;

describe('the files of an archive', () => {
  test('lie by table, sequence and day, one a batch, and nothing else stays behind', async () => {
    const dir = newDirectory();
    const archive = await openedArchive(join(dir, 'not', 'there', 'yet'));
    await archive.append(batchOf('hour-1', [1]));
    await archive.append(batchOf('hour-1', [1, 2]));
    await archive.append(batchOf('hour-2', [3], { sequence: 'null', day: '2026-11-26' }));
    await archive.append({ table: 'shards', sequence: 's', day: DAY, batch: 'hour-1', rows: [] });
    expect(filesBelow(join(dir, 'not', 'there', 'yet'))).toEqual([
      'consumption/sequence=%6Eull/day=2026-11-26/hour-2.parquet',
      `${PLACE}/hour-1.parquet`,
      `shards/sequence=s/day=${DAY}/hour-1.parquet`,
    ]);
  });

  test.each(["it's", 'a b', '[x]*', 'a?{b,c}', 'ünï', '$HOME', '%6E', 'env=prod'])('may lie in a directory named %s', async (name) => {
    const dir = join(newDirectory(), name);
    const archive = await openedArchive(dir);
    await archive.append(batchOf('hour-1', [1, 2]));
    expect(await archive.sql('SELECT count(*) AS n FROM consumption')).toEqual([{ n: 2 }]);
    expect(await archive.query({ table: 'consumption', limit: 5 })).toMatchObject([
      { sequence: 's', day: DAY },
      { sequence: 's', day: DAY },
    ]);
  });

  test('that another process wrote meanwhile are read', async () => {
    const dir = newDirectory();
    const reading = await openedArchive(dir);
    const writing = await openedArchive(dir);
    for (const minutes of [[1], [1, 2], [1, 2, 3]]) {
      await writing.append(batchOf('hour-1', minutes));
      expect(await reading.query({ table: 'consumption', limit: 5 })).toHaveLength(minutes.length);
    }
    rmSync(join(dir, 'consumption'), { recursive: true });
    expect(await reading.sql('SELECT * FROM consumption')).toEqual([]);
  });

  test('of an older version answer null for a column they do not have, and those of a newer one are read too', async () => {
    const dir = newDirectory();
    const archive = await openedArchive(dir);
    await archive.append(batchOf('hour-1', [1]));
    const connection = await (await DuckDBInstance.create()).connect();
    onTestFinished(() => connection.closeSync());
    await connection.run(
      `COPY (SELECT 2::BIGINT AS minute_ms, 'red' AS colour) TO '${join(dir, PLACE, 'hour-2.parquet')}' (FORMAT parquet)`,
    );
    const rows = await archive.query({ table: 'consumption', limit: 5 });
    expect(rows).toMatchObject([
      { minute_ms: 1, issued: 1, colour: null },
      { minute_ms: 2, issued: null, stream: null, colour: 'red' },
    ]);
    rmSync(join(dir, PLACE, 'hour-1.parquet'));
    expect(await archive.sql('SELECT stream, issued, sequence FROM consumption')).toEqual([{ stream: null, issued: null, sequence: 's' }]);
  });

  test.each([
    ['cut short', (file: string) => truncateSync(file, 40)],
    ['empty', (file: string) => truncateSync(file, 0)],
    ['of another kind', (file: string) => writeFileSync(file, 'a'.repeat(4_096))],
  ])('that are %s stop a query, which names them', async (_, damage) => {
    const dir = newDirectory();
    const archive = await openedArchive(dir);
    await archive.append(batchOf('hour-1', [1]));
    damage(join(dir, PLACE, 'hour-1.parquet'));
    const damaged = { code: 'SEQ_DATA_CORRUPT', message: expect.stringContaining('hour-1.parquet') };
    await expect(archive.query({ table: 'consumption', limit: 1 })).rejects.toMatchObject(damaged);
    await expect(archive.sql('SELECT * FROM consumption')).rejects.toMatchObject(damaged);
    expect(await archive.query({ table: 'shards', limit: 1 })).toEqual([]);
  });

  test('that are no batch are passed over', async () => {
    const dir = newDirectory();
    const archive = await openedArchive(dir);
    await archive.append(batchOf('hour-1', [1]));
    for (const stray of ['consumption/README', 'consumption/sequence=s/notes', `${PLACE}/hour-2.parquet.part`, 'consumption/elsewhere']) {
      writeFileSync(join(dir, stray), 'stray');
    }
    mkdirSync(join(dir, 'consumption/other/day=1'), { recursive: true });
    copyFileSync(join(dir, PLACE, 'hour-1.parquet'), join(dir, 'consumption/other/day=1/copy.parquet'));
    expect(await archive.query({ table: 'consumption', limit: 5 })).toHaveLength(1);
    expect(await archive.sql('SELECT sequence FROM consumption')).toEqual([{ sequence: 's' }]);
  });
});

describe('an archive', () => {
  test('clears away at its opening what a dead process was writing, and leaves alone what is being written', async () => {
    const dir = newDirectory();
    await (await openArchive({ dir })).close();
    const [old, fresh] = [join(dir, '.writing', 'old.parquet'), join(dir, '.writing', 'fresh.parquet')];
    for (const file of [old, fresh]) writeFileSync(file, 'half');
    const yesterday = Date.now() / 1_000 - 86_400;
    utimesSync(old, yesterday, yesterday);
    await openedArchive(dir);
    expect(filesBelow(dir)).toEqual(['.writing/fresh.parquet']);
  });

  test('refuses a directory that it cannot use, and says which', async () => {
    const file = join(newDirectory(), 'file');
    writeFileSync(file, '');
    const unusable = { code: 'SEQ_DATA_DIR_UNUSABLE', message: expect.stringContaining(file) };
    await expect(openArchive({ dir: file })).rejects.toMatchObject(unusable);
    await expect(openArchive({ dir: join(file, 'below') })).rejects.toMatchObject(unusable);
    for (const name of ['day=1', 'Sequence=s']) {
      const dir = join(newDirectory(), name, 'archive');
      const taken = { code: 'SEQ_DATA_DIR_UNUSABLE', message: expect.stringContaining(dir) };
      await expect(openArchive({ dir })).rejects.toMatchObject(taken);
    }
  });

  test('says that its directory cannot be used any more where it became something else', async () => {
    const dir = join(newDirectory(), 'archive');
    const archive = await openedArchive(dir);
    rmSync(dir, { recursive: true });
    writeFileSync(dir, '');
    await expect(archive.append(batchOf('hour-1', [1]))).rejects.toMatchObject({ code: 'SEQ_DATA_DIR_UNUSABLE' });
  });

  test('holds whole batches only, whenever its process is killed', async () => {
    const dir = newDirectory();
    for (const afterMs of [5, 20, 45]) await killedWriter(dir, afterMs);
    const archive = await openedArchive(dir);
    const counts = await archive.sql('SELECT issued AS life, count(*) AS rows FROM consumption GROUP BY ALL');
    expect(counts.length).toBeGreaterThan(0);
    expect(counts.map(({ rows }) => Number(rows) % 1_000)).toEqual(counts.map(() => 0));
    await archive.append(batchOf('batch-0', [1]));
    expect(filesBelow(join(dir, PLACE))).toContain('batch-0.parquet');
  }, 60_000);
});

/** A process that writes batches of 1,000 rows again and again until it is killed in the middle of it. */
async function killedWriter(dir: string, afterMs: number): Promise<void> {
  const script = `
    const { openArchive } = await import(${JSON.stringify(new URL('../../../adapters/duckdb/archive.ts', import.meta.url).href)});
    const archive = await openArchive({ dir: ${JSON.stringify(dir)} });
    for (let batch = 0; ; batch = (batch + 1) % 5) {
      const rows = Array.from({ length: 1000 }, (_, minute) => ({ minute_ms: minute, issued: process.pid }));
      await archive.append({ table: 'consumption', sequence: 's', day: '${DAY}', batch: 'batch-' + batch, rows });
      console.log(batch);
    }`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await once(createInterface({ input: child.stdout }), 'line');
  await new Promise((resolve) => {
    setTimeout(resolve, afterMs);
  });
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/**
 * Care for the archive: the batches of a day become one file, and days that are kept no longer go. A compacted file names the batch of each
 * row, so that a batch that is written again later still replaces itself; interrupted anywhere, every row is read once.
 */
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArchiveTable } from '../../pipelines/ports.ts';
import { putFile, removeDirectory } from '../durable-files.ts';
import { TABLE_NAMES } from './archive-columns.ts';
import { engineError, fileError } from './archive-errors.ts';
import { type ArchiveDay, COMPACTED, daysOf } from './archive-files.ts';
import { quoted, withEngine } from './engine.ts';
import { BATCH_COLUMN } from './readable-tables.ts';

export interface Compacted {
  /** Days of a sequence that were put together now, and of how many files. */
  readonly days: number;
  readonly files: number;
}

/** Puts the batches of every day before `beforeDay` together. What is one file already stays as it is. */
export async function compactDays(root: string, beforeDay: string, isStopping: () => boolean): Promise<Compacted> {
  let days = 0;
  let files = 0;
  for (const table of TABLE_NAMES) {
    for (const day of await daysOf(root, table, beforeDay)) {
      const loose = day.batches.filter((batch) => batch !== COMPACTED);
      if (loose.length === 0) continue;
      if (isStopping()) return { days, files };
      await compactDay(root, day, loose);
      days++;
      files += loose.length;
    }
  }
  return { days, files };
}

/** Days of a table before `beforeDay` that are gone now, counted by sequence. */
export async function dropDays(root: string, table: ArchiveTable, beforeDay: string): Promise<number> {
  const days = await daysOf(root, table, beforeDay);
  for (const { directory } of days) {
    try {
      await removeDirectory(root, directory);
    } catch (error) {
      throw fileError(error, directory);
    }
  }
  return days.length;
}

async function compactDay(root: string, { directory, batches }: ArchiveDay, loose: readonly string[]): Promise<void> {
  const fileOf = (batch: string): string => join(directory, `${batch}.parquet`);
  const before = await Promise.all(loose.map(async (batch) => ({ batch, facts: await stat(fileOf(batch)) })));
  const name = `regexp_extract(filename, '([^/\\\\]+)\\.parquet$', 1)`;
  const read = `read_parquet([${loose.map(fileOf).map(quoted).join(', ')}], union_by_name = true, filename = true, hive_partitioning = false)`;
  const fresh = `SELECT * EXCLUDE (filename), ${name} AS ${BATCH_COLUMN} FROM ${read}`;
  const kept = `SELECT * FROM read_parquet([${quoted(fileOf(COMPACTED))}], hive_partitioning = false)`;
  const older = batches.includes(COMPACTED)
    ? `${kept} WHERE ${BATCH_COLUMN} NOT IN (${loose.map(quoted).join(', ')}) UNION ALL BY NAME `
    : '';
  await putFile(root, fileOf(COMPACTED), (growing) =>
    withEngine(root, async (connection) => {
      try {
        await connection.run(`COPY (${older}${fresh}) TO ${quoted(growing)} (FORMAT parquet, COMPRESSION zstd)`);
      } catch (error) {
        throw engineError(error, 'archive');
      }
    }),
  ).catch((error: unknown) => {
    throw fileError(error, directory);
  });
  for (const { batch, facts } of before) {
    const now = await stat(fileOf(batch)).catch(() => undefined);
    // Written again meanwhile, it is newer than what was put together: it holds, and the next care takes it in.
    if (now?.ino === facts.ino && now.mtimeMs === facts.mtimeMs) await rm(fileOf(batch), { force: true });
  }
}

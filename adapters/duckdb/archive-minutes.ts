/**
 * The demand that an archive holds: every row of its consumption table, file by file in the order of time for each stream. Read from the
 * front, one file at a time, however many there are; nothing is written, and an archive that is not there is not made.
 */
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SequenceError } from '../../core/errors.ts';
import { COMPACTED, filesOf } from './archive-files.ts';
import { withParquetTable } from './parquet-table.ts';
import { BATCH_COLUMN, batchNameOf } from './readable-tables.ts';

export interface ArchiveMinute {
  readonly stream: string;
  readonly minuteMs: number;
  readonly demanded: number;
}

const COLUMNS = ['stream', 'minute_ms', 'demanded'];

/** Throws `SEQ_DATA_DIR_UNUSABLE` where there is no such directory. */
export async function* archiveMinutes(directory: string): AsyncGenerator<ArchiveMinute> {
  const files = await filesOf(await rootOf(directory), { table: 'consumption' });
  for (const file of files) {
    const beside = files.filter((each) => each !== file && dirname(each) === dirname(file));
    if (beside.length === 0 || !beside.concat(file).some(isCompacted)) yield* await minutesOf(file, []);
    // A day that was put together and then added to: both are small enough to be there whole, and are read in the order of time.
    else if (isCompacted(file)) yield* await minutesOfDay(file, beside);
  }
}

async function minutesOfDay(compacted: string, beside: readonly string[]): Promise<ArchiveMinute[]> {
  const minutes = await minutesOf(compacted, beside.map(batchNameOf));
  for (const file of beside) minutes.push(...(await minutesOf(file, [])));
  return minutes.sort((a, b) => a.minuteMs - b.minuteMs);
}

/** Without the rows of batches that were written again. */
async function minutesOf(file: string, replaced: readonly string[]): Promise<ArchiveMinute[]> {
  return await withParquetTable(file, async ({ columns, rows }) => {
    const found: ArchiveMinute[] = [];
    const wanted = replaced.length === 0 ? COLUMNS : [...COLUMNS, BATCH_COLUMN];
    const positions = wanted.map((name) => columns.findIndex((column) => column.name === name));
    if (positions.includes(-1)) throw new SequenceError('SEQ_DATA_CORRUPT', `${file}: it is no file of the archive's consumption`);
    for await (const [streams = [], times = [], demands = [], batches = []] of rows(positions)) {
      streams.forEach((stream, at) => {
        if (replaced.includes(String(batches[at]))) return;
        found.push({ stream: String(stream), minuteMs: Number(times[at]), demanded: Number(demands[at]) });
      });
    }
    return found;
  });
}

function isCompacted(file: string): boolean {
  return batchNameOf(file) === COMPACTED;
}

async function rootOf(directory: string): Promise<string> {
  try {
    return await realpath(directory);
  } catch (cause) {
    throw new SequenceError('SEQ_DATA_DIR_UNUSABLE', `${directory}: there is no such archive`, { path: directory }, { cause });
  }
}

/**
 * The demand that an archive holds: every row of its consumption table, file by file in the order of time for each stream. Read from the
 * front, one file at a time, however many there are; nothing is written, and an archive that is not there is not made.
 */
import { realpath } from 'node:fs/promises';
import { SequenceError } from '../../core/errors.ts';
import { filesOf } from './archive-files.ts';
import { withParquetTable } from './parquet-table.ts';

export interface ArchiveMinute {
  readonly stream: string;
  readonly minuteMs: number;
  readonly demanded: number;
}

const COLUMNS = ['stream', 'minute_ms', 'demanded'];

/** Throws `SEQ_DATA_DIR_UNUSABLE` where there is no such directory. */
export async function* archiveMinutes(directory: string): AsyncGenerator<ArchiveMinute> {
  for (const file of await filesOf(await rootOf(directory), { table: 'consumption' })) yield* minutesOf(file);
}

async function* minutesOf(file: string): AsyncGenerator<ArchiveMinute> {
  // An hour of one sequence: small enough to be there whole.
  const minutes = await withParquetTable(file, async ({ columns, rows }) => {
    const found: ArchiveMinute[] = [];
    const positions = COLUMNS.map((name) => columns.findIndex((column) => column.name === name));
    if (positions.includes(-1)) throw new SequenceError('SEQ_DATA_CORRUPT', `${file}: it is no file of the archive's consumption`);
    for await (const [streams = [], times = [], demands = []] of rows(positions)) {
      streams.forEach((stream, at) => {
        found.push({ stream: String(stream), minuteMs: Number(times[at]), demanded: Number(demands[at]) });
      });
    }
    return found;
  });
  yield* minutes;
}

async function rootOf(directory: string): Promise<string> {
  try {
    return await realpath(directory);
  } catch (cause) {
    throw new SequenceError('SEQ_DATA_DIR_UNUSABLE', `${directory}: there is no such archive`, { path: directory }, { cause });
  }
}

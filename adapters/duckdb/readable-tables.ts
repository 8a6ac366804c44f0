/**
 * The archive's files as relations of SQL. A table is all its columns, whichever of them the files have, and no rows where there are no
 * files. Files are named one by one: a pattern would be read in the directory's own name too, and fails where nothing fits.
 */
import { basename, dirname } from 'node:path';
import type { ArchiveTable } from '../../pipelines/ports.ts';
import { ARCHIVE_TABLES, SQL_TYPES } from './archive-columns.ts';
import { COMPACTED } from './archive-files.ts';
import { quoted } from './engine.ts';

/** In compacted files: the batch that a row came with. */
export const BATCH_COLUMN = 'batch';

/** From the names of the directories, and never guessed from what they look like. */
const PLACE_TYPES = { sequence: 'VARCHAR', day: 'DATE' };

export function relationOf(table: ArchiveTable, files: readonly string[]): string {
  const places = Object.entries(PLACE_TYPES);
  const columns = Object.entries(ARCHIVE_TABLES[table].columns).map(([name, kind]) => [name, SQL_TYPES[kind]] as const);
  const none = `SELECT ${[...places, ...columns].map(([name, type]) => `NULL::${type} AS "${name}"`).join(', ')} WHERE false`;
  if (files.length === 0) return none;
  const hiveTypes = `{${places.map(([name, type]) => `'${name}': ${type}`).join(', ')}}`;
  const options = `hive_partitioning = true, hive_types = ${hiveTypes}, union_by_name = true`;
  const parts = partsOf(files).map(({ together, replaced, isCompacted }) => {
    const read = `FROM read_parquet([${together.map(quoted).join(', ')}], ${options})`;
    const where = replaced.length === 0 ? '' : ` WHERE ${BATCH_COLUMN} NOT IN (${replaced.map(quoted).join(', ')})`;
    return `SELECT *${isCompacted ? ` EXCLUDE (${BATCH_COLUMN})` : ''} ${read}${where}`;
  });
  return [none, ...parts].join(' UNION ALL BY NAME ');
}

interface Part {
  readonly together: readonly string[];
  /** Batches whose rows in a compacted file are not the newest. */
  readonly replaced: readonly string[];
  readonly isCompacted: boolean;
}

/** Files that are read alike: batches, compacted days, and each compacted day that has batches beside it. */
function partsOf(files: readonly string[]): Part[] {
  const loose = files.filter((file) => batchNameOf(file) !== COMPACTED);
  const beside = new Map<string, string[]>();
  for (const file of loose) beside.set(dirname(file), [...(beside.get(dirname(file)) ?? []), file]);
  const compacted = files.filter((file) => batchNameOf(file) === COMPACTED);
  const whole = compacted.filter((file) => !beside.has(dirname(file)));
  const mixed = compacted.filter((file) => beside.has(dirname(file)));
  return [
    ...(loose.length > 0 ? [{ together: loose, replaced: [], isCompacted: false }] : []),
    ...(whole.length > 0 ? [{ together: whole, replaced: [], isCompacted: true }] : []),
    ...mixed.map((file) => ({ together: [file], replaced: (beside.get(dirname(file)) ?? []).map(batchNameOf), isCompacted: true })),
  ];
}

export function batchNameOf(file: string): string {
  return basename(file, '.parquet');
}

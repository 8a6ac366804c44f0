/**
 * The archive's files as relations of SQL. A table is all its columns, whichever of them the files have, and no rows where there are no
 * files. Files are named one by one: a pattern would be read in the directory's own name too, and fails where nothing fits.
 */
import type { ArchiveTable } from '../../pipelines/ports.ts';
import { ARCHIVE_TABLES, SQL_TYPES } from './archive-columns.ts';
import { quoted } from './engine.ts';

/** From the names of the directories, and never guessed from what they look like. */
const PLACE_TYPES = { sequence: 'VARCHAR', day: 'DATE' };

export function relationOf(table: ArchiveTable, files: readonly string[]): string {
  const places = Object.entries(PLACE_TYPES);
  const columns = Object.entries(ARCHIVE_TABLES[table].columns).map(([name, kind]) => [name, SQL_TYPES[kind]] as const);
  const none = `SELECT ${[...places, ...columns].map(([name, type]) => `NULL::${type} AS "${name}"`).join(', ')} WHERE false`;
  if (files.length === 0) return none;
  const hiveTypes = `{${places.map(([name, type]) => `'${name}': ${type}`).join(', ')}}`;
  const options = `hive_partitioning = true, hive_types = ${hiveTypes}, union_by_name = true`;
  return `${none} UNION ALL BY NAME SELECT * FROM read_parquet([${files.map(quoted).join(', ')}], ${options})`;
}

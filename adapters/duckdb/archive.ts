/**
 * The archive: Parquet files in a directory, written and read by DuckDB inside this process. Nothing is open between calls, so that any
 * number of processes may share a directory, also over a network; within one archive calls take turns, which bounds memory.
 *
 * `sql` only reads, and only the tables. What is not kept from a caller: names and settings of the engine itself, and any file of
 * the archive's own directory.
 */

import type { DuckDBConnection } from '@duckdb/node-api';
import { SequenceError } from '../../core/errors.ts';
import type { Archive, ArchiveQuery, ArchiveRow, ArchiveTable, ArchiveValue } from '../../pipelines/ports.ts';
import { compactDays, dropDays } from './archive-care.ts';
import { ARCHIVE_TABLES, TABLE_NAMES } from './archive-columns.ts';
import { type Author, engineError } from './archive-errors.ts';
import { checkBatch, checkPlace, filesOf, openArchiveDirectory, putFile } from './archive-files.ts';
import { createCallTurns } from './call-turns.ts';
import { type DuckDB, loadDuckDB, withEngine } from './engine.ts';
import { BATCH_ROWS_MAX, READ_MS_MAX, RESULT_ROWS_MAX } from './engine-limits.ts';
import { writeParquet } from './parquet-writer.ts';
import { checkReadOnly } from './read-only-sql.ts';
import { relationOf } from './readable-tables.ts';
import { bindParameters, readRows } from './result-rows.ts';

export interface ArchiveOptions {
  /** Created where it is missing. */
  readonly dir: string;
}

/**
 * Opens the archive in a directory. Rows of `query` have the types of their columns (archive-columns.ts), with `sequence` and `day` (as
 * `2026-11-25`) beside them; rows of `sql` follow result-rows.ts. `limit` is at most 100,000; an answer of `sql` that would be longer is
 * refused. Throws `SEQ_DATA_DIR_UNUSABLE`, and `SEQ_ENGINE_UNUSABLE` where DuckDB has no binary for this machine.
 */
export async function openArchive({ dir }: ArchiveOptions): Promise<Archive> {
  await loadDuckDB();
  const root = await openArchiveDirectory(dir);
  const turns = createCallTurns();

  return {
    async append(batch) {
      checkBatch(batch);
      if (batch.rows.length > BATCH_ROWS_MAX) throw invalid(`a batch has at most ${BATCH_ROWS_MAX} rows, not ${batch.rows.length}`);
      await turns.take(() => putFile(root, batch, (file) => attributed('archive', writeParquet(root, batch, file))));
    },
    async query(query) {
      checkPlace(query);
      checkLimit(query);
      const rows = await turns.take(async () => {
        const files = await filesOf(root, query);
        const order = ARCHIVE_TABLES[query.table].order.map((column) => `"${column}"`).join(', ');
        const statement = `SELECT * FROM (${relationOf(query.table, files)}) ORDER BY ${order} LIMIT ${query.limit}`;
        return withEngine(root, (connection, duckdb) => attributed('archive', read(connection, duckdb, statement, [])));
      });
      return rows.map((row) => typed(query.table, row));
    },
    sql: (text, parameters = []) =>
      turns.take(() =>
        withEngine(root, (connection, duckdb) => attributed('caller', readChecked(root, connection, duckdb, text, parameters))),
      ),
    compact: (beforeDay, isStopping) => turns.take(() => compactDays(root, beforeDay, isStopping)),
    async drop(table, beforeDay) {
      checkPlace({ table });
      return await turns.take(() => dropDays(root, table, beforeDay));
    },
    close: () => turns.close(),
  };
}

async function readChecked(
  root: string,
  connection: DuckDBConnection,
  duckdb: DuckDB,
  text: string,
  parameters: readonly ArchiveValue[],
): Promise<ArchiveRow[]> {
  await checkReadOnly(connection, text);
  const words = text.toLowerCase();
  for (const table of TABLE_NAMES) {
    // A table that the statement does not name is there without its files, so that none is opened for nothing.
    const files = words.includes(table) ? await filesOf(root, { table }) : [];
    await connection.run(`CREATE VIEW ${table} AS ${relationOf(table, files)}`);
  }
  return read(connection, duckdb, text, parameters);
}

async function read(
  connection: DuckDBConnection,
  duckdb: DuckDB,
  text: string,
  parameters: readonly ArchiveValue[],
): Promise<ArchiveRow[]> {
  const timer = setTimeout(() => connection.interrupt(), READ_MS_MAX);
  try {
    const statement = await connection.prepare(text);
    if (statement.statementType !== duckdb.StatementType.SELECT) throw invalid('the archive runs only statements that read');
    bindParameters(statement, parameters);
    return await readRows(statement, duckdb);
  } finally {
    clearTimeout(timer);
  }
}

async function attributed<T>(author: Author, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw engineError(error, author);
  }
}

/** The engine's answer says nothing of what a column holds: a value of a sequence stays a bigint, however small. */
function typed(table: ArchiveTable, row: ArchiveRow): ArchiveRow {
  const { columns } = ARCHIVE_TABLES[table];
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, columns[name] === 'value' && typeof value === 'number' ? BigInt(value) : value]),
  );
}

function checkLimit({ limit }: ArchiveQuery): void {
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= RESULT_ROWS_MAX) return;
  throw invalid(`a query is limited to 1 to ${RESULT_ROWS_MAX} rows, not ${limit}`);
}

function invalid(message: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', message);
}

/**
 * Writes rows as one Parquet file: into a table of the engine in chunks, letting others have the thread in between, then out of it. Throws
 * `SEQ_INVALID_REQUEST` for rows that do not fit their table.
 */
import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api';
import type { ArchiveBatch, ArchiveValue } from '../../pipelines/ports.ts';
import { ARCHIVE_TABLES, type ColumnKind, checkRows, SQL_TYPES } from './archive-columns.ts';
import { type DuckDB, quoted, withEngine } from './engine.ts';

/** What DuckDB takes in one chunk; filling one keeps the thread for a few milliseconds. */
const CHUNK_ROWS = 2_048;

export async function writeParquet(root: string, batch: Pick<ArchiveBatch, 'table' | 'rows'>, file: string): Promise<void> {
  const columns = Object.entries(ARCHIVE_TABLES[batch.table].columns);
  await withEngine(root, async (connection, duckdb) => {
    await connection.run(`CREATE TABLE batch (${columns.map(([name, kind]) => `"${name}" ${SQL_TYPES[kind]}`).join(', ')})`);
    await appendRows(connection, duckdb, columns, batch);
    await connection.run(`COPY batch TO ${quoted(file)} (FORMAT parquet, COMPRESSION zstd)`);
  });
}

async function appendRows(
  connection: DuckDBConnection,
  duckdb: DuckDB,
  columns: readonly (readonly [name: string, kind: ColumnKind])[],
  { table, rows }: Pick<ArchiveBatch, 'table' | 'rows'>,
): Promise<void> {
  const { VARCHAR, BIGINT, DOUBLE, DuckDBDataChunk } = duckdb;
  const types: Readonly<Record<ColumnKind, DuckDBType>> = { text: VARCHAR, whole: BIGINT, value: BIGINT, real: DOUBLE };
  const appender = await connection.createAppender('batch');
  for (let from = 0; from < rows.length; from += CHUNK_ROWS) {
    const some = rows.slice(from, from + CHUNK_ROWS);
    checkRows(table, some, from);
    const chunk = DuckDBDataChunk.create(
      columns.map(([, kind]) => types[kind]),
      some.length,
    );
    for (const [index, [name, kind]] of columns.entries()) {
      chunk.setColumnValues(
        index,
        some.map((row) => stored(kind, row[name] ?? null)),
      );
    }
    appender.appendDataChunk(chunk);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  appender.closeSync();
}

function stored(kind: ColumnKind, value: ArchiveValue): string | number | bigint | boolean | null {
  return kind === 'whole' && typeof value === 'number' ? BigInt(value) : value;
}

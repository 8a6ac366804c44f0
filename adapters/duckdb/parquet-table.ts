/**
 * A Parquet file as a table that is read once, from the front, some thousand rows at a time: however long it is, little of it is in memory.
 * For files of others than the archive; nothing is written.
 */
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { SequenceError } from '../../core/errors.ts';
import { engineError } from './archive-errors.ts';
import { quoted, withEngine } from './engine.ts';

export interface ParquetColumn {
  readonly name: string;
  /** `instant`: a time with its zone; `wall`: one without. */
  readonly kind: 'instant' | 'wall' | 'number' | 'text' | 'other';
  /** As DuckDB calls it. */
  readonly type: string;
}

export interface ParquetTable {
  readonly columns: readonly ParquetColumn[];
  /** Column by column, in the order of `positions`. Times are milliseconds since 1970; numbers are doubles. */
  rows(positions: readonly number[]): AsyncIterable<readonly (readonly (number | string | null)[])[]>;
}

const KINDS: readonly (readonly [pattern: RegExp, kind: ParquetColumn['kind']])[] = [
  [/^TIMESTAMP WITH TIME ZONE$/, 'instant'],
  [/^(TIMESTAMP(_S|_MS|_NS)?|DATE)$/, 'wall'],
  [/^U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$|^(FLOAT|DOUBLE)$|^DECIMAL/, 'number'],
  [/^(VARCHAR|UUID|ENUM)/, 'text'],
];

/** Throws `SEQ_DATA_DIR_UNUSABLE` or `SEQ_DATA_CORRUPT` where the file is missing or no Parquet. */
export async function withParquetTable<T>(path: string, work: (table: ParquetTable) => Promise<T>): Promise<T> {
  const file = await realPath(path);
  return withEngine(dirname(file), async (connection) => {
    const columns = await attributed(path, described(connection, file));
    return work({ columns, rows: (positions) => rowsOf(connection, path, file, positions.map((at) => columns[at]).filter(isColumn)) });
  });
}

async function* rowsOf(
  connection: DuckDBConnection,
  path: string,
  file: string,
  columns: readonly ParquetColumn[],
): AsyncGenerator<readonly (readonly (number | string | null)[])[]> {
  const result = await attributed(path, connection.stream(`SELECT ${columns.map(selected).join(', ')} FROM ${relation(file)}`));
  for (;;) {
    const chunk = await attributed(path, result.fetchChunk());
    if (chunk === null || chunk.rowCount === 0) return;
    yield chunk.getColumns().map((values) => values.map(plain));
  }
}

async function described(connection: DuckDBConnection, file: string): Promise<ParquetColumn[]> {
  const reader = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${relation(file)}`);
  return reader.getRows().map(([name, type]) => ({ name: String(name), kind: kindOf(String(type)), type: String(type) }));
}

function selected({ name, kind }: ParquetColumn): string {
  const column = `"${name.replaceAll('"', '""')}"`;
  if (kind === 'instant') return `epoch_us(${column}) / 1000.0`;
  if (kind === 'wall') return `epoch_us(${column}::TIMESTAMP) / 1000.0`;
  return kind === 'number' ? `${column}::DOUBLE` : `${column}::VARCHAR`;
}

function kindOf(type: string): ParquetColumn['kind'] {
  return KINDS.find(([pattern]) => pattern.test(type))?.[1] ?? 'other';
}

function relation(file: string): string {
  return `read_parquet([${quoted(file)}])`;
}

function plain(value: DuckDBValue): number | string | null {
  return typeof value === 'number' || value === null ? value : String(value);
}

function isColumn(column: ParquetColumn | undefined): column is ParquetColumn {
  return column !== undefined;
}

async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    throw new SequenceError('SEQ_CONFIG_INVALID', `${path}: there is no such file`, { path }, { cause });
  }
}

async function attributed<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const { code, message } = engineError(cause, 'archive');
    throw new SequenceError(
      code,
      `${path}: ${message.replace('a file of the archive is damaged', 'it is no whole Parquet file')}`,
      { path },
      { cause },
    );
  }
}

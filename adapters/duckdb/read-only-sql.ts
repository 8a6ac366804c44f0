/**
 * What a caller's SQL may be: one statement that only reads, without functions that reach beyond the tables. DuckDB's own parser says what
 * it is; its settings (engine.ts) refuse files and changes once more. Some table functions need neither to do harm: one scans memory by
 * address, one directs the engine's log to a file, so that those which may be used are listed and all others refused.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { SequenceError } from '../../core/errors.ts';
import { SQL_CHARS_MAX } from './engine-limits.ts';

const TABLE_FUNCTIONS = new Set(['unnest', 'range', 'generate_series', 'json_each', 'json_tree', 'histogram', 'histogram_values']);
/** They change the engine's log or chance, or keep the thread for nothing. */
const REFUSED_FUNCTIONS = new Set(['write_log', 'setseed', 'sleep_ms']);

interface SerializedSql {
  readonly error: boolean;
  readonly error_type?: string;
  readonly error_message?: string;
  readonly statements?: readonly unknown[];
}

/** Throws `SEQ_INVALID_REQUEST` saying what is not allowed. */
export async function checkReadOnly(connection: DuckDBConnection, text: string): Promise<void> {
  if (typeof text !== 'string' || text.trim() === '') throw refused('there is no statement');
  if (text.length > SQL_CHARS_MAX) throw refused(`a statement has at most ${SQL_CHARS_MAX} characters, this one has ${text.length}`);
  const reader = await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [text]);
  const serialized = JSON.parse(String(reader.getRows()[0]?.[0])) as SerializedSql;
  if (serialized.error) {
    const { error_type: kind, error_message: message = '' } = serialized;
    throw refused(kind === 'parser' ? message : 'only statements that read are allowed: SELECT, FROM, VALUES, DESCRIBE, SUMMARIZE, SHOW');
  }
  const statements = serialized.statements ?? [];
  if (statements.length !== 1) throw refused(`one statement at a time, not ${statements.length}`);
  checkNode(statements[0]);
}

function checkNode(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  const { type, class: family, function: called, function_name: name } = node as Readonly<Record<string, unknown>>;
  if (type === 'TABLE_FUNCTION') {
    const tableFunction = nameOf((called as Readonly<Record<string, unknown>> | undefined)?.function_name);
    if (!TABLE_FUNCTIONS.has(tableFunction)) throw refused(`the table function ${tableFunction} is not allowed`);
  }
  if (family === 'FUNCTION' && REFUSED_FUNCTIONS.has(nameOf(name))) throw refused(`the function ${nameOf(name)} is not allowed`);
  for (const child of Object.values(node)) checkNode(child);
}

function nameOf(value: unknown): string {
  return typeof value === 'string' ? value.toLowerCase() : 'without a name';
}

function refused(why: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', `this SQL cannot be run on the archive: ${why}`);
}

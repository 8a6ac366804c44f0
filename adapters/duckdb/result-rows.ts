/**
 * Rows as they leave the engine. A whole number is a `number` where that is exact and else a `bigint`; a decimal number is a `number` up to 15
 * digits and else a string; dates, times, lists and structures are their text.
 */
import type { DuckDBPreparedStatement, DuckDBValue } from '@duckdb/node-api';
import { SequenceError } from '../../core/errors.ts';
import { VALUE_MAX, VALUE_MIN } from '../../core/limits.ts';
import type { ArchiveRow, ArchiveValue } from '../../pipelines/ports.ts';
import type { DuckDB } from './engine.ts';
import { RESULT_CHARS_MAX, RESULT_ROWS_MAX, SQL_PARAMETERS_MAX } from './engine-limits.ts';

/** Digits that a double holds exactly. */
const EXACT_DIGITS = 15;

/** Reads all rows, in the order of the statement; throws `SEQ_INVALID_REQUEST` where they are more than an answer may hold. */
export async function readRows(statement: DuckDBPreparedStatement, duckdb: DuckDB): Promise<ArchiveRow[]> {
  const result = await statement.stream();
  const names = result.deduplicatedColumnNames();
  const decimal = names.map((_, index) => result.columnTypeId(index) === duckdb.DuckDBTypeId.DECIMAL);
  const rows: ArchiveRow[] = [];
  let chars = 0;
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return rows;
    if (rows.length + chunk.rowCount > RESULT_ROWS_MAX) throw tooMuch(`more than ${RESULT_ROWS_MAX} rows`);
    for (const row of chunk.getRows()) {
      const values = row.map((value, index) => answered(value, decimal[index] === true));
      for (const value of values) if (typeof value === 'string') chars += value.length;
      if (chars > RESULT_CHARS_MAX) throw tooMuch(`more than ${RESULT_CHARS_MAX} characters of text`);
      rows.push(Object.fromEntries(names.map((name, index) => [name, values[index] ?? null])));
    }
  }
}

/** Throws `SEQ_INVALID_REQUEST` for values that SQL has no exact type for. */
export function bindParameters(statement: DuckDBPreparedStatement, parameters: readonly ArchiveValue[]): void {
  if (parameters.length > SQL_PARAMETERS_MAX) throw invalid(`a statement takes at most ${SQL_PARAMETERS_MAX} parameters`);
  const wanted = statement.parameterCount;
  if (parameters.length !== wanted) throw invalid(`the statement has ${wanted} parameters, ${parameters.length} were given`);
  for (const [index, value] of parameters.entries()) bindOne(statement, index + 1, value);
}

function bindOne(statement: DuckDBPreparedStatement, index: number, value: ArchiveValue): void {
  if (value === null) statement.bindNull(index);
  else if (typeof value === 'string') statement.bindVarchar(index, value);
  else if (typeof value === 'boolean') statement.bindBoolean(index, value);
  else if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) statement.bindBigInt(index, BigInt(value));
    else statement.bindDouble(index, value);
  } else if (typeof value === 'bigint' && value >= VALUE_MIN && value <= VALUE_MAX) statement.bindBigInt(index, value);
  else throw invalid(`parameter ${index} is no text, boolean, number or 64-bit integer: ${String(value).slice(0, 80)}`);
}

function answered(value: DuckDBValue, decimal: boolean): ArchiveValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return isSafe(value) ? Number(value) : value;
  const text = String(value);
  return decimal && text.replaceAll(/\D/g, '').length <= EXACT_DIGITS ? Number(text) : text;
}

function isSafe(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
}

function tooMuch(how: string): SequenceError {
  return invalid(`the query answers with ${how}: add LIMIT, or ask for sums`);
}

function invalid(message: string): SequenceError {
  return new SequenceError('SEQ_INVALID_REQUEST', message);
}

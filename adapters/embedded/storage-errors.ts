/**
 * What an error of SQLite or of the file system means to a user. `SEQ_STORAGE_FAILED` stands for everything nobody foresaw: after
 * it the storage is in doubt (a failed fsync, for one, may have dropped what it was asked to keep) and the process must not go on.
 */
import { type ErrorCode, SequenceError } from '../../core/errors.ts';
import type { ErrorFacts } from './storage-messages.ts';

const BY_CODE: readonly (readonly [start: string, code: ErrorCode, message: string])[] = [
  ['SQLITE_BUSY', 'SEQ_DATA_DIR_IN_USE', 'another process owns the data directory'],
  ['SQLITE_LOCKED', 'SEQ_DATA_DIR_IN_USE', 'another process owns the data directory'],
  ['SQLITE_FULL', 'SEQ_DISK_FULL', 'the disk is full'],
  ['ENOSPC', 'SEQ_DISK_FULL', 'the disk is full'],
  ['EDQUOT', 'SEQ_DISK_FULL', 'the disk quota is used up'],
  ['SQLITE_CORRUPT', 'SEQ_DATA_CORRUPT', 'the database is damaged'],
  ['SQLITE_NOTADB', 'SEQ_DATA_CORRUPT', 'the file is not a database, or its beginning is damaged'],
  ['SQLITE_CANTOPEN', 'SEQ_DATA_DIR_UNUSABLE', 'the data directory cannot be used'],
  ['SQLITE_READONLY', 'SEQ_DATA_DIR_UNUSABLE', 'the data directory cannot be written'],
  ['SQLITE_PERM', 'SEQ_DATA_DIR_UNUSABLE', 'the data directory cannot be used'],
  ...['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOENT', 'EISDIR', 'ENAMETOOLONG'].map(
    (code) => [code, 'SEQ_DATA_DIR_UNUSABLE', 'the data directory cannot be used'] as const,
  ),
];

/** The error a user gets for `cause`, naming the file it met. A `SequenceError` is passed on as it is. */
export function storageError(cause: unknown, file: string): SequenceError {
  if (cause instanceof SequenceError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  const engineCode = codeOf(cause);
  const known = BY_CODE.find(([start]) => engineCode === start || engineCode.startsWith(`${start}_`));
  const [, code, message] = known ?? ['', 'SEQ_STORAGE_FAILED', 'the storage engine failed'];
  return new SequenceError(code, `${message}: ${file} (${engineCode === '' ? text : `${engineCode}: ${text}`})`, { file }, { cause });
}

/** True for failures that concern one request and leave the database as it was: a full disk, a broken constraint, a value too large. */
export function isLocal(cause: unknown): boolean {
  if (cause instanceof SequenceError) return cause.code !== 'SEQ_STORAGE_FAILED';
  return /^SQLITE_(FULL|CONSTRAINT|TOOBIG|MISMATCH|RANGE|READONLY)/.test(codeOf(cause));
}

export function errorFacts(error: SequenceError): ErrorFacts {
  return { code: error.code, message: error.message, details: error.details };
}

export function errorFrom(facts: ErrorFacts): SequenceError {
  return new SequenceError(facts.code, facts.message, facts.details);
}

/** libsql reports a file it cannot open without a code, as text that ends in the SQLite result. */
function codeOf(cause: unknown): string {
  const code = (cause as { readonly code?: unknown } | undefined)?.code;
  if (typeof code === 'string' && code !== '') return code;
  return cause instanceof Error && /^ConnectionFailed\(.*: 14"\)$/.test(cause.message) ? 'SQLITE_CANTOPEN' : '';
}

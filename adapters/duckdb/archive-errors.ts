/**
 * What an error of DuckDB or of the file system means to a user. DuckDB has no codes: the first words of its message name the kind.
 */
import { type ErrorCode, SequenceError } from '../../core/errors.ts';
import { MEMORY_LIMIT, READ_MS_MAX } from './engine-limits.ts';

const DISK_FULL = /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/i;

/** Whose fault it is when nothing more is known: ours for a statement of our own, the caller's for his. */
export type Author = 'archive' | 'caller';

const KINDS: readonly (readonly [pattern: RegExp, code: ErrorCode, message: string])[] = [
  [DISK_FULL, 'SEQ_DISK_FULL', 'the disk of the archive is full'],
  [/INTERRUPT Error/, 'SEQ_INVALID_REQUEST', `the query took longer than ${READ_MS_MAX} ms: ask for less`],
  [/Out of Memory Error/, 'SEQ_INVALID_REQUEST', `the query needs more than ${MEMORY_LIMIT} of memory: ask for less`],
  [/(INTERNAL|FATAL) Error/, 'SEQ_STORAGE_FAILED', 'the archive engine failed'],
  [
    /magic bytes|not a parquet file|too small to be a Parquet|TProtocolException|Corrupt|Failed to (read|decompress)/i,
    'SEQ_DATA_CORRUPT',
    'a file of the archive is damaged',
  ],
  [/IO Error/, 'SEQ_DATA_DIR_UNUSABLE', 'the archive directory cannot be used'],
];

export function engineError(cause: unknown, author: Author): SequenceError {
  if (cause instanceof SequenceError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  const known = KINDS.find(([pattern]) => pattern.test(text));
  const unknown: readonly [ErrorCode, string] =
    author === 'caller' ? ['SEQ_INVALID_REQUEST', 'the archive refused the query'] : ['SEQ_STORAGE_FAILED', 'the archive engine failed'];
  const [code, message] = known === undefined ? unknown : [known[1], known[2]];
  return new SequenceError(code, `${message} (${firstLines(text)})`, {}, { cause });
}

export function fileError(cause: unknown, path: string): SequenceError {
  if (cause instanceof SequenceError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  const code = DISK_FULL.test(text) ? 'SEQ_DISK_FULL' : 'SEQ_DATA_DIR_UNUSABLE';
  const message = code === 'SEQ_DISK_FULL' ? 'the disk of the archive is full' : 'the archive directory cannot be used';
  return new SequenceError(code, `${message}: ${path} (${text})`, { path }, { cause });
}

/** DuckDB draws the statement below its message; the message says enough. */
function firstLines(text: string): string {
  return (text.split('\n\n')[0] ?? '').replaceAll(/\s+/g, ' ').slice(0, 400);
}

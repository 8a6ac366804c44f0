/** A data file of the accuracy bench: plain or gzip, bounded in size, with the digest that says in a report which bytes were judged. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SequenceError } from '../../core/errors.ts';

/** The largest of the public sets is 30 MB; what is larger is hardly what was meant. */
const FILE_BYTES_MAX = 256 * 1_024 * 1_024;
/** A small file may unpack to a very large one. */
const TEXT_BYTES_MAX = 384 * 1_024 * 1_024;

export interface FileDigest {
  readonly name: string;
  readonly bytes: number;
  /** Of the file as it lies there, packed or not. */
  readonly sha256: string;
}

export interface DataFile extends FileDigest {
  readonly text: string;
}

export function readDataFile(path: string): DataFile {
  if (!existsSync(path)) throw dataError(path, 'there is no such file');
  const size = statSync(path).size;
  if (size > FILE_BYTES_MAX) throw dataError(path, `it has ${size} bytes; at most ${FILE_BYTES_MAX} are read`);
  const bytes = readFileSync(path);
  const digest = { name: basename(path), bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  return { ...digest, text: path.endsWith('.gz') ? unpacked(path, bytes) : bytes.toString('utf8') };
}

export function digestOf({ name, bytes, sha256 }: FileDigest): FileDigest {
  return { name, bytes, sha256 };
}

/** What is wrong with data that somebody pointed at: the file, the line where there is one, and what was expected. */
export function dataError(path: string, problem: string, line?: number, lineWord = 'line'): SequenceError {
  const where = line === undefined ? path : `${path}, ${lineWord} ${line}`;
  return new SequenceError('SEQ_CONFIG_INVALID', `${where}: ${problem}`, { path, ...(line === undefined ? {} : { line }) });
}

function unpacked(path: string, bytes: Buffer): string {
  try {
    return gunzipSync(bytes, { maxOutputLength: TEXT_BYTES_MAX }).toString('utf8');
  } catch (error) {
    const why = error instanceof RangeError ? `it unpacks to more than ${TEXT_BYTES_MAX} bytes` : 'it is not a whole gzip file';
    throw dataError(path, why);
  }
}

/** The bytes of a file, unpacked where it is gzip (told by its first bytes, whatever its name), in large pieces. */
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { createGunzip } from 'node:zlib';
import { dataError } from '../accuracy/data-file.ts';

const PIECE_BYTES = 1_024 * 1_024;
const GZIP = [0x1f, 0x8b];
const UTF_16 = [
  [0xff, 0xfe],
  [0xfe, 0xff],
];
/** zlib cannot tell a file that ends too early from one that is damaged. */
const PLAIN_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it may not be read',
  EISDIR: 'it is a directory, a file is expected',
};

export async function* fileBytes(path: string): AsyncGenerator<Buffer> {
  const head = await firstBytes(path);
  if (UTF_16.some((mark) => startsWith(head, mark))) throw dataError(path, 'it is UTF-16: save it as UTF-8');
  const file = createReadStream(path, { highWaterMark: PIECE_BYTES });
  try {
    if (!startsWith(head, GZIP)) {
      yield* file as AsyncIterable<Buffer>;
      return;
    }
    const unpacked = createGunzip({ chunkSize: PIECE_BYTES });
    file.on('error', (error) => unpacked.destroy(error));
    yield* file.pipe(unpacked) as AsyncIterable<Buffer>;
  } catch (cause) {
    throw readingError(path, cause);
  } finally {
    file.destroy();
  }
}

/** What a file without columns of streams calls its only one: its name without its endings. */
export function plainName(path: string): string {
  return basename(path)
    .replace(/[.]gz$/i, '')
    .replace(/[.]\w+$/, '');
}

async function firstBytes(path: string): Promise<Buffer> {
  try {
    if ((await stat(path)).isDirectory()) throw dataError(path, 'it is a directory, a file is expected');
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw readingError(path, cause);
  }
}

function readingError(path: string, cause: unknown): unknown {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  if (PLAIN_PROBLEMS[code] !== undefined) return dataError(path, PLAIN_PROBLEMS[code]);
  if (code.startsWith('Z_')) return dataError(path, `it is not a whole gzip file (${message})`);
  return cause;
}

function startsWith(bytes: Buffer, mark: readonly number[]): boolean {
  return mark.every((byte, at) => bytes[at] === byte);
}

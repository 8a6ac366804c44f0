/**
 * Exports of the ledger: files that hold what a trim cuts off a log, so that the audit can still fold every record there ever was.
 *
 *   <topic>-<partition>-<from>-<to>.ledger    the records [from, to) of one partition
 *     line      {"format":1,"logId":…,"topic":…,"partition":…,"from":…,"to":…}
 *     records   length (u32), offset (u64), time in ms (u64), bytes; big-endian, no offset left out
 *     end       SHA-256 of everything before it
 *
 * A file gets its name when all of it is on disk. What ends in `.tmp` is left over from an interrupted export and means nothing.
 * Headers of records (trace ids) are not exported: no fold reads them.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { syncDirectory } from '../../../adapters/embedded/witness.ts';
import { SequenceError } from '../../../core/errors.ts';
import type { LogEntry } from '../../../pipelines/ports.ts';

/** Raised when the layout above changes: a file of another format is refused. */
const FORMAT = 1;
/** The first line is under 300 bytes; what has no line end by here is no export. */
const LINE_BYTES_MAX = 4_096;
/** Length, offset and time of a record. */
const HEAD_BYTES = 20;
const CHECKSUM_BYTES = 32;
/** Written and read at a time: large enough that a disk is kept busy, small beside everything else in memory. */
const PIECE_BYTES = 1024 * 1024;

const FILE_NAME = /^(.+)-(\d+)-(\d+)-(\d+)\.ledger$/;

/** One partition of one log, as a directory of exports knows it. */
export interface ExportPlace {
  readonly dir: string;
  readonly logId: string;
  readonly topic: string;
  readonly partition: number;
}

export interface ExportFile {
  readonly file: string;
  /** Half-open, in offsets. */
  readonly from: number;
  readonly to: number;
}

/**
 * The exports of a partition, lowest offset first. Together they hold every record from 0 on; two may overlap, because on a shared
 * log two trims may run at once. Throws `SEQ_DATA_CORRUPT`, naming the file, on a gap or on a file of another log or partition.
 */
export async function listExports(place: ExportPlace): Promise<ExportFile[]> {
  const found = (await files(place, () => readdir(place.dir))).flatMap((name): ExportFile[] => {
    const [, topic, partition, from, to] = FILE_NAME.exec(name) ?? [];
    if (topic !== place.topic || Number(partition) !== place.partition) return [];
    return [{ file: join(place.dir, name), from: Number(from), to: Number(to) }];
  });
  found.sort((a, b) => a.from - b.from || a.to - b.to);
  let next = 0;
  for (const each of found) {
    if (each.from > next) {
      throw corrupt(each.file, `records ${next} to ${each.from - 1} of ${place.topic}/${place.partition} are in no file before it`);
    }
    next = Math.max(next, each.to);
    await withFile(place, each.file, (handle) => headerEnd(handle, place, each));
  }
  return found;
}

/** One past the last record that the exports of a partition reach without a gap; 0 without any. */
export async function exportedEnd(place: ExportPlace): Promise<number> {
  return (await listExports(place)).reduce((end, { to }) => Math.max(end, to), 0);
}

/** Writes the records `[from, to)`, which `entries` must give without a gap. Resolves when file and name are on disk. */
export async function writeExport(place: ExportPlace, from: number, to: number, entries: AsyncIterable<LogEntry>): Promise<ExportFile> {
  const file = join(place.dir, `${place.topic}-${place.partition}-${from}-${to}.ledger`);
  // A name of its own: another trim may write the same records at this moment.
  const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  await files(place, async () => {
    const handle = await open(temporary, 'wx');
    try {
      await writeFile(handle, contentOf(place, { file, from, to }, entries));
      await handle.sync();
      await handle.close();
      await rename(temporary, file);
      syncDirectory(place.dir);
    } catch (error) {
      await handle.close();
      await rm(temporary, { force: true });
      throw error;
    }
  });
  return { file, from, to };
}

/**
 * The exported records `[from, to)`, oldest first. Every file is proven by its checksum before its first record is given. Throws
 * `SEQ_DATA_CORRUPT`, naming the file, when one is damaged, and `SEQ_LEDGER_CUT` when the exports end before `to`.
 */
export async function* readExports(place: ExportPlace, from: number, to: number): AsyncGenerator<LogEntry> {
  let next = from;
  for (const each of await listExports(place)) {
    if (each.to <= next || next >= to) continue;
    for await (const entry of recordsOf(place, each)) {
      if (entry.offset < next) continue;
      if (entry.offset >= to) return;
      yield entry;
      next = entry.offset + 1;
    }
  }
  if (next >= to) return;
  const { dir, topic, partition } = place;
  throw new SequenceError(
    'SEQ_LEDGER_CUT',
    `the exports of ${topic}/${partition} in ${dir} end before record ${next}, and the log begins at record ${to}: put the missing ones there`,
    { dir, topic, partition, offset: next },
  );
}

async function* contentOf(place: ExportPlace, each: ExportFile, entries: AsyncIterable<LogEntry>): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let pieces: Uint8Array[] = [headerOf(place, each)];
  let size = 0;
  let next = each.from;
  const joined = (): Buffer => {
    const piece = Buffer.concat(pieces);
    hash.update(piece);
    pieces = [];
    size = 0;
    return piece;
  };
  for await (const { offset, atMs, bytes } of entries) {
    if (offset !== next) throw notWhole(place, next);
    next++;
    const head = Buffer.allocUnsafe(HEAD_BYTES);
    head.writeUInt32BE(bytes.byteLength, 0);
    head.writeBigUInt64BE(BigInt(offset), 4);
    head.writeBigUInt64BE(BigInt(atMs), 12);
    pieces.push(head, bytes);
    size += HEAD_BYTES + bytes.byteLength;
    if (size >= PIECE_BYTES) yield joined();
  }
  if (next !== each.to) throw notWhole(place, next);
  yield joined();
  yield hash.digest();
}

/** The records of one file, after its checksum held. */
async function* recordsOf(place: ExportPlace, each: ExportFile): AsyncGenerator<LogEntry> {
  const { file, from, to } = each;
  const handle = await files(place, () => open(file));
  try {
    const start = await headerEnd(handle, place, each);
    const end = await provenEnd(handle, file);
    let rest: Buffer = Buffer.alloc(0);
    let next = from;
    for await (const piece of piecesOf(handle, start, end)) {
      const buffer = rest.byteLength === 0 ? piece : Buffer.concat([rest, piece]);
      let at = 0;
      while (buffer.byteLength - at >= HEAD_BYTES) {
        const length = buffer.readUInt32BE(at);
        const offset = Number(buffer.readBigUInt64BE(at + 4));
        const until = at + HEAD_BYTES + length;
        if (buffer.byteLength < until) break;
        if (offset !== next || offset >= to) throw corrupt(file, `record ${offset} stands where record ${next} belongs`);
        yield { offset, atMs: Number(buffer.readBigUInt64BE(at + 12)), bytes: buffer.subarray(at + HEAD_BYTES, until) };
        next++;
        at = until;
      }
      rest = buffer.subarray(at);
    }
    if (rest.byteLength > 0 || next !== to) throw corrupt(file, `it ends at record ${next}, not at record ${to}`);
  } finally {
    await handle.close();
  }
}

function headerOf({ logId, topic, partition }: ExportPlace, { from, to }: ExportFile): Buffer {
  return Buffer.from(`${JSON.stringify({ format: FORMAT, logId, topic, partition, from, to })}\n`);
}

/** Where the records begin, if the first line is the one that this place and this name must have. */
async function headerEnd(handle: FileHandle, place: ExportPlace, each: ExportFile): Promise<number> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(LINE_BYTES_MAX), 0, LINE_BYTES_MAX, 0);
  const expected = headerOf(place, each);
  if (buffer.subarray(0, Math.min(bytesRead, expected.byteLength)).equals(expected)) return expected.byteLength;
  const line = buffer.subarray(0, Math.max(0, buffer.subarray(0, bytesRead).indexOf('\n'))).toString('utf8');
  throw corrupt(each.file, `it begins with ${JSON.stringify(line)}, not with ${expected.toString('utf8').trimEnd()}`);
}

/** Where the records end, if the checksum after them holds. */
async function provenEnd(handle: FileHandle, file: string): Promise<number> {
  const end = (await handle.stat()).size - CHECKSUM_BYTES;
  const hash = createHash('sha256');
  for await (const piece of piecesOf(handle, 0, end)) hash.update(piece);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(CHECKSUM_BYTES), 0, CHECKSUM_BYTES, Math.max(0, end));
  if (bytesRead === CHECKSUM_BYTES && hash.digest().equals(buffer)) return end;
  throw corrupt(file, 'its checksum does not fit its content');
}

async function* piecesOf(handle: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
  for (let at = start; at < end; ) {
    const length = Math.min(PIECE_BYTES, end - at);
    // A fresh buffer for each piece: records that were given out point into it.
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, at);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}

async function withFile<T>(place: ExportPlace, file: string, look: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await files(place, () => open(file));
  try {
    return await look(handle);
  } finally {
    await handle.close();
  }
}

/** Says what the file system said in the words of the catalogue. */
async function files<T>({ dir }: ExportPlace, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (error instanceof SequenceError || code === undefined) throw error;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    const message = `the export directory ${dir} cannot be used: ${(error as Error).message}`;
    throw new SequenceError(isFull ? 'SEQ_DISK_FULL' : 'SEQ_DATA_DIR_UNUSABLE', message, { dir }, { cause: error });
  }
}

function notWhole({ topic, partition }: ExportPlace, offset: number): SequenceError {
  return new SequenceError('SEQ_DATA_CORRUPT', `${topic}/${partition} lacks record ${offset}: it is not exported`, {
    topic,
    partition,
    offset,
  });
}

function corrupt(file: string, because: string): SequenceError {
  return new SequenceError('SEQ_DATA_CORRUPT', `the export ${basename(file)} is damaged: ${because}`, { file });
}

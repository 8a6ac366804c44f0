/**
 * A chunk: a run of consecutive records of one partition as one row of the database, with a checksum. SQLite does not notice a
 * flipped bit inside a row, and a ledger record that silently changed could give a value out twice; so every read proves its bytes.
 *
 *   u32 size of the whole chunk · u32 CRC-32 of all that follows · f64 first offset · f64 time · u32 count · u32 length each · bytes
 *
 * Little-endian throughout. A chunk says where it belongs, so that chunks can be read end to end in one buffer.
 */
import { crc32 } from 'node:zlib';
import type { LogEntry } from '../../pipelines/ports.ts';

const HEADER_BYTES = 28;
const CHECKED_FROM = 8;

/** Records end to end, with their lengths. */
export interface PackedRecords {
  readonly lengths: Uint32Array;
  readonly bytes: Uint8Array;
}

/** Bytes that `records` need in a chunk, its header not counted. */
export function packedSize(records: PackedRecords): number {
  return 4 * records.lengths.length + records.bytes.byteLength;
}

export function encodeChunk(first: number, atMs: number, parts: readonly PackedRecords[]): Uint8Array<ArrayBuffer> {
  let size = HEADER_BYTES;
  let count = 0;
  for (const part of parts) {
    size += packedSize(part);
    count += part.lengths.length;
  }
  const chunk = new Uint8Array(size);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, size, true);
  view.setFloat64(8, first, true);
  view.setFloat64(16, atMs, true);
  view.setUint32(24, count, true);
  let lengthAt = HEADER_BYTES;
  let bytesAt = HEADER_BYTES + 4 * count;
  for (const { lengths, bytes } of parts) {
    for (const length of lengths) {
      view.setUint32(lengthAt, length, true);
      lengthAt += 4;
    }
    chunk.set(bytes, bytesAt);
    bytesAt += bytes.byteLength;
  }
  view.setUint32(4, crc32(chunk.subarray(CHECKED_FROM)), true);
  return chunk;
}

/**
 * The records of chunks that lie end to end, from offset `from` on and `limit` at most; undefined when a chunk is damaged or does
 * not continue the one before it. The entries are views into `chunks`: they keep it alive and cost no copy.
 */
export function decodeChunks(chunks: Uint8Array, from: number, limit: number): LogEntry[] | undefined {
  const { buffer, byteOffset, byteLength } = chunks;
  const view = new DataView(buffer, byteOffset, byteLength);
  const entries: LogEntry[] = [];
  let expected = -1;
  for (let at = 0; at < byteLength && entries.length < limit; ) {
    const size = at + HEADER_BYTES <= byteLength ? view.getUint32(at, true) : 0;
    if (size < HEADER_BYTES || at + size > byteLength) return undefined;
    if (view.getUint32(at + 4, true) !== crc32(chunks.subarray(at + CHECKED_FROM, at + size))) return undefined;
    const first = view.getFloat64(at + 8, true);
    const atMs = view.getFloat64(at + 16, true);
    const count = view.getUint32(at + 24, true);
    if (expected !== -1 && first !== expected) return undefined;
    expected = first + count;
    let bytesAt = byteOffset + at + HEADER_BYTES + 4 * count;
    for (let index = 0; index < count && entries.length < limit; index++) {
      const length = view.getUint32(at + HEADER_BYTES + 4 * index, true);
      const offset = first + index;
      if (offset >= from) entries.push({ offset, atMs, bytes: new Uint8Array(buffer, bytesAt, length) });
      bytesAt += length;
    }
    at += size;
  }
  return entries;
}

/**
 * A snapshot as messages of `seqcast.snapshots`. The first chunk holds the header, which has an offset and a hash for each of its
 * topics, the others hold the state; every chunk carries the checksum of the whole, which also tells which chunks belong together.
 */
import { createHash } from 'node:crypto';
import type { Snapshot, SnapshotHeader } from '../../pipelines/ports.ts';
import type { SnapshotChunk } from '../../schemas/messages.ts';

/** A message with its names and checksum stays below the largest that is taken. */
export const CHUNK_BYTES_MAX = 900_000;

export function chunksOf({ header, bytes }: Snapshot): SnapshotChunk[] {
  const head = Buffer.from(JSON.stringify(header));
  const parts: Uint8Array[] = [head];
  for (let from = 0; from < bytes.byteLength; from += CHUNK_BYTES_MAX) parts.push(bytes.subarray(from, from + CHUNK_BYTES_MAX));
  const checksum = checksumOf(parts);
  // What a foreign reader sees of several topics: the first by name.
  const [topic = ''] = Object.keys(header.offsets).sort();
  return parts.map((part, chunk) => ({
    kind: 'SnapshotChunk',
    stage: header.stage,
    partition: header.partition,
    logId: header.logId,
    offset: header.offsets[topic] ?? 0,
    lastRecordHash: header.lastRecordHashes[topic] ?? '',
    level: header.level,
    stateSchema: header.stateSchema,
    chunk,
    chunks: parts.length,
    bytes: part,
    checksum,
  }));
}

/** The snapshot that was saved, or undefined where a chunk is missing or damaged. */
export function snapshotOf(chunks: readonly SnapshotChunk[]): Snapshot | undefined {
  const [first] = chunks;
  if (first === undefined || first.chunks !== chunks.length || chunks.some(({ chunk }, index) => chunk !== index)) return undefined;
  const parts = chunks.map(({ bytes }) => bytes);
  if (checksumOf(parts) !== first.checksum) return undefined;
  const [head, ...state] = parts;
  // The checksum fits, so it is what was written.
  const header = JSON.parse(Buffer.from(head ?? []).toString('utf8')) as SnapshotHeader;
  return { header, bytes: new Uint8Array(Buffer.concat(state)) };
}

function checksumOf(parts: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  // Lengths too: a boundary that moved is another snapshot.
  for (const part of parts) hash.update(`${part.byteLength}\n`).update(part);
  return hash.digest('hex');
}

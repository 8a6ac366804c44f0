/** The snapshot store over the storage thread: cuts a snapshot into pieces, proves it by its checksum when it comes back. */
import { createHash, webcrypto } from 'node:crypto';
import { SequenceError } from '../../core/errors.ts';
import type { Snapshot, SnapshotHeader, SnapshotRoom, SnapshotStore } from '../../pipelines/ports.ts';
import type { StorageLink } from './storage-link.ts';
import type { StoredSnapshot } from './storage-messages.ts';

/** Appends wait for one piece at most: a few milliseconds of writing. */
const PIECE_BYTES = 512 * 1024;

const SNAPSHOTS_KEPT = 3;
const ALL: SnapshotRoom = { newest: SNAPSHOTS_KEPT, bytesMax: Infinity };

export function createSnapshotStore(link: StorageLink): SnapshotStore {
  async function restore(stored: StoredSnapshot): Promise<Snapshot | undefined> {
    const pieces: Uint8Array[] = [];
    for (let piece = 0; piece < stored.pieceCount; piece++) {
      const bytes = await readable(link.ask('loadPiece', { snapshot: stored.id, piece }));
      if (bytes === undefined) return undefined;
      pieces.push(bytes);
    }
    const bytes = joined(pieces);
    if ((await checksum(stored.headerJson, bytes)) !== stored.checksum) return undefined;
    return { header: JSON.parse(stored.headerJson) as SnapshotHeader, bytes };
  }

  return {
    async save({ header, bytes }) {
      const headerJson = JSON.stringify(header);
      const proof = await checksum(headerJson, bytes);
      const id = await link.ask('beginSnapshot', {});
      let pieceCount = 0;
      for (let from = 0; from < bytes.byteLength; from += PIECE_BYTES) {
        await link.ask('savePiece', { snapshot: id, piece: pieceCount }, [bytes.subarray(from, from + PIECE_BYTES)]);
        pieceCount++;
      }
      const { stage, partition } = header;
      await link.ask('saveSnapshot', { id, stage, partition, headerJson, checksum: proof, pieceCount, keep: SNAPSHOTS_KEPT });
    },
    async load(stage, partition, { newest, bytesMax } = ALL) {
      const snapshots: Snapshot[] = [];
      const listed = await link.ask('listSnapshots', { stage, partition });
      for (const stored of listed.slice(0, newest)) {
        // The last piece is seldom full.
        if ((stored.pieceCount - 1) * PIECE_BYTES > bytesMax) continue;
        const snapshot = await restore(stored);
        if (snapshot !== undefined) snapshots.push(snapshot);
      }
      return snapshots;
    },
  };
}

/** A piece, or undefined where it is damaged, or was replaced by a newer snapshot meanwhile. */
async function readable(piece: Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
  try {
    return await piece;
  } catch (error) {
    if (error instanceof SequenceError && error.code === 'SEQ_DATA_CORRUPT') return undefined;
    throw error;
  }
}

/** SHA-256 over header and bytes. The bytes may be many: Node hashes them on a thread of its own. */
async function checksum(headerJson: string, bytes: Uint8Array): Promise<string> {
  const ofBytes = await webcrypto.subtle.digest('SHA-256', bytes);
  return createHash('sha256').update(headerJson).update('\n').update(new Uint8Array(ofBytes)).digest('hex');
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  const whole = new Uint8Array(pieces.reduce((total, piece) => total + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}

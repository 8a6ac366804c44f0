/**
 * Snapshots inside the database. A snapshot arrives in pieces, each committed with whatever else is waiting, so that a large one
 * does not hold up the log; it exists once its own row is written, after the last piece.
 */
import type Database from 'libsql';
import { blobOf, exact } from './rows.ts';
import type { Asks, StoredSnapshot } from './storage-messages.ts';

export interface SnapshotRows {
  /** An id under which pieces are saved; never used before. */
  begin(): number;
  savePiece(snapshot: number, piece: number, bytes: Uint8Array): void;
  /** Makes the snapshot exist and deletes those beyond the newest `keep` of its stage and partition. */
  save(asks: Asks<'saveSnapshot'>): void;
  list(stage: string, partition: number): StoredSnapshot[];
  loadPiece(snapshot: number, piece: number): Uint8Array | undefined;
}

export function openSnapshotRows(database: Database.Database): SnapshotRows {
  const insertPiece = database.prepare('INSERT INTO snapshot_piece (snapshot, piece, bytes) VALUES (?, ?, ?)');
  const insertSnapshot = database.prepare(
    'INSERT INTO snapshot (id, stage, partition, header, checksum, piece_count) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const selectSnapshots = database
    .prepare('SELECT id, header, checksum, piece_count FROM snapshot WHERE stage = ? AND partition = ? ORDER BY id DESC')
    .raw();
  const deletePieces = database.prepare('DELETE FROM snapshot_piece WHERE snapshot = ?');
  const deleteSnapshot = database.prepare('DELETE FROM snapshot WHERE id = ?');
  const selectPiece = database.prepare('SELECT bytes FROM snapshot_piece WHERE snapshot = ? AND piece = ?').raw();
  const [lastId] = database
    .prepare('SELECT max(coalesce((SELECT max(id) FROM snapshot), 0), coalesce((SELECT max(snapshot) FROM snapshot_piece), 0))')
    .raw()
    .get() as unknown as [bigint];
  let last = exact(lastId);

  function list(stage: string, partition: number): StoredSnapshot[] {
    const rows = selectSnapshots.all(stage, partition) as [bigint, string, string, bigint][];
    return rows.map(([id, headerJson, checksum, pieceCount]) => ({ id: exact(id), headerJson, checksum, pieceCount: exact(pieceCount) }));
  }

  return {
    begin: () => ++last,
    savePiece(snapshot, piece, bytes) {
      insertPiece.run(snapshot, piece, bytes);
    },
    save({ id, stage, partition, headerJson, checksum, pieceCount, keep }) {
      insertSnapshot.run(id, stage, partition, headerJson, checksum, pieceCount);
      for (const old of list(stage, partition).slice(keep)) {
        deletePieces.run(old.id);
        deleteSnapshot.run(old.id);
      }
    },
    list,
    loadPiece(snapshot, piece) {
      const row = selectPiece.get(snapshot, piece) as unknown as [unknown] | undefined;
      return row === undefined ? undefined : blobOf(row[0]);
    },
  };
}

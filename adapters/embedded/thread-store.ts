/** Everything the storage thread holds: the open data directory, the tables, and the requests that wait for their turn. */

import { SequenceError } from '../../core/errors.ts';
import { corrupt, databaseFile, openDataFile } from './data-file.ts';
import { createGroupCommit, type WriteRequest } from './group-commit.ts';
import { openJobRows } from './job-rows.ts';
import { openLogRows } from './log-rows.ts';
import { createReads, type ReadRequest } from './reads.ts';
import { openRouteRows } from './route-rows.ts';
import { openSnapshotRows } from './snapshot-rows.ts';
import { errorFacts, isLocal, storageError } from './storage-errors.ts';
import { type DataDirFacts, type Reply, type Request, type RequestBatch, type StorageThreadOptions, WRITES } from './storage-messages.ts';
import { openWitness, readOwner, removeOwner, type Witness, writeOwner } from './witness.ts';

/** Bounds of one transaction: nobody waits longer than such a group takes to write. */
const GROUP_RECORDS_MAX = 16_384;
const GROUP_BYTES_MAX = 4 * 1024 * 1024;

/** The write-ahead file is moved into the database after about this much: 1,000 pages, SQLite's own measure. */
const CHECKPOINT_BYTES = 4 * 1024 * 1024;

/** What a commit writes beside its records: a page for each tree it touches. */
const COMMIT_BYTES = 8 * 1024;

export interface ThreadStore {
  readonly facts: DataDirFacts;
  accept(batch: RequestBatch): void;
  /** Commits the next group of waiting writes; empty where none waits. */
  commitWaiting(): Reply[];
  readWaiting(): { readonly reply: Reply; readonly transfer: ArrayBuffer[] } | undefined;
  /** Moves the write-ahead file into the database when it is large enough; tells whether it did. */
  checkpoint(): boolean;
  isClosing(): boolean;
  close(): Reply;
}

export function openStore(options: StorageThreadOptions): ThreadStore {
  const { dataDir, readOnly } = options;
  const file = databaseFile(dataDir);
  const { database, facts, testimony } = openOwned(options);
  const log = openLogRows(database);
  if (testimony !== undefined && log.recordCount() < testimony.records) {
    throw corrupt(
      dataDir,
      `it holds ${log.recordCount()} records, ${testimony.records} were written; the end of it, or ${file}-wal, is lost`,
    );
  }
  const witness: Witness | undefined = readOnly ? undefined : openWitness(dataDir, facts.logId, log.recordCount(), testimony === undefined);
  if (!readOnly) {
    // Pieces of snapshots that were never finished.
    database.exec('DELETE FROM snapshot_piece WHERE snapshot NOT IN (SELECT id FROM snapshot)');
    writeOwner(dataDir);
  }
  const jobs = openJobRows(database);
  if (!readOnly) jobs.recover(Date.now());
  const tables = { log, snapshots: openSnapshotRows(database), routes: openRouteRows(database), jobs };
  const commitGroup = createGroupCommit(database, tables, file);
  const answer = createReads(database, tables);

  const writes: WriteRequest[] = [];
  const reads: ReadRequest[] = [];
  let closing: Request | undefined;
  let bytesSinceCheckpoint = 0;

  function takeGroup(): WriteRequest[] {
    let records = 0;
    let bytes = 0;
    let count = 0;
    for (const { records: packed } of writes) {
      if (count > 0 && (records + packed.lengths.length > GROUP_RECORDS_MAX || bytes + packed.bytes.byteLength > GROUP_BYTES_MAX)) break;
      records += packed.lengths.length;
      bytes += packed.bytes.byteLength;
      count++;
    }
    bytesSinceCheckpoint += bytes + COMMIT_BYTES;
    return writes.splice(0, count);
  }

  function moveToDatabase(how: 'PASSIVE' | 'TRUNCATE'): void {
    try {
      database.prepare(`PRAGMA wal_checkpoint(${how})`).raw().get();
    } catch (error) {
      // On a full disk the write-ahead file stays as it is: nothing in it is lost.
      if (!isLocal(error)) throw error;
    }
  }

  return {
    facts,
    accept({ requests, lengths, bytes }) {
      let lengthsAt = 0;
      let bytesAt = 0;
      for (const request of requests) {
        const own = lengths.subarray(lengthsAt, lengthsAt + request.recordCount);
        const size = own.reduce((total, length) => total + length, 0);
        const records = { lengths: own, bytes: bytes.subarray(bytesAt, bytesAt + size) };
        lengthsAt += request.recordCount;
        bytesAt += size;
        if (request.name === 'close') closing = request;
        else if (isWrite(request)) writes.push({ id: request.id, name: request.name, asks: request.asks, records });
        else reads.push(request as ReadRequest);
      }
    },
    commitWaiting() {
      if (writes.length === 0) return [];
      const replies = commitGroup(takeGroup());
      witness?.testify(log.recordCount());
      return replies;
    },
    readWaiting() {
      const request = reads.shift();
      if (request === undefined) return undefined;
      try {
        const result = answer(request);
        return { reply: { id: request.id, answer: result.answer }, transfer: result.transfer };
      } catch (error) {
        // A damaged page concerns whoever wants to read it; the rest of the log goes on.
        return { reply: { id: request.id, error: errorFacts(storageError(error, file)) }, transfer: [] };
      }
    },
    checkpoint() {
      if (bytesSinceCheckpoint < CHECKPOINT_BYTES) return false;
      bytesSinceCheckpoint = 0;
      moveToDatabase('PASSIVE');
      return true;
    },
    isClosing: () => closing !== undefined,
    close() {
      if (!readOnly) {
        moveToDatabase('TRUNCATE');
        removeOwner(dataDir);
      }
      witness?.close();
      database.close();
      return { id: closing?.id ?? 0, answer: undefined };
    },
  };
}

function openOwned(options: StorageThreadOptions): ReturnType<typeof openDataFile> {
  try {
    return openDataFile(options);
  } catch (cause) {
    const error = storageError(cause, databaseFile(options.dataDir));
    if (error.code !== 'SEQ_DATA_DIR_IN_USE') throw error;
    const pid = readOwner(options.dataDir);
    const owner = pid === undefined ? 'another process' : pid === process.pid ? 'this process already' : `process ${pid}`;
    throw new SequenceError('SEQ_DATA_DIR_IN_USE', `${options.dataDir} is owned by ${owner}`, { dataDir: options.dataDir, pid }, { cause });
  }
}

function isWrite(request: Request): request is Request & { readonly name: WriteRequest['name'] } {
  return (WRITES as readonly string[]).includes(request.name);
}

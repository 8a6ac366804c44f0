/** Everything the storage thread holds: the open data directory, the tables, and the requests that wait for their turn. */

import { SequenceError } from '../../core/errors.ts';
import { corrupt, databaseFile, openDataFile } from './data-file.ts';
import { createGroupCommit, type WriteRequest } from './group-commit.ts';
import { openJobRows } from './job-rows.ts';
import { openLogRows } from './log-rows.ts';
import { createReads, type ReadRequest } from './reads.ts';
import { openRegistrarReports } from './registrar-reports.ts';
import { openRegistrarRows } from './registrar-rows.ts';
import { createFinder } from './registrar-tables.ts';
import { openRouteRows } from './route-rows.ts';
import { openSeriesRows } from './series-rows.ts';
import { openSnapshotRows } from './snapshot-rows.ts';
import { errorFacts, isLocal, storageError } from './storage-errors.ts';
import {
  type Asks,
  type DataDirFacts,
  type Reply,
  type Request,
  type RequestBatch,
  type StorageThreadOptions,
  WRITES,
} from './storage-messages.ts';
import { type Holdings, openWitness, readOwner, removeOwner, type Witness, writeOwner } from './witness.ts';

/** Bounds of one transaction: nobody waits longer than such a group takes to write. */
const GROUP_RECORDS_MAX = 16_384;
const GROUP_BYTES_MAX = 4 * 1024 * 1024;

/**
 * The write-ahead file is moved into the database after about this much: 4,000 pages. Pages that change with every commit are then moved
 * once for many of them, and a start after a kill still reads the file in milliseconds.
 */
const CHECKPOINT_BYTES = 16 * 1024 * 1024;

/** What a commit writes beside its records: a page for each tree it touches. */
const COMMIT_BYTES = 8 * 1024;

/** What a command about reservations writes: the page of the tree of keys that its own falls into. */
const COMMAND_BYTES = 4 * 1024;

export interface ThreadStore {
  readonly facts: DataDirFacts;
  accept(batch: RequestBatch): void;
  /** Commits the next group of waiting writes; empty where none waits. */
  commitWaiting(): Reply[];
  /** Tells the witness what was committed; after the replies, because whoever waits for them need not wait for it. */
  testify(): void;
  readWaiting(): { readonly reply: Reply; readonly transfer: ArrayBuffer[] } | undefined;
  /** Moves the write-ahead file into the database when it is large enough; tells whether it did. */
  checkpoint(): boolean;
  isClosing(): boolean;
  close(): Reply;
}

export function openStore(options: StorageThreadOptions): ThreadStore {
  const { dataDir, readOnly, acceptsLoss } = options;
  const file = databaseFile(dataDir);
  const { database, facts, testimony } = openOwned(options);
  const log = openLogRows(database);
  const series = openSeriesRows(database);
  const holds = (): Holdings => ({ records: log.recordCount(), operations: series.ops() });
  if (testimony !== undefined && !(readOnly && acceptsLoss)) checkHoldings(dataDir, holds(), testimony);
  const witness: Witness | undefined = readOnly ? undefined : openWitness(dataDir, facts.logId, holds(), testimony === undefined);
  if (!readOnly) {
    // Pieces of snapshots that were never finished.
    database.exec('DELETE FROM snapshot_piece WHERE snapshot NOT IN (SELECT id FROM snapshot)');
    writeOwner(dataDir);
  }
  const jobs = openJobRows(database);
  if (!readOnly) jobs.recover(Date.now());
  const finder = createFinder(database, series.lives);
  const tables = {
    log,
    snapshots: openSnapshotRows(database),
    routes: openRouteRows(database),
    jobs,
    registrar: openRegistrarRows(database, series, finder),
    reports: openRegistrarReports(database, series, finder),
  };
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
    for (const request of writes) {
      const size = sizeOf(request);
      const added = request.records.lengths.length;
      if (count > 0 && (records + added > GROUP_RECORDS_MAX || bytes + size > GROUP_BYTES_MAX)) break;
      records += added;
      bytes += size;
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
      return commitGroup(takeGroup());
    },
    testify() {
      witness?.testify(holds());
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

/** What the writes of a request come to, roughly. */
function sizeOf({ name, asks, records }: WriteRequest): number {
  return name === 'applyCommands' ? (asks as Asks<'applyCommands'>).commands.length * COMMAND_BYTES : records.bytes.byteLength;
}

/** A database that lost its end looks sound to SQLite; the witness knows how much there was. */
function checkHoldings(dataDir: string, { records, operations }: Holdings, told: Holdings): void {
  if (records >= told.records && operations >= told.operations) return;
  const [held, written, what] =
    records < told.records ? [records, told.records, 'records'] : [operations, told.operations, 'changes of reservations'];
  const file = databaseFile(dataDir);
  throw corrupt(dataDir, `it holds ${held} ${what}, ${written} were written; the end of it, or ${file}-wal, is lost`);
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

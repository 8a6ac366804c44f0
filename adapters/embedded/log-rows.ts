/**
 * The log inside the database, as the storage thread sees it: offsets are given here, one after the other.
 *
 * Appends of one transaction are gathered per partition and written as few chunks. What memory knows of a partition moves only when
 * the transaction is on disk: `settle(false)` after a rollback leaves everything as it was, and the same offsets are given again.
 */
import type Database from 'libsql';
import { encodeChunk, type PackedRecords, packedSize } from './chunk.ts';
import { blobOf, exact } from './rows.ts';
import type { ChunksRead } from './storage-messages.ts';

/** A chunk is read as a whole even for one record, and one row per record would halve the speed of a replay. */
const CHUNK_BYTES_MAX = 64 * 1024;
const CHUNK_RECORDS_MAX = 1_024;

/** Rows that a read looks at first: a megabyte of them where they are full. */
const LOOK_ROWS = 16;
const LOOK_GROWTH = 4;
/** Many small appends: beyond these a read ends, and the next one goes on. */
const LOOK_ROWS_MAX = 4_096;

interface ReadLimits {
  readonly from: number;
  readonly recordsMax: number;
  readonly bytesMax: number;
}

/** Rows deleted of a partition in a transaction: appends of others wait no longer than this takes. 64 full ones are 4 MB. */
const DELETED_ROWS_MIN = 64;
const DELETED_ROWS_MAX = 5_000;
/** So many bytes in the first rows are few. */
const SMALL_BYTES = 64 * 1_024;

interface Partition {
  readonly id: number;
  readonly topic: string;
  readonly partition: number;
  /** Offset of the oldest record kept, and one past the newest. */
  start: number;
  end: number;
  /** Time of the newest record: time inside a partition never goes back, so that retention cuts a prefix. */
  atMs: number;
}

/** A partition inside the running transaction. */
interface Staged extends Partition {
  parts: PackedRecords[];
  partsFirst: number;
  partsBytes: number;
  partsCount: number;
}

export interface LogRows {
  append(topic: string, partition: number, records: PackedRecords, nowMs: number): { first: number; atMs: number };
  trim(topic: string, beforeMs: number): { trimmed: number; done: boolean };
  /** Deletes some of the whole chunks that end before the offset; true once none is left. */
  cut(topic: string, partition: number, before: number): boolean;
  /** Writes what the appends of this transaction gathered. */
  flush(): void;
  settle(committed: boolean): void;
  /** Whole chunks, as many as have `recordsMax` records from `from` on. */
  read(topic: string, partition: number, from: number, recordsMax: number, bytesMax: number): ChunksRead;
  bounds(topic: string, partition: number): { start: number; end: number };
  /** Records ever appended, trimmed ones included: grows with every append and with nothing else. */
  recordCount(): number;
}

export function openLogRows(database: Database.Database): LogRows {
  const insertPartition = database.prepare('INSERT INTO topic_partition (id, topic, partition, start_offset) VALUES (?, ?, ?, 0)');
  const insertChunk = database.prepare('INSERT INTO log (topic_partition, last_offset, at_ms, chunk) VALUES (?, ?, ?, ?)');
  const selectSizes = database
    .prepare(
      `SELECT group_concat(last_offset), group_concat(size) FROM (SELECT last_offset, length(chunk) AS size FROM log
         WHERE topic_partition = ? AND last_offset >= ? ORDER BY last_offset LIMIT ?)`,
    )
    .raw();
  // Fetching a row costs libsql more than a microsecond, so rows are joined into one blob inside SQLite. group_concat takes a blob's
  // bytes as they are and the cast gives them back as they were; each chunk's checksum proves it at every read.
  const selectChunks = database
    .prepare(
      `SELECT CAST(group_concat(chunk, '') AS BLOB) FROM (SELECT chunk FROM log
         WHERE topic_partition = ? AND last_offset >= ? ORDER BY last_offset LIMIT ?)`,
    )
    .raw();
  /** The oldest rows of a partition, so many at most, that are before a bound. */
  const selectOldest = (before: 'at_ms' | 'last_offset') =>
    database
      .prepare(
        `SELECT max(last_offset), count(*), sum(size) FROM (SELECT last_offset, at_ms, length(chunk) AS size FROM log
         WHERE topic_partition = ? ORDER BY last_offset LIMIT ?) WHERE ${before} < ?`,
      )
      .raw();
  const [selectOlder, selectBefore] = [selectOldest('at_ms'), selectOldest('last_offset')];
  const deleteChunks = database.prepare('DELETE FROM log WHERE topic_partition = ? AND last_offset <= ?');
  const updateStart = database.prepare('UPDATE topic_partition SET start_offset = ? WHERE id = ?');

  const known = loadPartitions(database);
  let staged = new Map<string, Staged>();
  let lastId = 0;
  let records = 0;
  for (const each of known.values()) {
    lastId = Math.max(lastId, each.id);
    records += each.end;
  }

  function stage(topic: string, partition: number): Staged {
    const key = keyOf(topic, partition);
    let found = staged.get(key);
    if (found !== undefined) return found;
    const base = known.get(key) ?? { id: lastId + staged.size + 1, topic, partition, start: 0, end: 0, atMs: 0 };
    if (!known.has(key)) insertPartition.run(base.id, topic, partition);
    found = { ...base, parts: [], partsFirst: base.end, partsBytes: 0, partsCount: 0 };
    staged.set(key, found);
    return found;
  }

  function writeChunk(into: Staged): void {
    if (into.partsCount === 0) return;
    const last = into.partsFirst + into.partsCount - 1;
    insertChunk.run([into.id, last, into.atMs, encodeChunk(into.partsFirst, into.atMs, into.parts)]);
    into.parts = [];
    into.partsFirst = last + 1;
    into.partsBytes = 0;
    into.partsCount = 0;
  }

  function gather(into: Staged, records: PackedRecords): void {
    const full = into.partsBytes + packedSize(records) > CHUNK_BYTES_MAX || into.partsCount + records.lengths.length > CHUNK_RECORDS_MAX;
    if (full) writeChunk(into);
    into.parts.push(records);
    into.partsBytes += packedSize(records);
    into.partsCount += records.lengths.length;
  }

  /** SQLite reads every row that it passes as a whole, so few are looked at where they are large, and more only where they turn out small. */
  function chunksToRead(id: number, { from, recordsMax, bytesMax }: ReadLimits): number {
    for (let rows = Math.min(LOOK_ROWS, recordsMax); ; rows = Math.min(LOOK_GROWTH * rows, LOOK_ROWS_MAX)) {
      const [offsets, sizes] = selectSizes.get(id, from, rows) as unknown as [string | null, string | null];
      const lasts = (offsets ?? '').split(',');
      const count = countWithin((sizes ?? '').split(','), bytesMax);
      const enough = lasts.findIndex((last) => Number(last) >= from + recordsMax - 1);
      if (enough >= 0 && enough < count) return enough + 1;
      if (count < rows || lasts.length < rows || rows === LOOK_ROWS_MAX) return count;
    }
  }

  /** Deletes the oldest rows before a bound, few at a time where they are large; true where there may be more. */
  function deleteOldest(from: Staged, select: Database.Statement, bound: number): boolean {
    for (let rows = DELETED_ROWS_MIN; ; rows = DELETED_ROWS_MAX) {
      const [last, count, bytes] = select.get(from.id, rows, bound) as unknown as [bigint | null, bigint, bigint | null];
      const goesOn = exact(count) === rows;
      if (goesOn && rows < DELETED_ROWS_MAX && exact(bytes ?? 0n) < SMALL_BYTES) continue;
      if (last === null) return false;
      deleteChunks.run(from.id, last);
      from.start = exact(last) + 1;
      updateStart.run(from.start, from.id);
      return goesOn;
    }
  }

  return {
    append(topic, partition, records, nowMs) {
      const into = stage(topic, partition);
      // Chunks of one transaction carry one time each; an earlier clock must not make the log's time go back.
      if (nowMs > into.atMs) {
        writeChunk(into);
        into.atMs = nowMs;
      }
      const first = into.end;
      for (const part of split(records)) gather(into, part);
      into.end += records.lengths.length;
      return { first, atMs: into.atMs };
    },
    trim(topic, beforeMs) {
      let trimmed = 0;
      let done = true;
      for (const { partition } of [...known.values()].filter((each) => each.topic === topic)) {
        const from = stage(topic, partition);
        const { start } = from;
        if (deleteOldest(from, selectOlder, beforeMs)) done = false;
        trimmed += from.start - start;
      }
      return { trimmed, done };
    },
    cut(topic, partition, before) {
      return !deleteOldest(stage(topic, partition), selectBefore, before);
    },
    flush() {
      for (const each of staged.values()) writeChunk(each);
    },
    settle(committed) {
      if (committed) {
        for (const [key, { id, topic, partition, start, end, atMs }] of staged) {
          records += end - (known.get(key)?.end ?? 0);
          known.set(key, { id, topic, partition, start, end, atMs });
          lastId = Math.max(lastId, id);
        }
      }
      if (staged.size > 0) staged = new Map();
    },
    read(topic, partition, from, recordsMax, bytesMax) {
      const found = known.get(keyOf(topic, partition));
      if (found === undefined || from >= found.end) return { chunks: new Uint8Array(0), start: found?.start ?? 0, end: found?.end ?? 0 };
      const count = chunksToRead(found.id, { from, recordsMax, bytesMax });
      const [chunks] = selectChunks.get(found.id, from, count) as unknown as [unknown];
      return { chunks: chunks === null ? new Uint8Array(0) : blobOf(chunks), start: found.start, end: found.end };
    },
    bounds(topic, partition) {
      const found = known.get(keyOf(topic, partition));
      return { start: found?.start ?? 0, end: found?.end ?? 0 };
    },
    recordCount: () => records,
  };
}

/** Topic names hold no line breaks, so the key is unambiguous. */
function keyOf(topic: string, partition: number): string {
  return `${partition}\n${topic}`;
}

function loadPartitions(database: Database.Database): Map<string, Partition> {
  const selectLast = database
    .prepare('SELECT last_offset, at_ms FROM log WHERE topic_partition = ? ORDER BY last_offset DESC LIMIT 1')
    .raw();
  const rows = database.prepare('SELECT id, topic, partition, start_offset FROM topic_partition').raw().all() as [
    bigint,
    string,
    bigint,
    bigint,
  ][];
  const partitions = new Map<string, Partition>();
  for (const [id, topic, partition, startOffset] of rows) {
    const last = selectLast.get(exact(id)) as unknown as [bigint, bigint] | undefined;
    const start = exact(startOffset);
    const end = last === undefined ? start : exact(last[0]) + 1;
    const atMs = last === undefined ? 0 : exact(last[1]);
    partitions.set(keyOf(topic, exact(partition)), { id: exact(id), topic, partition: exact(partition), start, end, atMs });
  }
  return partitions;
}

/** The records in runs that fit into a chunk each. A record larger than a chunk gets one of its own. */
function* split(records: PackedRecords): Generator<PackedRecords> {
  const { lengths, bytes } = records;
  if (lengths.length <= CHUNK_RECORDS_MAX && packedSize(records) <= CHUNK_BYTES_MAX) {
    yield records;
    return;
  }
  let from = 0;
  let bytesFrom = 0;
  let bytesTo = 0;
  for (let index = 0; index < lengths.length; index++) {
    const size = 4 * (index - from + 1) + bytesTo - bytesFrom + (lengths[index] ?? 0);
    if (index > from && (size > CHUNK_BYTES_MAX || index - from === CHUNK_RECORDS_MAX)) {
      yield { lengths: lengths.subarray(from, index), bytes: bytes.subarray(bytesFrom, bytesTo) };
      from = index;
      bytesFrom = bytesTo;
    }
    bytesTo += lengths[index] ?? 0;
  }
  yield { lengths: lengths.subarray(from), bytes: bytes.subarray(bytesFrom, bytesTo) };
}

/** How many chunks fit into `bytesMax`; at least one, so that a reader always gets on. */
function countWithin(sizes: readonly string[], bytesMax: number): number {
  let total = 0;
  let count = 0;
  for (const size of sizes) {
    total += Number(size);
    if (count > 0 && total > bytesMax) break;
    count++;
  }
  return count;
}

/**
 * Opening the database of a data directory: the lock, the checks, the settings that durability rests on, the tables.
 *
 * The lock is SQLite's own on the database file, held from here to the end (`locking_mode = EXCLUSIVE`): the system frees it when the
 * process dies, and inside one process SQLite itself refuses a second connection. Nothing else in this process may open that file:
 * closing any descriptor of it would drop the lock. A file that fails a check is left as it was found.
 */
import { randomUUID } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'libsql';
import { assert } from '../../core/assertion.ts';
import { SequenceError } from '../../core/errors.ts';
import { JOB_TABLES } from './job-rows.ts';
import { REGISTRAR_TABLES } from './registrar-tables.ts';
import { checkRestored } from './restoring-mark.ts';
import { exact } from './rows.ts';
import type { DataDirFacts, StorageThreadOptions } from './storage-messages.ts';
import { readTestimony, syncDirectory, type Testimony } from './witness.ts';

/** Raised with every change of the tables that an older version could not read. */
const FORMAT = 1;

/** "sqct" in ASCII: tells our database from somebody else's. */
const APPLICATION_ID = 0x73716374;

/** A process that was killed a moment ago may still be dying: worth a short wait, not a long one. */
const LOCK_WAIT_MS = 250;

/** Up to this size the tree of the database is checked at every open: 20 ms of a start. Rows are checked when they are read. */
const CHECKED_AT_OPEN_BYTES_MAX = 16 * 1024 * 1024;

const PAGE_BYTES = 4_096;

const TABLES = `
  CREATE TABLE meta (log_id TEXT NOT NULL, created_at_ms INTEGER NOT NULL, partition_count INTEGER NOT NULL, route_version INTEGER NOT NULL);
  CREATE TABLE topic_partition (id INTEGER PRIMARY KEY, topic TEXT NOT NULL, partition INTEGER NOT NULL, start_offset INTEGER NOT NULL,
    UNIQUE (topic, partition));
  CREATE TABLE log (topic_partition INTEGER NOT NULL, last_offset INTEGER NOT NULL, at_ms INTEGER NOT NULL, chunk BLOB NOT NULL,
    PRIMARY KEY (topic_partition, last_offset)) WITHOUT ROWID;
  CREATE TABLE group_offset (consumer_group TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition)) WITHOUT ROWID;
  CREATE TABLE snapshot (id INTEGER PRIMARY KEY, stage TEXT NOT NULL, partition INTEGER NOT NULL, header TEXT NOT NULL,
    checksum TEXT NOT NULL, piece_count INTEGER NOT NULL);
  CREATE TABLE snapshot_piece (snapshot INTEGER NOT NULL, piece INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (snapshot, piece));
  CREATE TABLE route (key TEXT PRIMARY KEY, value TEXT NOT NULL, version INTEGER NOT NULL) WITHOUT ROWID;
`;
const TABLE_NAMES = ['group_offset', 'log', 'meta', 'route', 'snapshot', 'snapshot_piece', 'topic_partition'];

export interface DataFile {
  readonly database: Database.Database;
  readonly facts: DataDirFacts;
  readonly testimony: Testimony | undefined;
}

export function databaseFile(dataDir: string): string {
  return join(dataDir, 'seqcast.db');
}

/** Throws what SQLite or the file system throws, or a `SequenceError`. After a throw the thread ends, and the connection with it. */
export function openDataFile(options: StorageThreadOptions): DataFile {
  const { dataDir, readOnly } = options;
  const testimony = prepareDirectory(dataDir, readOnly);
  if (!readOnly) checkRestored(dataDir);
  const database = new Database(databaseFile(dataDir));
  database.defaultSafeIntegers(true);
  database.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA busy_timeout = ${LOCK_WAIT_MS}; PRAGMA cell_size_check = ON`);
  // The first read takes the lock; nothing was written before it succeeds.
  const tables = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .raw()
    .all() as [string][];
  const isOurs = pragmaNumber(database, 'application_id') === APPLICATION_ID;
  // Interrupted before its first commit a new database holds nothing; with a witness beside it, it has held something.
  const isNew = tables.length === 0 && !isOurs && testimony === undefined;
  if (!isNew)
    check(
      database,
      dataDir,
      isOurs,
      tables.map(([name]) => name),
    );
  if (isNew && readOnly) throw nothingThere(dataDir);
  if (isNew) create(database, options);
  else makeDurable(database);
  addLaterTables(database, readOnly);
  if (readOnly) database.exec('PRAGMA query_only = ON');
  if (options.sizeBytesMax > 0) database.exec(`PRAGMA max_page_count = ${Math.ceil(options.sizeBytesMax / PAGE_BYTES)}`);
  const facts = readFacts(database);
  const told = testimony === 'damaged' ? undefined : testimony;
  if (told !== undefined && told.logId !== facts.logId)
    throw corrupt(dataDir, `it holds the log ${facts.logId}, the witness beside it names ${told.logId}`);
  return { database, facts, testimony: told };
}

/** Creates the directory where needed, and makes sure that a database which once held records has not vanished. */
function prepareDirectory(dataDir: string, readOnly: boolean): Testimony | 'damaged' | undefined {
  if (!readOnly) createDirectory(dataDir);
  accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
  const testimony = readTestimony(dataDir);
  const file = databaseFile(dataDir);
  const size = existsSync(file) ? statSync(file).size : undefined;
  if (size !== undefined) accessSync(file, constants.R_OK | constants.W_OK);
  // SQLite would take an empty file for a new database and delete the write-ahead file beside it.
  if (testimony !== undefined && (size ?? 0) === 0) throw corrupt(dataDir, size === undefined ? 'it is missing' : 'it is empty');
  if (size === undefined && readOnly) throw nothingThere(dataDir);
  return testimony;
}

/** Creates a directory and all above it, durably. (Node's own `recursive` never returns where a file system has no place for it.) */
function createDirectory(directory: string): void {
  if (existsSync(directory)) return;
  const above = dirname(directory);
  if (above !== directory) createDirectory(above);
  try {
    mkdirSync(directory);
  } catch (error) {
    // Somebody else may just have created it; the lock decides who owns it.
    if (!existsSync(directory)) throw error;
  }
  syncDirectory(above);
}

function check(database: Database.Database, dataDir: string, isOurs: boolean, tables: readonly string[]): void {
  if (!isOurs) throw corrupt(dataDir, 'it is not a database of seqcast');
  const format = pragmaNumber(database, 'user_version');
  if (format > FORMAT) {
    const message = `${databaseFile(dataDir)} was written by a newer version of seqcast (format ${format}, this version knows ${FORMAT})`;
    throw new SequenceError('SEQ_DATA_NEWER', message, { file: databaseFile(dataDir), format });
  }
  const missing = TABLE_NAMES.filter((name) => !tables.includes(name));
  if (missing.length > 0) throw corrupt(dataDir, `it misses ${missing.join(', ')}`);
  if (pragmaNumber(database, 'page_count') * PAGE_BYTES > CHECKED_AT_OPEN_BYTES_MAX) return;
  const problems = (database.prepare('PRAGMA quick_check(1)').raw().all() as [string][]).map(([problem]) => problem);
  if (problems[0] !== 'ok') throw corrupt(dataDir, problems.join('; '));
}

function create(database: Database.Database, { partitionCount }: StorageThreadOptions): void {
  makeDurable(database);
  // One transaction, so that a crash leaves either nothing or everything.
  database.exec(`BEGIN IMMEDIATE; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT}; ${TABLES}`);
  database.prepare('INSERT INTO meta VALUES (?, ?, ?, 0)').run(randomUUID(), Date.now(), partitionCount);
  database.exec('COMMIT');
}

/**
 * Tables that came after the first directories were created. Versions that do not know them leave them alone, so the format stays; a
 * directory that is only looked at is not changed, and gets empty ones that vanish with the connection.
 */
function addLaterTables(database: Database.Database, readOnly: boolean): void {
  for (const tables of [JOB_TABLES, REGISTRAR_TABLES]) {
    const names = [...tables.matchAll(/CREATE TABLE IF NOT EXISTS (\w+)/g)].map(([, name]) => `'${name}'`);
    const found = database.prepare(`SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN (${names.join(', ')})`).raw();
    const [count] = found.get() as unknown as [bigint];
    // A temporary table would hide one that is there, so either all of a kind are made or none.
    if (exact(count) === names.length) continue;
    database.exec(readOnly ? tables.replaceAll('IF NOT EXISTS ', 'IF NOT EXISTS temp.') : `BEGIN IMMEDIATE; ${tables} COMMIT`);
  }
}

/** What "durable" and "exact" rest on is set, then read back: a build of SQLite may ignore a setting without a word. */
function makeDurable(database: Database.Database): void {
  // Checkpoints are the thread's own business, between commits; SQLite's own is left as a bound for when that never comes.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA wal_autocheckpoint = 10000');
  const [mode] = database.prepare('PRAGMA journal_mode').raw().get() as unknown as [string];
  const [locking] = database.prepare('PRAGMA locking_mode').raw().get() as unknown as [string];
  const [big] = database.prepare('SELECT 9007199254740993').raw().get() as unknown as [unknown];
  assert(mode === 'wal', `journal_mode is ${mode}, not wal`);
  assert(locking === 'exclusive', `locking_mode is ${locking}, not exclusive`);
  assert(pragmaNumber(database, 'synchronous') === 2, 'synchronous is not FULL');
  assert(big === 9007199254740993n, `integers are not exact: 9007199254740993 reads as ${big}`);
}

function readFacts(database: Database.Database): DataDirFacts {
  const row = database.prepare('SELECT log_id, created_at_ms, partition_count FROM meta').raw().get() as unknown as [
    string,
    bigint,
    bigint,
  ];
  return { logId: row[0], createdAtMs: exact(row[1]), partitionCount: exact(row[2]) };
}

function pragmaNumber(database: Database.Database, name: string): number {
  const [value] = database.prepare(`PRAGMA ${name}`).raw().get() as unknown as [bigint];
  return exact(value);
}

function nothingThere(dataDir: string): SequenceError {
  return new SequenceError('SEQ_DATA_DIR_UNUSABLE', `${dataDir} holds no data of seqcast`, { file: dataDir });
}

/** The database is damaged or has lost something; nothing was changed. */
export function corrupt(dataDir: string, because: string): SequenceError {
  const file = databaseFile(dataDir);
  return new SequenceError('SEQ_DATA_CORRUPT', `${file} is damaged: ${because}`, { file });
}

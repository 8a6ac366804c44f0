/** What the storage thread answers without writing: reads of the log, of snapshots, routes, jobs and reservations, and the integrity check. */
import type Database from 'libsql';
import type { Tables } from './group-commit.ts';
import { exact } from './rows.ts';
import type { Answers, Asks, OperationName, WriteName } from './storage-messages.ts';

type ReadName = Exclude<OperationName, WriteName | 'close'>;

export interface ReadRequest {
  readonly id: number;
  readonly name: ReadName;
  readonly asks: object;
}

/** An answer, and the buffers in it that change hands instead of being copied. */
export interface ReadResult {
  readonly answer: unknown;
  readonly transfer: ArrayBuffer[];
}

export function createReads(
  database: Database.Database,
  { log, snapshots, routes, jobs, reports }: Tables,
): (request: ReadRequest) => ReadResult {
  const selectOffset = database
    .prepare('SELECT next_offset FROM group_offset WHERE consumer_group = ? AND topic = ? AND partition = ?')
    .raw();
  const operations: { readonly [K in ReadName]: (asks: Asks<K>) => Answers<K> } = {
    read: ({ topic, partition, from, recordsMax, bytesMax }) => log.read(topic, partition, from, recordsMax, bytesMax),
    bounds: ({ topic, partition }) => log.bounds(topic, partition),
    committed({ group, topic, partition }) {
      const row = selectOffset.get(group, topic, partition) as unknown as [bigint] | undefined;
      return row === undefined ? undefined : exact(row[0]);
    },
    beginSnapshot: () => snapshots.begin(),
    listSnapshots: ({ stage, partition }) => snapshots.list(stage, partition),
    loadPiece: ({ snapshot, piece }) => snapshots.loadPiece(snapshot, piece),
    getRoute: ({ key }) => routes.get(key),
    listRoutes: ({ prefix }) => routes.list(prefix),
    findJob: ({ id }) => jobs.find(id, Date.now()),
    listJobs: ({ state, limit }) => jobs.list(state, limit, Date.now()),
    readLineage: () => reports.lineage(),
    findSeries: ({ series }) => reports.status(series),
    findReservation: ({ id }) => reports.find(id),
    findReservationByKey: ({ keyScope, key }) => reports.findByKey(keyScope, key),
    listHolders: ({ series, ordinal }) => reports.holders(series, ordinal),
    listVoids: ({ series, page }) => reports.voids(series, page),
    listReuses: ({ series, page }) => reports.reuses(series, page),
    integrity() {
      const rows = database.prepare('PRAGMA integrity_check(20)').raw().all() as [string][];
      return rows.map(([problem]) => problem).filter((problem) => problem !== 'ok');
    },
  };
  return ({ name, asks }) => {
    const answer = (operations[name] as (asks: object) => unknown)(asks);
    return { answer, transfer: buffersOf(answer) };
  };
}

function buffersOf(answer: unknown): ArrayBuffer[] {
  const bytes = answer instanceof Uint8Array ? answer : (answer as { readonly chunks?: unknown } | undefined)?.chunks;
  return bytes instanceof Uint8Array && bytes.byteLength > 0 ? [bytes.buffer as ArrayBuffer] : [];
}

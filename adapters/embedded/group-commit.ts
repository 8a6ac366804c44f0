/**
 * Commits requests in groups: one transaction, one fsync for all that waited. A request that fails alone (a full disk, a broken
 * constraint) must not take the others with it, so a group that fails is rolled back and tried again in halves.
 */
import type Database from 'libsql';
import type { CountLog } from '../../pipelines/ports.ts';
import { encode } from '../../schemas/codec.ts';
import type { PackedRecords } from './chunk.ts';
import type { JobRows } from './job-rows.ts';
import type { LogRows } from './log-rows.ts';
import type { RegistrarReports } from './registrar-reports.ts';
import type { RegistrarRows } from './registrar-rows.ts';
import type { RouteRows } from './route-rows.ts';
import type { SnapshotRows } from './snapshot-rows.ts';
import { errorFacts, isLocal, storageError } from './storage-errors.ts';
import type { Asks, CountAppended, Reply, WriteName } from './storage-messages.ts';

export interface WriteRequest {
  readonly id: number;
  readonly name: WriteName;
  readonly asks: object;
  readonly records: PackedRecords;
}

export interface Tables {
  readonly log: LogRows;
  readonly snapshots: SnapshotRows;
  readonly routes: RouteRows;
  readonly jobs: JobRows;
  readonly registrar: RegistrarRows;
  readonly reports: RegistrarReports;
}

/** Commits a group and answers each of its requests; throws when the storage is in doubt. */
export type CommitGroup = (group: readonly WriteRequest[]) => Reply[];

export function createGroupCommit(database: Database.Database, tables: Tables, file: string): CommitGroup {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const apply = createApply(database, tables);

  function inOneTransaction(group: readonly WriteRequest[]): Reply[] {
    const nowMs = Date.now();
    begin.run();
    try {
      const replies = group.map((request) => ({ id: request.id, answer: apply(request, nowMs) }));
      tables.log.flush();
      tables.registrar.flush();
      commit.run();
      tables.log.settle(true);
      tables.registrar.settle(true);
      return replies;
    } catch (error) {
      tables.log.settle(false);
      tables.registrar.settle(false);
      // After some errors, a full disk among them, SQLite has rolled back already.
      if (database.inTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  return function commitGroup(group): Reply[] {
    try {
      return inOneTransaction(group);
    } catch (error) {
      if (!isLocal(error)) throw error;
      const [only] = group;
      if (group.length === 1 && only !== undefined) return [{ id: only.id, error: errorFacts(storageError(error, file)) }];
      const middle = group.length >>> 1;
      return [...commitGroup(group.slice(0, middle)), ...commitGroup(group.slice(middle))];
    }
  };
}

function appendCount(log: LogRows, { pool, topic, partition }: CountLog, life: string, ops: number, nowMs: number): CountAppended {
  const record = encode({ kind: 'OpsLogged', pool, life, ops });
  const { first, atMs } = log.append(topic, partition, { lengths: Uint32Array.of(record.byteLength), bytes: record }, nowMs);
  return { topic, partition, first, atMs, record };
}

function createApply(
  database: Database.Database,
  { log, snapshots, routes, jobs, registrar }: Tables,
): (request: WriteRequest, nowMs: number) => unknown {
  const upsertOffset = database.prepare(
    `INSERT INTO group_offset (consumer_group, topic, partition, next_offset) VALUES (?, ?, ?, ?)
       ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET next_offset = excluded.next_offset`,
  );
  const operations: { readonly [K in WriteName]: (asks: Asks<K>, records: PackedRecords, nowMs: number) => unknown } = {
    append: ({ topic, partition }, records, nowMs) => log.append(topic, partition, records, nowMs),
    trim: ({ topic, beforeMs }) => log.trim(topic, beforeMs),
    cut: ({ topic, partition, before }) => log.cut(topic, partition, before),
    commit({ group, topic, partition, offset }) {
      upsertOffset.run(group, topic, partition, offset);
    },
    savePiece: ({ snapshot, piece }, records) => snapshots.savePiece(snapshot, piece, records.bytes),
    saveSnapshot: (asks) => snapshots.save(asks),
    putRoute: ({ key, value, ifVersion }) => routes.put(key, value, ifVersion),
    deleteRoute: ({ key }) => routes.delete(key),
    addJob: (asks, _, nowMs) => jobs.add(asks, nowMs),
    takeJob: ({ name }, _, nowMs) => jobs.take(name, nowMs),
    reportJob: (asks) => jobs.report(asks),
    endJob: (asks, _, nowMs) => jobs.end(asks, nowMs),
    reviveJob: ({ id }, _, nowMs) => jobs.revive(id, nowMs),
    scheduleJob: (asks, _, nowMs) => jobs.schedule(asks, nowMs),
    recordLife({ life }) {
      registrar.recordLife(life);
      return undefined;
    },
    openSeries: ({ writer, series }) => registrar.openSeries(writer, series),
    grantSeries: ({ writer, series, grant }) => registrar.grant(writer, series, grant),
    applyCommands({ writer, commands, logs }, _, nowMs) {
      const before = registrar.ops();
      const applied = registrar.apply(writer, commands);
      // Together with the changes that it counts: a disk that has the one has the other.
      const counted = applied.ops === before ? [] : logs.map((each) => appendCount(log, each, writer.life, applied.ops, nowMs));
      return { ...applied, counted };
    },
    sweepReservations: ({ writer, nowMs }) => registrar.sweep(writer, nowMs),
  };
  return ({ name, asks, records }, nowMs) =>
    (operations[name] as (asks: object, records: PackedRecords, nowMs: number) => unknown)(asks, records, nowMs);
}

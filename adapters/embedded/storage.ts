/**
 * The embedded storage: event log, snapshots, route table, jobs and reservations of one process in one data directory. Nothing to install, one owner at a
 * time, and what was acknowledged survives `kill -9` and a power loss.
 *
 *   seqcast.db (+ -wal)   everything; SQLite, locked by its owner
 *   seqcast.witness       how much it holds at least; see witness.ts
 *   seqcast.pid           who the owner is, for messages only
 *   seqcast.restoring     a restore was begun and is not finished; see restoring-mark.ts
 */
import { resolve } from 'node:path';
import type { SequenceError } from '../../core/errors.ts';
import type { EventLog, JobQueue, Registrar, RouteTable, SnapshotStore } from '../../pipelines/ports.ts';
import { RETRY_RULE, type RetryRule } from '../job-rules.ts';
import { createEventLog } from './event-log.ts';
import { createJobQueue } from './job-queue.ts';
import { createRegistrar } from './registrar.ts';
import { createRouteTable } from './route-table.ts';
import { createSnapshotStore } from './snapshot-store.ts';
import { openStorageLink } from './storage-link.ts';
import type { DataDirFacts } from './storage-messages.ts';

const LEDGER_TOPICS = ['seqcast.ranges', 'seqcast.shards'];

export interface EmbeddedStorageOptions {
  readonly dataDir: string;
  /** Called once when the storage fails in a way nobody foresaw: the process must stop. */
  readonly onFailure: (error: SequenceError) => void;
  /** Partitions per topic, recorded when the directory is created; an existing directory keeps its own number. */
  readonly partitionCount?: number;
  /** Looks at a stopped directory: it must exist, and nothing can be appended, saved or put. */
  readonly readOnly?: boolean;
  /** The database never grows beyond it: then appends are refused as on a full disk. Without it the disk is the bound. */
  readonly sizeBytesMax?: number;
  /** Looks at what is left of a database that lost its end; nothing may be served from that. */
  readonly acceptsLoss?: boolean;
  /** How often a job is tried, and the first pause between two tries. */
  readonly jobRetries?: RetryRule;
}

export interface EmbeddedStorage extends DataDirFacts {
  readonly log: EventLog;
  readonly snapshots: SnapshotStore;
  readonly routes: RouteTable;
  readonly jobs: JobQueue;
  readonly registrar: Registrar;
  /** Checks every page of the database; what is wrong, in words, or nothing. Takes about a second per gigabyte. */
  integrityProblems(): Promise<readonly string[]>;
  /** Waits for the jobs that are running in this process. */
  close(): Promise<void>;
}

export async function openEmbeddedStorage(options: EmbeddedStorageOptions): Promise<EmbeddedStorage> {
  const { onFailure, partitionCount = 1, readOnly = false, sizeBytesMax = 0, acceptsLoss = false, jobRetries = RETRY_RULE } = options;
  const dataDir = resolve(options.dataDir);
  const link = await openStorageLink({ dataDir, readOnly, partitionCount, sizeBytesMax, acceptsLoss }, onFailure);
  const log = createEventLog({ link, file: resolve(dataDir, 'seqcast.db'), ledgerTopics: LEDGER_TOPICS });
  const jobs = createJobQueue({ link, retries: jobRetries });
  return {
    ...link.facts,
    log,
    snapshots: createSnapshotStore(link),
    routes: createRouteTable(link),
    jobs,
    registrar: createRegistrar({ link, publish: log.publish }),
    integrityProblems: () => link.ask('integrity', {}),
    // Without jobs the end begins in this very turn: whatever is asked after it is refused.
    close: () => (jobs.isWorking() ? jobs.close().then(() => log.close()) : log.close()),
  };
}

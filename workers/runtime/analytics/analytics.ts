/**
 * The analytics of this process: works the jobs that roll up usage, audit the ledger and care for the archive, and sees that they are scheduled. Any number of
 * processes may do the same; the queue gives each job to one of them.
 */
import { HOUR_MS } from '../../../pipelines/analytics.ts';
import type { Archive, EventLog, JobQueue, SnapshotStore } from '../../../pipelines/ports.ts';
import { setSchedules } from '../process/job-schedules.ts';
import { ARCHIVE_DAYS, type ArchiveDays, archiveCare } from './archive-care.ts';
import { type Audit, ledgerAudit } from './ledger-audit.ts';
import { usageRollup } from './usage-rollup.ts';

const USAGE_ROLLUP = 'usage-rollup';
const LEDGER_AUDIT = 'ledger-audit';
const ARCHIVE_CARE = 'archive-care';

const SCHEDULES = [
  { name: USAGE_ROLLUP, everyMs: HOUR_MS, data: {} },
  { name: LEDGER_AUDIT, everyMs: 24 * HOUR_MS, data: {} },
  { name: ARCHIVE_CARE, everyMs: 24 * HOUR_MS, data: {} },
];

export interface AnalyticsOptions {
  readonly log: EventLog;
  readonly archive: Archive;
  readonly jobs: JobQueue;
  readonly partitionCount: number;
  /** The audit that knows this process's stores; without it the ledger and the reported cursors alone are audited. */
  readonly audit?: Audit;
  /** Keeps how far shards were judged, so that an hour costs an hour; without them each costs the whole ledger. */
  readonly snapshots?: SnapshotStore;
  /** The clock that stamps the log: the machine's, unless a test has another. */
  readonly nowMs?: () => number;
  /** How many days each table is kept. */
  readonly archiveDays?: ArchiveDays;
  readonly scheduleRetryMs?: number;
  /** Hears when a schedule cannot be set. What a job fails with stays with the job. */
  readonly onFailure: (error: unknown) => void;
}

export interface Analytics {
  /** Ends what is running at its next step and waits for it; log, archive and queue stay open. */
  close(): Promise<void>;
}

/** Rejects where the queue refuses a schedule; one that is away is asked again until it is back. */
export async function startAnalytics(options: AnalyticsOptions): Promise<Analytics> {
  const { log, archive, jobs, partitionCount, audit, snapshots, nowMs = Date.now, scheduleRetryMs, onFailure } = options;
  const { archiveDays = ARCHIVE_DAYS } = options;
  let closed = false;
  let schedules: { close(): void } | undefined;
  const isStopping = (): boolean => closed;
  const rollup = usageRollup({ log, archive, partitionCount, nowMs, isStopping, ...(snapshots === undefined ? {} : { snapshots }) });
  const audits = ledgerAudit({ log, partitionCount, isStopping, ...(audit === undefined ? {} : { audit }) });
  const care = archiveCare({ archive, days: archiveDays, nowMs, isStopping });
  const working = [jobs.work(USAGE_ROLLUP, rollup), jobs.work(LEDGER_AUDIT, audits), jobs.work(ARCHIVE_CARE, care)];

  async function close(): Promise<void> {
    closed = true;
    schedules?.close();
    await Promise.all(working.map((each) => each.close()));
  }

  try {
    schedules = await setSchedules({ jobs, schedules: SCHEDULES, retryMs: scheduleRetryMs, onFailure });
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

/**
 * What a process that does everything does beside giving out values: usage into the archive, the audit, trainings, bulk jobs. Loaded when everything
 * else serves: the archive's engine and the trainings are large, and nobody waits for them. What cannot start is said, and serving goes on.
 */
import type { Archive, Clock, EventLog, JobQueue, SnapshotStore } from '../../../pipelines/ports.ts';
import type { ArchiveDays } from '../analytics/archive-care.ts';
import type { ValueSource } from '../bulk/value-source.ts';
import type { ModelParts } from '../training/model-parts.ts';
import type { Logger } from './logging.ts';

export interface AnalyticsWork {
  readonly archiveDir: string;
  readonly archiveDays?: ArchiveDays;
  readonly onProblem: (error: unknown) => void;
}

export interface BackgroundWorkOptions {
  readonly log: EventLog;
  readonly jobs: JobQueue;
  readonly snapshots: SnapshotStore;
  readonly partitionCount: number;
  readonly clock: Clock;
  readonly analytics: AnalyticsWork | undefined;
  readonly trainings: { readonly parts: ModelParts; readonly isScheduled: boolean; readonly logger: Logger } | undefined;
  readonly bulk: { readonly dir: string; readonly source: ValueSource; readonly onProblem: (error: unknown) => void } | undefined;
  readonly onFailure: (error: unknown) => void;
}

/** What runs, and the archive it writes to, where there is one. */
export interface BackgroundWork extends Closable {
  readonly archive: Archive | undefined;
}

interface Closable {
  close(): Promise<void>;
}

export async function startBackgroundWork(options: BackgroundWorkOptions): Promise<BackgroundWork> {
  const opened: Closable[] = [];
  const archive = await startAnalysing(options, opened);
  await startTraining(options, archive, opened);
  await startBulk(options, archive, opened);
  return {
    archive,
    async close() {
      for (const each of opened.reverse()) await each.close();
    },
  };
}

async function startAnalysing(options: BackgroundWorkOptions, opened: Closable[]): Promise<Archive | undefined> {
  const { log, jobs, snapshots, partitionCount, analytics, onFailure } = options;
  if (analytics === undefined) return undefined;
  try {
    const [{ openArchive }, { startAnalytics }] = await Promise.all([
      import('../../../adapters/duckdb/archive.ts'),
      import('../analytics/analytics.ts'),
    ]);
    const archive = await openArchive({ dir: analytics.archiveDir });
    opened.push(archive);
    const { archiveDays } = analytics;
    const kept = archiveDays === undefined ? {} : { archiveDays };
    opened.push(await startAnalytics({ log, archive, jobs, partitionCount, snapshots, onFailure, ...kept }));
    return archive;
  } catch (error) {
    analytics.onProblem(error);
    return undefined;
  }
}

async function startTraining(options: BackgroundWorkOptions, archive: Archive | undefined, opened: Closable[]): Promise<void> {
  const { log, jobs, partitionCount, clock, trainings, onFailure } = options;
  if (trainings === undefined) return;
  const { parts, isScheduled, logger } = trainings;
  try {
    const { startTrainings } = await import('../training/trainings.ts');
    const { store, directory } = parts;
    opened.push(await startTrainings({ log, partitionCount, archive, jobs, store, directory, clock, logger, isScheduled, onFailure }));
  } catch (error) {
    logger.error({ err: error }, 'no models are trained');
  }
}

async function startBulk({ jobs, clock, bulk }: BackgroundWorkOptions, archive: Archive | undefined, opened: Closable[]): Promise<void> {
  if (bulk === undefined) return;
  const { dir, source, onProblem } = bulk;
  try {
    const { startBulkWork } = await import('../bulk/bulk-work.ts');
    opened.push(await startBulkWork({ dir, source, jobs, archive, nowMs: () => clock.nowMs() }));
  } catch (error) {
    onProblem(error);
  }
}

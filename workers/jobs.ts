/** The jobs worker: rollups into the archive, the audit of the ledger, trainings of models, bulk issues, off the way of any call. */
import { join } from 'node:path';
import { openArchive } from '../adapters/duckdb/archive.ts';
import { startAnalytics } from './runtime/analytics/analytics.ts';
import { archiveDaysOf } from './runtime/analytics/archive-care.ts';
import { type SharedBulk, startSharedBulk } from './runtime/bulk/shared-bulk.ts';
import { Membership } from './runtime/members/membership.ts';
import { RemoteNumbers } from './runtime/reservations/remote-numbers.ts';
import { PoolConnections } from './runtime/shared/pool-connections.ts';
import type { ProcessParts, Worker } from './runtime/shared/process-parts.ts';
import { auditShared } from './runtime/shared/shared-audit.ts';
import { startTrainings } from './runtime/training/trainings.ts';

const HEARTBEAT_MS = 1_000;

export async function startJobs(parts: ProcessParts): Promise<Worker> {
  const { config, member, incarnation, log, clock, partitionCount, members, jobs, monotonicMs, openStock, logger, onFailure } = parts;
  const archive = await openArchive({ dir: config.archiveDir ?? join(config.dataDir, 'archive') });
  let bulk: SharedBulk | undefined;
  const pools = new PoolConnections({
    members,
    monotonicMs,
    openStock,
    onLoaded: (stream) => bulk?.loaded(stream),
    onProblem: (pool, error) => logger.warn({ err: error, pool }, 'a pool cannot be reached'),
  });
  await pools.start();
  const reservations = new RemoteNumbers({ members, clock, monotonicMs, secret: config.transactionsSecret, seen: () => undefined });
  const exports = config.exportDir === undefined ? undefined : { dir: config.exportDir };
  const audit = (onProgress: (share: number) => void) => auditShared({ log, partitionCount, pools, reservations, exports, onProgress });
  const analytics = await startAnalytics({
    log,
    archive,
    jobs,
    partitionCount,
    audit,
    snapshots: parts.snapshots,
    archiveDays: archiveDaysOf(config.archiveDays),
    onFailure,
  });
  const { store, directory } = await parts.models();
  const trainings = await startTrainings({
    log,
    partitionCount,
    archive,
    jobs,
    store,
    directory,
    clock,
    logger,
    isScheduled: config.trainings,
    onFailure,
  });
  bulk = await startSharedBulk(parts, pools, archive);
  const membership = new Membership({ member, role: 'jobs', incarnation, endpoint: '', log, clock, onFailure });
  membership.say('joined');
  const timer = setInterval(() => membership.say('heartbeat'), HEARTBEAT_MS);
  return {
    role: 'jobs',
    problems: () => [],
    async close() {
      clearInterval(timer);
      await membership.leave();
      await bulk?.close();
      await trainings.close();
      await analytics.close();
      reservations.close();
      await pools.close();
      await archive.close();
    },
  };
}

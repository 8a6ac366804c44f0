/** Opens the service as configured. A demo lives on a sped-up clock, and counts its demand in the trace's own minutes. */
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { SequenceError } from '../core/errors.ts';
import { open } from '../workers/embedded.ts';
import { openAdoptions } from '../workers/runtime/adoption/open-adoptions.ts';
import { archiveDaysOf } from '../workers/runtime/analytics/archive-care.ts';
import type { Config } from '../workers/runtime/process/config.ts';
import { componentLogger, type Logger } from '../workers/runtime/process/logging.ts';
import { spedUpClock } from '../workers/runtime/process/sped-up-clock.ts';
import type { SeqcastService } from '../workers/runtime/service/service.ts';

export interface StartedService {
  readonly service: SeqcastService;
  /** The time it lives on. */
  readonly clock: Clock;
}

export type OpenService = (config: Config, onFailure: (error: unknown) => void, logger: Logger) => Promise<StartedService>;

/** The trace says requests per minute: counting finer would only count the demo's own slices. */
const DEMO_RESOLUTION_MS = 60_000;

export async function openService(config: Config, onFailure: (error: unknown) => void, logger: Logger): Promise<StartedService> {
  const started = await start(config, onFailure, logger);
  if (config.demo) return started;
  const log = componentLogger(logger, 'adoption');
  const onProblem = (error: unknown, message: string): void => log.warn({ err: error }, message);
  try {
    const service = await openAdoptions(started.service, { password: config.adoptPassword, onFailure, onProblem });
    return { ...started, service };
  } catch (error) {
    await started.service.close();
    throw error;
  }
}

async function start(config: Config, onFailure: (error: unknown) => void, logger: Logger): Promise<StartedService> {
  if (config.kafka !== undefined) return { service: await openOnEngines(config, onFailure, logger), clock: { nowMs: () => Date.now() } };
  const { dataDir, partitions, streamsPerSequence, forecastRefreshMs, idleReturnMs, demo, speedUp, exportDir } = config;
  const options = {
    dataDir,
    streamsPerSequence,
    forecastRefreshMs,
    ...(idleReturnMs !== undefined && { idleReturnMs }),
    onFailure,
    onWarning: (message: string): void => componentLogger(logger, 'value-space').warn(message),
    ...(partitions !== undefined && { partitions }),
    ...(config.postgres !== undefined && { postgres: config.postgres }),
    ...(exportDir !== undefined && { exportDir }),
  };
  const models = { dir: config.modelsDir ?? join(dataDir, 'models'), logger: componentLogger(logger, 'models') };
  if (!demo) {
    const archiveDir = config.archiveDir ?? join(dataDir, 'archive');
    const onProblem = (error: unknown): void => logger.warn({ err: error }, 'usage is not archived');
    const bulk = {
      dir: config.bulkDir ?? join(dataDir, 'bulk'),
      onProblem: (error: unknown): void => logger.warn({ err: error }, 'no bulk job runs'),
    };
    const more = {
      analytics: { archiveDir, archiveDays: archiveDaysOf(config.archiveDays), onProblem },
      bulk,
      models: { ...models, isScheduled: config.trainings },
    };
    return { service: await open({ ...options, ...more }), clock: { nowMs: () => Date.now() } };
  }
  let clock: Clock | undefined;
  // From now, or from where an earlier demo in this directory has come to.
  const clockFrom = (lastSeenMs: number): Clock => {
    clock ??= spedUpClock(Math.max(Date.now(), lastSeenMs), speedUp);
    return clock;
  };
  // The job queue knows no sped-up nights: the demo asks for its training itself.
  const demoOptions = { clock: clockFrom, speedUp, resolutionMs: DEMO_RESOLUTION_MS, models: { ...models, isScheduled: false } };
  const service = await open({ ...options, ...demoOptions });
  return { service, clock: clockFrom(0) };
}

/** Loaded only then: nobody who serves from a data directory waits for clients of Kafka and Redis. */
async function openOnEngines(config: Config, onFailure: (error: unknown) => void, logger: Logger): Promise<SeqcastService> {
  if (config.demo) throw new SequenceError('SEQ_CONFIG_INVALID', '--demo runs on a sped-up clock in one process: leave --kafka out');
  const { openDistributed } = await import('../workers/distributed.ts');
  return openDistributed(config, componentLogger(logger, 'worker'), onFailure);
}

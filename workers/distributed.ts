/**
 * A process of an installation on real engines: Kafka is the log, Redis holds the stock, Redis or etcd the route table. It has the roles
 * it was given; every role is in a file of its own beside this one, and shares with the others one folded ledger.
 */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { type BullJobQueue, openBullJobQueue } from '../adapters/bullmq/job-queue.ts';
import { openEtcdRouteTable } from '../adapters/etcd/route-table.ts';
import { openKafka } from '../adapters/kafka/kafka.ts';
import { openPostgresRegistrar } from '../adapters/postgres/registrar.ts';
import { openRedisRouteTable } from '../adapters/redis/route-table.ts';
import { SequenceError } from '../core/errors.ts';
import type { RouteTable } from '../pipelines/ports.ts';
import { startAllocator } from './allocator.ts';
import { startFiller } from './filler.ts';
import { startForecaster } from './forecaster.ts';
import { type GatewayWorker, startGateway } from './gateway.ts';
import { DeadLetters } from './runtime/ledger/dead-letters.ts';
import { LedgerReader } from './runtime/ledger/ledger-reader.ts';
import { MemberDirectory } from './runtime/members/member-directory.ts';
import { publishLedger } from './runtime/observability/channels.ts';
import { RoleMetrics } from './runtime/observability/role-metrics.ts';
import type { Config } from './runtime/process/config.ts';
import { kafkaOptions } from './runtime/process/kafka-options.ts';
import { Life } from './runtime/process/life.ts';
import type { Logger } from './runtime/process/logging.ts';
import type { SeqcastService } from './runtime/service/service.ts';
import { checkStores, openStock, storeOf } from './runtime/shared/pool-stores.ts';
import type { ProcessParts, Worker } from './runtime/shared/process-parts.ts';
import { WorkerService } from './runtime/shared/worker-service.ts';
import { countModels, type ModelParts, openModels } from './runtime/training/model-parts.ts';
import { startTransactions } from './transactions.ts';

export const ROLES = ['gateway', 'allocator', 'forecaster', 'filler', 'jobs'] as const;
export type Role = (typeof ROLES)[number];

/** Partitions of the co-read topics where this process creates them. */
const PARTITIONS_DEFAULT = 4;

const OPEN_ATTEMPTS_MAX = 4;
const OPEN_PAUSE_MS = 500;

type Routes = RouteTable & { close(): Promise<void>; health(): EngineHealth };

interface EngineHealth {
  readonly up: boolean;
  readonly problem?: string | undefined;
}

export async function openDistributed(config: Config, logger: Logger, onFailure: (error: unknown) => void): Promise<SeqcastService> {
  const roles = rolesOf(config);
  checkStores(config);
  let life: Life | undefined;
  const failed = (error: unknown): void => life?.fail(error);
  const kafka = await openKafka({
    ...kafkaOptions(config),
    partitionCount: config.partitions ?? PARTITIONS_DEFAULT,
    onFailure: failed,
  });
  const closing: (() => Promise<void>)[] = [() => kafka.close()];
  const closeAll = async (): Promise<void> => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    const routes = await openRoutes(config, logger);
    closing.push(() => routes.close());
    const clock = { nowMs: () => Date.now() };
    const { log, snapshots, groups, partitionCount } = kafka;
    const jobs = await openJobs(config, logger);
    closing.push(() => jobs.close());
    const saved = new Set<number>();
    const reader = new LedgerReader({ log, snapshots, partitionCount, onFailure: failed, saves: (partition) => saved.has(partition) });
    const members = new MemberDirectory({ log, clock, onFailure: failed });
    const metrics = new RoleMetrics();
    const deadLetters = new DeadLetters({ log, clock, partitionCount, onFailure: failed });
    metrics.show('seqcast_dead_letters_total', () => deadLetters.written);
    const incarnation = randomBytes(6).toString('hex');
    let models: Promise<ModelParts> | undefined;
    const noticing: ProcessParts['noticing'] = [];
    const openModelsOnce = async (): Promise<ModelParts> => {
      const dir = config.modelsDir ?? join(config.dataDir, 'models');
      const opened = await openModels({ dir, log, jobs, clock, partitionCount, logger, onFailure: failed });
      closing.push(() => opened.directory.close());
      countModels(metrics, opened);
      noticing.push(() => opened.directory.problems());
      return opened;
    };
    const parts: ProcessParts = {
      config,
      member: config.member ?? `${hostname().slice(0, 40)}-${incarnation}`,
      incarnation,
      clock,
      monotonicMs: () => performance.now(),
      log,
      snapshots,
      groups,
      partitionCount,
      routes,
      reader,
      members,
      metrics,
      deadLetters,
      jobs,
      models: () => (models ??= openModelsOnce()),
      logger,
      openStock: (endpoint) => patiently(() => openStock(config, endpoint, logger)),
      saved,
      noticing,
      onFailure: failed,
    };
    publishLedger(reader);
    metrics.show('seqcast_ledger_records_total', () => reader.recordsFolded);
    metrics.show('seqcast_rejected_records_total', () => reader.recordsRejected);
    metrics.show('seqcast_open_shards', () => reader.shards.reduce((sum, each) => sum + each.openShards.size, 0));
    metrics.showEach('seqcast_engine_up', () => [
      [{ engine: 'kafka' }, kafka.health().up ? 1 : 0],
      [{ engine: 'routes' }, routes.health().up ? 1 : 0],
      [{ engine: 'jobs' }, jobs.health().up ? 1 : 0],
    ]);
    metrics.showEach('seqcast_kafka_lag_records', () =>
      kafka.lag().map(({ topic, partition, lag }) => [{ topic, partition: String(partition) }, lag] as const),
    );
    await Promise.all([reader.catchUp(), members.start()]);
    closing.push(
      () => members.close(),
      () => reader.close(),
    );

    const workers: Worker[] = [];
    const problems = (): string[] => [
      ...engineProblem('Kafka', kafka.health()),
      ...engineProblem('the route table', routes.health()),
      ...workers.flatMap((worker) => (worker.role === 'gateway' ? [] : worker.problems())),
    ];
    const stop = async (): Promise<void> => {
      for (const worker of workers) await worker.close();
      await closeAll();
    };
    const made = new Life({ stop, onFailure });
    life = made;
    let gateway: GatewayWorker | undefined;
    // Listeners come first, then the reader goes on: nobody misses a record.
    if (roles.includes('allocator')) workers.push(await startAllocator(parts));
    if (roles.includes('filler')) workers.push(await startFiller(parts, await patiently(() => storeOf(config))));
    const { postgres } = config;
    if (roles.includes('filler') && postgres !== undefined) {
      workers.push(await startTransactions(parts, await patiently(() => openPostgresRegistrar({ url: postgres }))));
    }
    if (roles.includes('forecaster')) workers.push(await startForecaster(parts));
    if (roles.includes('gateway')) {
      gateway = await startGateway(parts, made, problems);
      // First to close: its callers are told before the pools behind it go.
      workers.unshift(gateway);
    }
    if (roles.includes('jobs')) {
      // Loaded only then: the archive's engine is large.
      const { startJobs } = await import('./jobs.ts');
      workers.push(await startJobs(parts));
    }
    reader.follow();
    made.serve();
    await gateway?.startRequests();
    logger.info({ roles, member: parts.member, partitions: partitionCount }, 'serving');
    if (gateway !== undefined) return gateway.service;
    return new WorkerService({
      roles,
      member: parts.member,
      endpoint: `kafka ${config.kafka ?? ''}`,
      startedAtMs: clock.nowMs(),
      nowMs: () => clock.nowMs(),
      life: made,
      problems,
      notices: () => noticing.flatMap((each) => each()),
      members: () => members.list(),
      metrics: () => metrics.text(),
      routes,
    });
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function rolesOf(config: Config): Role[] {
  const names = config.roles.split(',');
  const unknown = names.filter((name) => !(ROLES as readonly string[]).includes(name));
  if (unknown.length > 0) {
    throw new SequenceError('SEQ_CONFIG_INVALID', `--roles names ${unknown.join(', ')}: there are ${ROLES.join(', ')}`);
  }
  return ROLES.filter((role) => names.includes(role));
}

async function openRoutes(config: Config, logger: Logger): Promise<Routes> {
  const onLog = (message: string): void => logger.warn(message);
  if (config.routes === 'etcd') {
    if (config.etcd === undefined) throw new SequenceError('SEQ_CONFIG_INVALID', '--routes etcd needs --etcd');
    return openEtcdRouteTable({ url: config.etcd, onLog });
  }
  const url = config.routesRedis ?? config.redis;
  if (url === undefined) throw new SequenceError('SEQ_CONFIG_INVALID', '--kafka needs --redis, or --routes-redis, or --routes etcd');
  return openRedisRouteTable({ url, onLog, ...(config.redisCaFile !== undefined && { caFile: config.redisCaFile }) });
}

async function openJobs(config: Config, logger: Logger): Promise<BullJobQueue> {
  const url = config.jobsRedis ?? config.redis;
  if (url === undefined) throw new SequenceError('SEQ_CONFIG_INVALID', '--kafka needs --redis or --jobs-redis, for the job queue');
  const onLog = (message: string): void => logger.warn(message);
  const { redisCaFile: caFile, jobLockMs: lockMs } = config;
  return openBullJobQueue({ url, onLog, ...(caFile !== undefined && { caFile }), ...(lockMs !== undefined && { lockMs }) });
}

/** A machine on which everything starts at once answers late: a store is asked a few times before it counts as unreachable. */
async function patiently<T>(open: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof SequenceError && error.retriable) || attempt === OPEN_ATTEMPTS_MAX) throw error;
      await new Promise((resolve) => setTimeout(resolve, attempt * OPEN_PAUSE_MS));
    }
  }
}

function engineProblem(engine: string, { up, problem }: EngineHealth): string[] {
  return up ? [] : [`${engine} does not answer${problem === undefined ? '' : `: ${problem}`}`];
}

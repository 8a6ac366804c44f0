/**
 * All roles in one process on the embedded engines: what `open()` and `seqcast up` start. Parts are made in the order in which
 * they need each other, and freed the other way round.
 */
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { createEmbeddedStock } from '../adapters/embedded/stock.ts';
import { openEmbeddedStorage } from '../adapters/embedded/storage.ts';
import { SequenceError } from '../core/errors.ts';
import { STREAMS_PER_SEQUENCE_MAX } from '../core/limits.ts';
import { LIVE_METER } from '../pipelines/consumption.ts';
import type { Clock } from '../pipelines/ports.ts';
import { Allocator } from './runtime/allocator.ts';
import { ArchiveQuestions } from './runtime/analytics/archive-questions.ts';
import { BulkDesk } from './runtime/bulk/bulk-desk.ts';
import { poolSource } from './runtime/bulk/value-source.ts';
import { ExpectationBook } from './runtime/expectations/expectation-book.ts';
import { ExpectationDesk } from './runtime/expectations/expectation-desk.ts';
import { ExpectationClerk } from './runtime/forecasting/expectation-clerk.ts';
import { countForecasting, startForecasting } from './runtime/forecasting/forecasting.ts';
import { Forecasts } from './runtime/forecasting/forecasts.ts';
import { Administration } from './runtime/ledger/administration.ts';
import { DeadLetters, type OnPoisonOf } from './runtime/ledger/dead-letters.ts';
import { DecisionJournal } from './runtime/ledger/decision-journal.ts';
import { forgetEndedGenerations } from './runtime/ledger/ended-generations.ts';
import { LedgerCounts } from './runtime/ledger/ledger-counts.ts';
import { LedgerReader } from './runtime/ledger/ledger-reader.ts';
import { kindViews } from './runtime/members/kind-views.ts';
import { publishLedger } from './runtime/observability/channels.ts';
import { Metrics } from './runtime/observability/metrics.ts';
import { Pool } from './runtime/pool/pool.ts';
import { IDLE_RETURN_MS } from './runtime/pool/stock-keeping.ts';
import { StreamDirectory } from './runtime/pool/stream-directory.ts';
import { type AnalyticsWork, type BackgroundWork, startBackgroundWork } from './runtime/process/background-work.ts';
import { lastSeenMs } from './runtime/process/last-seen.ts';
import { Life } from './runtime/process/life.ts';
import type { Logger } from './runtime/process/logging.ts';
import { Rounds } from './runtime/process/rounds.ts';
import { createNumbering } from './runtime/reservations/numbering.ts';
import { withNumbersInPostgres } from './runtime/reservations/numbers-in-postgres.ts';
import { countReservations } from './runtime/reservations/reservation-metrics.ts';
import { ClientRoutes } from './runtime/service/client-routes.ts';
import type { Roles } from './runtime/service/roles.ts';
import { Seqcast } from './runtime/service/seqcast.ts';
import { countShardIndex } from './runtime/shard-index/index-metrics.ts';
import { ShardIndex } from './runtime/shard-index/shard-index.ts';
import { countModels, openModels } from './runtime/training/model-parts.ts';
import { watchChampions } from './runtime/training/rollback-watch.ts';
import { countValueSpace, ExhaustionWatch } from './runtime/value-space/exhaustion-watch.ts';

/** Ledger partitions of a new data directory: enough for several allocators later, few enough to fold in parallel on one core. */
const PARTITIONS_DEFAULT = 4;
const POOL_NAME = 'pool-0';
/** How long a clean stop may take to give everything back. */
const DRAIN_MS_MAX = 20_000;
/** A proposal is decided again after this much real time. */
const REDECIDE_WALL_MS = 250;
const REPORT_INTERVAL_MS = 1_000;

export interface OpenOptions {
  readonly dataDir: string;
  readonly partitions?: number;
  readonly streamsPerSequence?: number;
  /** Directory that `seqcast ledger trim` wrote to: the audit reads there what the ledger no longer has. */
  readonly exportDir?: string;
  /**
   * Time as the stages see it; a demo's clock runs faster. Made from the last time that the data directory has seen (0: none),
   * because it must not go back.
   */
  readonly clock?: (lastSeenMs: number) => Clock;
  /** How many milliseconds of `clock` pass in a real one. */
  readonly speedUp?: number;
  /** Smallest time, in milliseconds of `clock`, that demand is counted in; larger for a sped-up clock. */
  readonly resolutionMs?: number;
  /** Rolls usage up into this archive every hour and audits the ledger every day; left out, neither is done. */
  readonly analytics?: AnalyticsWork;
  /** Where bulk jobs write and read files; left out, there are none. */
  readonly bulk?: { readonly dir: string; readonly onProblem: (error: unknown) => void };
  /** Time between two rounds in which fitted models are asked, by `clock`; a minute where it is left out. */
  readonly forecastRefreshMs?: number;
  /** After so long without a call, by `clock`, a stream gives its stock back; a quarter of an hour where it is left out. */
  readonly idleReturnMs?: number;
  /** Trained models: where they are kept, and whether they are trained every night and hour; left out, none take part. */
  readonly models?: { readonly dir: string; readonly isScheduled: boolean; readonly logger: Logger };
  /** Hears once of each sequence that may run out within 90, 30 and 7 days. */
  readonly onWarning?: (message: string) => void;
  /** Address of the PostgreSQL that keeps the numbers without a gap, beside an application's own rows; left out, the data directory does. */
  readonly postgres?: string;
  /** Called once when the process cannot go on: storage failed, or the ledger was written by a newer version. */
  readonly onFailure?: (error: unknown) => void;
}

/** Opens a data directory and serves from it; throws `SequenceError` when it cannot. */
export async function open(options: OpenOptions): Promise<Seqcast> {
  let life: Life | undefined;
  // A failure while parts are still being made surfaces through them; afterwards it ends the process's life.
  const onFailure = (error: unknown): void => life?.fail(error);
  const partitions = options.partitions ?? PARTITIONS_DEFAULT;
  const embedded = await openEmbeddedStorage({ dataDir: options.dataDir, partitionCount: partitions, onFailure });
  const storage = options.postgres === undefined ? embedded : await withNumbersInPostgres(embedded, options.postgres);
  try {
    return await openOn(storage, options, onFailure, (made) => {
      life = made;
    });
  } catch (error) {
    await storage.close();
    throw error;
  }
}

const WALL_CLOCK: Clock = { nowMs: () => Date.now() };
type Storage = Awaited<ReturnType<typeof openEmbeddedStorage>>;

async function openOn(
  storage: Storage,
  options: OpenOptions,
  onFailure: (error: unknown) => void,
  born: (life: Life) => void,
): Promise<Seqcast> {
  const { log, snapshots, jobs, partitionCount } = storage;
  const clock = options.clock === undefined ? WALL_CLOCK : options.clock(await lastSeenMs(log, partitionCount));
  const monotonicMs = (): number => performance.now();
  const speedUp = options.speedUp ?? 1;
  const resolutionMs = options.resolutionMs ?? LIVE_METER.resolutionMs;
  const reportIntervalMs = Math.max(REPORT_INTERVAL_MS, resolutionMs);

  const reader = new LedgerReader({ log, snapshots, partitionCount, onFailure });
  const journal = new DecisionJournal();
  reader.listen({
    onShards: (_, offset, record, verdict) => {
      if (record.kind === 'ShardAllocated' && verdict === 'accepted') journal.note(offset, record);
    },
  });
  const counts = new LedgerCounts(reader);
  publishLedger(reader);
  const deadLetters = new DeadLetters({ log, clock, partitionCount, onFailure });
  const onPoison: OnPoisonOf = (...record) => deadLetters.add(...record);
  await reader.catchUp();
  const exports = options.exportDir === undefined ? undefined : { dir: options.exportDir };
  const shards = new ShardIndex({ log, reader, snapshots, partitionCount, exports, onFailure });

  const stock = createEmbeddedStock({ mintIncarnation: () => randomBytes(8).toString('hex'), nowMs: () => clock.nowMs() });
  const meter = { resolutionMs };
  const pool: Pool = new Pool({
    ...{ name: POOL_NAME, stock, reader, log, clock, monotonicMs, partitionCount, meter, reportIntervalMs, onFailure },
    definitionOf: (sequence) => definitionOf(sequence),
    idleReturnMs: options.idleReturnMs ?? IDLE_RETURN_MS,
  });
  const allocator = new Allocator({ reader, log, clock, partitionCount, redecideMs: REDECIDE_WALL_MS * speedUp, onFailure, onPoison });
  const { transactions, reservations, issues } = createNumbering({
    ...{ registrar: storage.registrar, reader, allocator, log, clock, monotonicMs, partitionCount, meter, onFailure },
    live: (name) => administration.live(name),
    ranges: (name) => administration.ranges(name),
    onStopped: (problem, error) => options.models?.logger.error({ err: error }, problem),
  });
  const administration: Administration = new Administration({
    reader,
    partitionCount,
    clock,
    monotonicMs,
    nudge: () => allocator.tick(),
    holdsOlder: (name, generation) => pool.holdsOlder(name, generation) || transactions.holdsOlder(name, generation),
    standStill: (generation, change) => transactions.standStill(generation, change),
  });
  const streamsMax = options.streamsPerSequence ?? STREAMS_PER_SEQUENCE_MAX;
  const live = (name: string) => administration.live(name);
  const directory = new StreamDirectory({ live, make: (id, partition) => pool.found(id, partition), partitionCount, streamsMax });
  forgetEndedGenerations(reader, directory, pool);
  const clients = new ClientRoutes(storage.routes);
  const definitionOf = (sequence: string) => administration.ranges(sequence).live.get(sequence)?.definition;
  const rideThroughMsOf = (sequence: string): number => definitionOf(sequence)?.rideThroughMs ?? 0;
  const forecasts = new Forecasts({ log, snapshots, partitionCount, rideThroughMsOf, onFailure, onPoison });
  const book = new ExpectationBook({ log, clock, partitionCount, onFailure });
  const expectations = new ExpectationDesk({ book, clock, partitionCount, definitionOf: (name) => live(name).definition });
  const clerk = new ExpectationClerk({ log, book, followed: () => forecasts.followed(), onFailure });
  const rounds = new Rounds({ pool, transactions, allocator, forecasts, clerk, log, reportWallMs: reportIntervalMs / speedUp, onFailure });

  const modelOptions = { log, jobs, clock, partitionCount, onFailure, onPoison };
  const models = options.models === undefined ? undefined : await openModels({ ...modelOptions, ...options.models });
  let background: Promise<BackgroundWork | undefined> = Promise.resolve(undefined);
  const stop = async (drain: boolean): Promise<void> => {
    rounds.stop();
    await exhaustion.close();
    let drained = true;
    if (drain) {
      await pool.join('draining');
      drained = await pool.drain(monotonicMs() + DRAIN_MS_MAX);
      pool.report();
    }
    await transactions.close();
    await (await background)?.close();
    await book.close();
    await clerk.close();
    await watch?.close();
    await refresher.close();
    await forecasts.close();
    await models?.directory.close();
    await pool.close();
    await allocator.close();
    await deadLetters.close();
    await clients.close();
    await shards.close();
    await reader.close();
    await storage.close();
    if (!drained)
      throw new SequenceError(
        'SEQ_WAIT_TIMEOUT',
        `not everything could be given back within ${DRAIN_MS_MAX / 1_000} s; the rest is in doubt`,
      );
  };
  const refresher = startForecasting({
    log,
    clock,
    forecasts,
    models: models?.directory,
    refreshMs: options.forecastRefreshMs,
    speedUp,
    monotonicMs,
    logger: options.models?.logger,
    onFailure,
  });
  const watching = { standings: (family: string) => forecasts.standings(family), clock, speedUp, onFailure };
  const watch = models && options.models && watchChampions({ ...models, ...watching, logger: options.models.logger });
  const onWarning = options.onWarning ?? (() => undefined);
  const exhaustion = new ExhaustionWatch({ reader, clock, speedUp, streams: () => forecasts.models(), onWarning, onFailure });
  const life = new Life({ stop, onFailure: options.onFailure ?? rethrow });
  born(life);

  await Promise.all([clients.start(), allocator.start(), forecasts.start(), book.start(), pool.follow()]);
  reader.follow();
  await pool.join('joined');
  await allocator.knows(POOL_NAME, pool.incarnation);
  await transactions.start();
  rounds.start();
  exhaustion.start();
  life.serve();
  const trainings = options.models !== undefined && models !== undefined ? { parts: models, ...options.models } : undefined;
  const bulk = options.bulk && { ...options.bulk, source: poolSource({ pool, directory, administration }) };
  background = startBackgroundWork({
    log,
    jobs,
    snapshots,
    partitionCount,
    clock,
    analytics: options.analytics,
    trainings,
    bulk,
    onFailure,
  });
  const metrics = new Metrics({ pool, reader, counts, forecasts });
  countForecasting(metrics, forecasts, refresher);
  countValueSpace(metrics, exhaustion);
  countShardIndex(metrics, shards);
  countReservations(metrics, transactions);
  if (models !== undefined) countModels(metrics, models);
  const archive = new ArchiveQuestions({ archive: async () => (await background)?.archive, log, partitionCount, nowMs: Date.now });
  const startedAtMs = clock.nowMs();
  const roles: Roles = {
    dataDir: options.dataDir,
    partitionCount,
    clock,
    log,
    reader,
    shards,
    stock,
    pool,
    registrar: storage.registrar,
    transactions,
    reservations,
    issues,
    allocator,
    administration,
    directory,
    clients,
    expectations,
    journal,
    forecasts,
    notices: () => [...transactions.problems(), ...refresher.problems()],
    metrics,
    exports,
    deadLetters,
    jobs,
    models,
    bulk: bulk && new BulkDesk({ jobs, live }),
    kindsOf: (generation) => kindViews(pool.streams.values(), generation),
    archive: options.analytics === undefined ? undefined : archive,
    exhaustion,
    life,
    startedAtMs,
  };
  return new Seqcast(roles);
}

/** Without a handler a failed process must not live on silently. */
function rethrow(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}

/** The gateway worker: routes calls for values to the pools, and everything else to the ledger; any number of them, none with state. */
import { SequenceError } from '../core/errors.ts';
import { isExhausted } from '../core/ledger/exhaustion.ts';
import { partitionOf } from '../core/stream.ts';
import type { Clock } from '../pipelines/ports.ts';
import type { ConsumptionEvent } from '../schemas/messages.ts';
import { RequestDoor } from './gateway/security/request-door.ts';
import { sharedArchive } from './runtime/analytics/shared-archive.ts';
import { BulkDesk } from './runtime/bulk/bulk-desk.ts';
import { allowedTopics } from './runtime/bulk/topic-target.ts';
import { ExpectationBook } from './runtime/expectations/expectation-book.ts';
import { ExpectationDesk } from './runtime/expectations/expectation-desk.ts';
import { ForecastersMemory } from './runtime/insight/forecasters-memory.ts';
import { SeenMinutes } from './runtime/insight/seen-minutes.ts';
import { Administration } from './runtime/ledger/administration.ts';
import { DecisionJournal } from './runtime/ledger/decision-journal.ts';
import type { LedgerReader } from './runtime/ledger/ledger-reader.ts';
import { Membership } from './runtime/members/membership.ts';
import { MoveJournal } from './runtime/members/move-journal.ts';
import { StreamDirectory } from './runtime/pool/stream-directory.ts';
import type { Life } from './runtime/process/life.ts';
import { RemoteNumbers } from './runtime/reservations/remote-numbers.ts';
import { ClientRoutes } from './runtime/service/client-routes.ts';
import { countShardIndex } from './runtime/shard-index/index-metrics.ts';
import { ShardIndex } from './runtime/shard-index/shard-index.ts';
import { GatewayService } from './runtime/shared/gateway-service.ts';
import { PoolBoard } from './runtime/shared/pool-board.ts';
import { PoolConnections } from './runtime/shared/pool-connections.ts';
import { PoolDrains } from './runtime/shared/pool-drains.ts';
import type { ProcessParts, Worker } from './runtime/shared/process-parts.ts';
import { type RemoteStream, remoteStream } from './runtime/shared/remote-stream.ts';
import { RemoteTakes } from './runtime/shared/remote-takes.ts';
import { StreamInsight } from './runtime/shared/stream-insight.ts';
import { StreamRoutes } from './runtime/shared/stream-routes.ts';
import { ValueRequests } from './runtime/shared/value-requests.ts';
import { DemandHours } from './runtime/value-space/demand-hours.ts';
import { countValueSpace, ExhaustionWatch } from './runtime/value-space/exhaustion-watch.ts';

const HEARTBEAT_MS = 1_000;
const PROGRESS_LOG_MS = 5_000;
const PERCENT = 100;

export interface GatewayWorker extends Worker {
  readonly service: GatewayService;
  /** Takes requests over Kafka from now on: the process must serve by then. */
  startRequests(): Promise<void>;
}

/** `problems`: what is wrong with the other parts of the process, for /readyz. */
export async function startGateway(parts: ProcessParts, life: Life, problems: () => readonly string[]): Promise<GatewayWorker> {
  const {
    config,
    member,
    incarnation,
    log,
    snapshots,
    clock,
    monotonicMs,
    reader,
    partitionCount,
    routes,
    members,
    metrics,
    logger,
    onFailure,
  } = parts;
  const journal = new DecisionJournal();
  let takes: RemoteTakes | undefined;
  const drains = new PoolDrains(routes);
  const moves = new MoveJournal({ log, clock, onFailure });
  const board = new PoolBoard({ clock, members, drains, journal: moves, reader });
  const pools = new PoolConnections({
    members,
    drains,
    monotonicMs,
    openStock: parts.openStock,
    onLoaded: (stream) => takes?.loaded(stream),
    onProblem: (pool, error) => logger.warn({ err: error, pool }, 'a pool cannot be reached'),
  });
  const streamRoutes = new StreamRoutes(routes, pools);
  takes = new RemoteTakes({
    member,
    pools,
    routes: streamRoutes,
    monotonicMs,
    hopeless: (stream) => hopeless(reader, clock, stream),
  });
  const reservations = new RemoteNumbers({
    ...{ members, clock, monotonicMs, secret: config.transactionsSecret },
    seen(sequence) {
      const partition = partitionOf(sequence, partitionCount);
      return { partition, nextOffset: reader.ranges[partition]?.nextOffset ?? 0 };
    },
  });
  const administration = new Administration({
    reader,
    partitionCount,
    clock,
    monotonicMs,
    // The allocators look for fences they owe several times a second.
    nudge: () => undefined,
    holdsOlder: (name, generation) => holdsOlder(reader, name, generation),
  });
  const directory = new StreamDirectory<RemoteStream>({
    live: (name) => administration.live(name),
    make: remoteStream,
    partitionCount,
    streamsMax: config.streamsPerSequence,
  });
  listenToLedger(reader, journal, directory, takes);
  const clients = new ClientRoutes(routes);
  const book = new ExpectationBook({ log, clock, partitionCount, onFailure });
  const expectations = new ExpectationDesk({ book, clock, partitionCount, definitionOf: (name) => administration.live(name).definition });
  const demand = new DemandHours(clock.nowMs());
  const minutes = new SeenMinutes();
  const onConsumption = (event: ConsumptionEvent): void => {
    demand.note(event);
    minutes.note(event);
  };
  const insight = new StreamInsight({ log, partitionCount, shards: reader.shards, onConsumption, onFailure });
  const onWarning = (message: string): void => logger.warn(message);
  const exhaustion = new ExhaustionWatch({ reader, clock, speedUp: 1, streams: () => demand.streams(), onWarning, onFailure });
  const membership = new Membership({ member, role: 'gateway', incarnation, endpoint: '', log, clock, onFailure });
  await drains.start();
  await Promise.all([pools.start(), moves.start(), streamRoutes.start(), clients.start(), book.start(), insight.start()]);
  takes.start();
  exhaustion.start();
  countValueSpace(metrics, exhaustion);
  membership.say('joined');
  const timer = setInterval(() => membership.say('heartbeat'), HEARTBEAT_MS);
  metrics.show('seqcast_gateway_stalls_total', () => takes.stalls);
  metrics.show('seqcast_connected_pools', () => pools.living.length);
  const ownProblems = (): readonly string[] => (pools.living.length > 0 ? [] : ['no pool can be reached: nothing can be given out']);
  const exports = config.exportDir === undefined ? undefined : { dir: config.exportDir };
  // Not kept in the topic of snapshots, which every process reads at its start: a gateway folds the ledger when it is first asked, and reads
  // of the reports what a question needs.
  const shards = new ShardIndex({
    ...{ log, reader, partitionCount, exports, readsReports: true, onFailure },
    onProgress: loggedShare(monotonicMs, (percent) => logger.info({ percent }, 'folds the ledger, to know who got a value')),
  });
  countShardIndex(metrics, shards);
  const archive = sharedArchive(parts);
  const service = new GatewayService({
    member,
    endpoint: `kafka ${config.kafka ?? ''}`,
    partitionCount,
    clock,
    log,
    reader,
    shards,
    archive: archive.questions,
    members,
    pools,
    board,
    moves,
    streamRoutes,
    takes,
    reservations,
    administration,
    directory,
    clients,
    expectations,
    journal,
    insight,
    minutes,
    forecasters: new ForecastersMemory({ log, snapshots, partitionCount }),
    exhaustion,
    life,
    startedAtMs: clock.nowMs(),
    metrics: () => metrics.text(),
    exports,
    deadLetters: parts.deadLetters,
    jobs: parts.jobs,
    bulk: new BulkDesk({ jobs: parts.jobs, live: (name) => administration.live(name), topics: allowedTopics(config) }),
    models: await parts.models(),
    notices: () => parts.noticing.flatMap((each) => each()),
    problems: () => [...ownProblems(), ...problems()],
  });
  const door = new RequestDoor({
    routes,
    isKeyNeeded: config.requireKeys && !config.insecure,
    nowMs: () => clock.nowMs(),
    onProblem: (message) => logger.error(message),
  });
  await door.start();
  const requests = new ValueRequests({
    log,
    groups: parts.groups,
    service,
    door,
    replyTopics: config.replyTopics.split(','),
    deadLetters: parts.deadLetters,
    onFailure,
    onDelay: (error) => logger.warn({ err: error }, 'a partition of requests waits for the log'),
  });
  metrics.show('seqcast_value_requests_answered_total', () => requests.answered);
  metrics.show('seqcast_value_requests_refused_total', () => requests.refused);
  return {
    role: 'gateway',
    service,
    startRequests: () => requests.start(),
    problems: ownProblems,
    async close() {
      clearInterval(timer);
      await requests.close();
      await door.close();
      takes.close();
      reservations.close();
      await membership.leave();
      await exhaustion.close();
      await insight.close();
      await shards.close();
      await archive.close();
      await streamRoutes.close();
      await moves.close();
      await drains.close();
      await clients.close();
      await book.close();
      await pools.close();
    },
  };
}

/** Tells how far something is now and then, and nothing of what is over at once. */
function loggedShare(monotonicMs: () => number, tell: (percent: number) => void): (share: number) => void {
  let toldMs: number | undefined;
  return (share) => {
    const nowMs = monotonicMs();
    toldMs ??= nowMs;
    if (nowMs - toldMs < PROGRESS_LOG_MS) return;
    toldMs = nowMs;
    tell(Math.round(share * PERCENT));
  };
}

/** Everything of the sequence is given out, and nothing of it can come back to this stream. */
function hopeless(reader: LedgerReader, clock: Clock, stream: RemoteStream): SequenceError | undefined {
  const ranges = reader.ranges[partitionOf(stream.sequence, reader.ranges.length)];
  const shards = reader.shards[stream.partition];
  const generation = ranges?.live.get(stream.sequence);
  if (ranges === undefined || shards === undefined || generation === undefined) return undefined;
  if (!isExhausted(ranges, shards, generation, stream.id, clock.nowMs())) return undefined;
  const message = `sequence ${stream.sequence} has given out all of its ${generation.capacity} values`;
  return new SequenceError('SEQ_EXHAUSTED', message, { sequence: stream.sequence });
}

/** True while a shard of an older generation is open: a pool may still serve from it. The transaction pool is asked instead. */
function holdsOlder(reader: LedgerReader, name: string, generation: number): boolean {
  return reader.shards.some((state) =>
    [...state.openShards.values()].some((shard) => shard.name === name && shard.generation < generation && shard.gapless !== true),
  );
}

function listenToLedger(
  reader: LedgerReader,
  journal: DecisionJournal,
  directory: StreamDirectory<RemoteStream>,
  takes: RemoteTakes,
): void {
  for (const state of reader.shards) {
    // What was allocated before this process came explains the present as well.
    for (const shard of state.openShards.values()) journal.noteOpen(shard);
  }
  reader.listen({
    onShards: (_, offset, record, verdict) => {
      if (record.kind === 'ShardAllocated' && verdict === 'accepted') journal.note(offset, record);
    },
    onRanges: (_, __, record, verdict, live) => {
      if (!live || verdict !== 'accepted' || record.kind === 'RangeClaimed' || record.kind === 'LevelRaised') return;
      directory.forget(record.name);
      if (record.kind !== 'SequenceDropped') return;
      const message = `sequence ${record.name} was dropped`;
      takes.rejectSequence(record.name, () => new SequenceError('SEQ_DROPPED', message, { sequence: record.name }));
    },
  });
}

/** Shapes of what a process tells of itself. */
import type { SlotRange } from '../../core/placement/slots.ts';
import type { JobView } from '../../pipelines/ports.ts';
import type { AnnouncementView } from '../runtime/expectations/expectation-views.ts';
import type { MemberView, MoveView, PoolLoadView, PoolsView, PoolView } from '../runtime/members/pool-views.ts';
import type {
  Announcement,
  AuditAccount,
  AuditReport,
  DeadLetterView,
  ExplainedDecision,
  Explanation,
  FoundPool,
  Status,
  ValueHolder,
  ValueOwner,
} from '../runtime/service/service.ts';
import type { StreamStatus } from '../runtime/service/stream-status.ts';
import type { ModelView, RolledBack } from '../runtime/training/model-views.ts';
import { ANYTHING, AT_MS, COUNT, listOf, mayBe, NUMBER, oneOf, said, shapeOf, TEXT, YES_OR_NO } from './answer-shape.ts';

export const STREAM_SCHEMA = shapeOf<StreamStatus>('A stream: demand, forecast, stock, stalls.', {
  stream: said(TEXT, 'sequence/clientType/service'),
  pool: TEXT,
  kind: mayBe(oneOf('throughput', 'transaction', 'analytics')),
  demandPerSecond: said(NUMBER, 'Over the last minute.'),
  forecastMedian: said(NUMBER, 'Values a second, for the next lead time.'),
  forecastUpper: NUMBER,
  stock: NUMBER,
  waiting: COUNT,
  reorderPoint: said(NUMBER, 's: an order goes out when stock and what is on order fall to it.'),
  orderUpTo: said(NUMBER, 'S: so much is ordered up to.'),
  leadTimeMs: NUMBER,
  requestsTotal: COUNT,
  stallsTotal: said(COUNT, 'Requests that waited for an allocation.'),
  issuedTotal: NUMBER,
  allocationsTotal: COUNT,
  returnedTotal: NUMBER,
});

export const STATUS_SCHEMA = shapeOf<Status>('State of the process.', {
  version: TEXT,
  ready: YES_OR_NO,
  state: oneOf('starting', 'serving', 'draining', 'stopped', 'failed'),
  dataDir: TEXT,
  startedAtMs: AT_MS,
  nowMs: AT_MS,
  incarnation: TEXT,
  sequences: COUNT,
  warnings: mayBe(said(listOf(TEXT), 'Sequences that may run out soon.')),
  streams: listOf(STREAM_SCHEMA),
});

const MOVE_SCHEMA = shapeOf<MoveView>('A stream that went to another pool.', {
  stream: TEXT,
  from: TEXT,
  to: TEXT,
  reason: oneOf('over', 'joined', 'drain', 'slot'),
  why: TEXT,
  fromLoad: said(NUMBER, 'Predicted before the move, as a share of the capacity; toLoad likewise.'),
  toLoad: NUMBER,
  assignment: COUNT,
  allocator: TEXT,
  atMs: AT_MS,
});

const DECISION_SCHEMA = shapeOf<ExplainedDecision>('A decision, in the numbers it was made by.', {
  atMs: AT_MS,
  shard: COUNT,
  size: NUMBER,
  trigger: TEXT,
  reserve: TEXT,
  position: NUMBER,
  reorderPoint: NUMBER,
  orderUpTo: NUMBER,
  rate: NUMBER,
  forecastAtMs: AT_MS,
  sentence: TEXT,
});

export const EXPLANATION_SCHEMA = shapeOf<Explanation>('Why the last shards have their size, newest first.', {
  stream: TEXT,
  sentences: listOf(TEXT),
  decisions: listOf(DECISION_SCHEMA),
  experts: said(
    listOf(shapeOf<Explanation['experts'][number]>('', { expert: TEXT, weight: NUMBER })),
    'Whose forecasts the reserve is made from, and their shares.',
  ),
  moves: mayBe(listOf(MOVE_SCHEMA)),
});

export const MEMBER_SCHEMA = shapeOf<MemberView>('A process, or a pool.', {
  member: TEXT,
  role: oneOf('allocator', 'pool', 'gateway', 'forecaster', 'filler', 'jobs'),
  state: oneOf('living', 'draining', 'lost', 'absent'),
  incarnation: TEXT,
  endpoint: said(TEXT, 'Where the store of a pool is reached; of a filler its pool.'),
  partitions: said(listOf(COUNT), 'Allocation partitions that it owns.'),
  ownedSinceMs: AT_MS,
  takeOvers: said(COUNT, 'Orders that it answered because their owner did not.'),
  tookOverAtMs: AT_MS,
  heardAtMs: AT_MS,
});

const LOAD = { operationsPerSecond: NUMBER, values: NUMBER, bytes: NUMBER };

export const POOL_SCHEMA = shapeOf<PoolView>('A pool: its load, against what it can do.', {
  pool: TEXT,
  kind: TEXT,
  state: oneOf('living', 'draining', 'drained', 'lost', 'absent'),
  endpoint: TEXT,
  incarnation: TEXT,
  heardAtMs: AT_MS,
  streams: COUNT,
  measured: shapeOf<PoolView['measured']>('', { ...LOAD, latencyP99Ms: NUMBER }),
  capacity: shapeOf<PoolLoadView>('', LOAD),
  load: said(NUMBER, 'Share of the capacity that is used, of what is closest to its end.'),
  fillers: listOf(TEXT),
  movedIn: COUNT,
  movedOut: COUNT,
  cluster: mayBe(said(TEXT, 'Of a primary of a Redis Cluster: which one, and the slots whose streams it serves.')),
  slots: mayBe(listOf(shapeOf<SlotRange>('Both ends belong to it.', { from: COUNT, to: COUNT }))),
  drain: mayBe(shapeOf<NonNullable<PoolView['drain']>>('', { sinceMs: AT_MS, streams: COUNT, endsAtMs: mayBe(AT_MS) })),
});

export const POOLS_SCHEMA = shapeOf<PoolsView>('All pools, and the moves of the last hour, newest first.', {
  pools: listOf(POOL_SCHEMA),
  moves: listOf(MOVE_SCHEMA),
});

const ACCOUNT_SCHEMA = shapeOf<AuditAccount>('Where the ordinals of a generation are; claimed is the sum of the rest.', {
  sequence: TEXT,
  generation: NUMBER,
  claimed: NUMBER,
  issued: NUMBER,
  stock: NUMBER,
  revokedInFlight: NUMBER,
  free: NUMBER,
  uncut: NUMBER,
  unopened: NUMBER,
  void: NUMBER,
  burnt: NUMBER,
  inDoubt: NUMBER,
  reserved: mayBe(NUMBER),
  givenUp: mayBe(NUMBER),
  balanced: YES_OR_NO,
  adoption: mayBe(NUMBER),
});

export const AUDIT_SCHEMA = shapeOf<AuditReport>('What the ledger says of every value.', {
  ok: YES_OR_NO,
  duplicates: COUNT,
  problems: listOf(TEXT),
  accounts: listOf(ACCOUNT_SCHEMA),
  recordsFolded: COUNT,
  recordsRejected: COUNT,
});

const HOLDER_SCHEMA = shapeOf<ValueHolder>('A reservation that holds the number, or held it.', {
  reservation: TEXT,
  state: oneOf('reserved', 'confirmed', 'cancelled', 'expired'),
  owner: TEXT,
  key: mayBe(TEXT),
  reservedAtMs: AT_MS,
  endedAtMs: mayBe(AT_MS),
  endedBy: mayBe(TEXT),
  because: mayBe(TEXT),
});

export const VALUE_OWNER_SCHEMA = shapeOf<ValueOwner>('Who got the value.', {
  sequence: TEXT,
  value: TEXT,
  formatted: mayBe(TEXT),
  generation: NUMBER,
  stream: TEXT,
  shard: NUMBER,
  pool: TEXT,
  incarnation: TEXT,
  allocatedAtMs: AT_MS,
  state: oneOf('issued', 'in-stock', 'returned', 'burnt', 'in-doubt', 'free', 'reserved', 'given-up'),
  issuedFromMs: mayBe(AT_MS),
  issuedToMs: mayBe(AT_MS),
  holder: mayBe(HOLDER_SCHEMA),
  formerHolders: mayBe(listOf(HOLDER_SCHEMA)),
});

export const ROUTE_SCHEMA = shapeOf<FoundPool>('Where the values of a caller come from.', {
  stream: TEXT,
  shard: mayBe(shapeOf<NonNullable<FoundPool['shard']>>('', { partition: COUNT, shard: NUMBER, incarnation: TEXT })),
  pool: mayBe(TEXT),
  endpoint: mayBe(TEXT),
});

export const ANNOUNCEMENT_SCHEMA = shapeOf<AnnouncementView>('A burst that is planned or on.', {
  stream: TEXT,
  sequence: TEXT,
  clientType: TEXT,
  service: TEXT,
  rate: NUMBER,
  fromMs: AT_MS,
  untilMs: AT_MS,
  state: oneOf('planned', 'on'),
});

export const ANNOUNCED_SCHEMA = shapeOf<Announcement>('The burst as it was understood.', {
  sequence: TEXT,
  clientType: mayBe(TEXT),
  service: mayBe(TEXT),
  rate: NUMBER,
  fromMs: AT_MS,
  untilMs: AT_MS,
});

export const DEAD_LETTER_SCHEMA = shapeOf<DeadLetterView>('A record that was put aside.', {
  id: TEXT,
  topic: TEXT,
  partition: COUNT,
  offset: COUNT,
  code: TEXT,
  message: TEXT,
  size: COUNT,
  atMs: AT_MS,
});

export const JOB_SCHEMA = shapeOf<JobView>('A job of the analytics pool.', {
  id: TEXT,
  name: TEXT,
  data: mayBe(ANYTHING),
  attempt: COUNT,
  state: oneOf('waiting', 'delayed', 'running', 'done', 'dead'),
  progress: said(NUMBER, '0 to 1.'),
  addedAtMs: AT_MS,
  endedAtMs: mayBe(AT_MS),
  result: mayBe(said(ANYTHING, 'What it made, or nothing yet.')),
  error: mayBe(TEXT),
  note: mayBe(TEXT),
});

const MODEL_SHAPE = {
  model: said(TEXT, 'As in lstm@3f2a90c1.'),
  family: TEXT,
  version: TEXT,
  state: oneOf('champion', 'former', 'challenger', 'rolled-back', 'damaged'),
  because: TEXT,
  madeAtMs: mayBe(AT_MS),
  trainedUntilMs: mayBe(AT_MS),
  kind: mayBe(TEXT),
  steps: mayBe(COUNT),
  streams: mayBe(COUNT),
  loss: mayBe(NUMBER),
  improvement: mayBe(said(NUMBER, 'Share of its rival’s loss that it saved on the days kept back.')),
};

export const MODEL_SCHEMA = shapeOf<ModelView>('A trained model.', MODEL_SHAPE);

export const MODEL_DETAILS_SCHEMA = shapeOf<ModelView & { card: unknown; page: string }>('A trained model, with its card.', {
  ...MODEL_SHAPE,
  card: mayBe(ANYTHING),
  page: said(TEXT, 'The card as a person reads it.'),
});

export const ROLLED_BACK_SCHEMA = shapeOf<RolledBack>('What was rolled back, and what is in service now.', {
  rolledBack: TEXT,
  inService: mayBe(TEXT),
});

/**
 * A running seqcast: what callers may ask (`SeqcastService`), put together from the roles of this process. Holds no rule of its
 * own; each method finds the part that answers.
 */
import type { Sequence } from 'seqcast-client';
import { SequenceError } from '../../../core/errors.ts';
import { firstKind, isRegistered } from '../../../core/pool-kind.ts';
import type { Taken } from '../../../core/stock/take.ts';
import { sequenceOfStream, sharedStreamId } from '../../../core/stream.ts';
import { type RememberedDemand, rememberedBy } from '../insight/remembered-demand.ts';
import { answerOnce } from '../ledger/answer-once.ts';
import { auditReport, extendFold, foldLedger } from '../ledger/audit.ts';
import { foundValue, ownerOf } from '../ledger/value-owner.ts';
import { kindSentence, streamKindSentences } from '../members/kind-views.ts';
import { onlyPool, ownPool, type PoolsView, type PoolView } from '../members/pool-views.ts';
import { NEXT, publishNext, publishStall } from '../observability/channels.ts';
import { answerOf, checkCount, checkUnique, parseBlockId } from '../pool/answers.ts';
import type { ServedStream } from '../pool/served-stream.ts';
import type { DirectoryEntry } from '../pool/stream-directory.ts';
import { DurableNext } from '../reservations/durable-next.ts';
import { cutOfSeries } from '../reservations/reservation-accounts.ts';
import { withHolders } from '../reservations/value-holders.ts';
import { explanationOf } from './explaining.ts';
import type { SequenceCaller } from './in-process-sequence.ts';
import type { Roles } from './roles.ts';
import { SequenceService } from './sequence-service.ts';
import type {
  AuditReport,
  Explanation,
  FoundPool,
  GiveBack,
  MemberView,
  NextAnswer,
  NextRequest,
  SeqcastService,
  Status,
  ValueOwner,
} from './service.ts';
import { statusOf } from './status.ts';

export class Seqcast extends SequenceService<Roles> implements SeqcastService {
  readonly #durable: DurableNext;

  constructor(roles: Roles) {
    super(roles);
    this.#durable = new DurableNext({
      clients: roles.clients,
      issue: (request) => roles.issues.issue(request),
      definitionOf: (name, generation) => this.definitionOf(name, generation),
    });
  }

  staysInProcess(): boolean {
    return true;
  }

  next(request: NextRequest): NextAnswer | Promise<NextAnswer> {
    this.mustServe();
    checkCount(request.count);
    const entry = this.roles.directory.entry(request.sequence);
    checkUnique(entry.name, entry.definition);
    if (entry.isRegistered) return this.#durable.next(request);
    const served = this.#streamOf(entry, request);
    if (request.idempotencyKey !== undefined) return this.#nextOnce(entry, served, request, request.idempotencyKey);
    const taken = this.roles.pool.take(served, request.count, request.numbered === true);
    if (!(taken instanceof Promise)) {
      if (NEXT.hasSubscribers) publishNext(served, request.count, false);
      return this.#answer(entry, taken, false);
    }
    publishStall(served, request.count);
    return taken.then((late) => {
      if (NEXT.hasSubscribers) publishNext(served, request.count, true);
      return this.#answer(entry, late, true);
    });
  }

  /** A sequence object as the client package has it: `await next()`, synchronous `tryNext()`, blocks at hand. Close it before this. */
  sequence(name: string, caller: SequenceCaller = {}): Sequence {
    return this.sequenceOf(this, name, caller);
  }

  async giveBack(giveBack: GiveBack): Promise<{ readonly returned: number }> {
    const { stock, pool } = this.roles;
    const { incarnation, block } = parseBlockId(giveBack.id);
    const shard = incarnation === pool.incarnation ? stock.state.blocks.get(block) : undefined;
    const out = shard?.blocks.get(block);
    if (shard === undefined || out === undefined || shard.sequence !== giveBack.sequence) {
      throw new SequenceError('SEQ_BLOCK_UNKNOWN', `block ${giveBack.id} is not out: given back before, revoked, or of a former life`, {
        block: giveBack.id,
      });
    }
    const size = out.end - out.start;
    if (!Number.isInteger(giveBack.used) || giveBack.used < 0 || giveBack.used > size) {
      throw new SequenceError('SEQ_INVALID_COUNT', `used is ${String(giveBack.used)}: the block has ${size} values`, { max: size });
    }
    if (giveBack.used === size) return { returned: 0 };
    const served = pool.stream(shard.stream, shard.partition);
    return { returned: pool.giveBack(served, block, { start: out.start + giveBack.used, end: out.end }) };
  }

  find(sequence: string, caller: Pick<NextRequest, 'clientId' | 'clientType' | 'service'>): FoundPool {
    const { directory, reader, pool, transactions } = this.roles;
    const entry = directory.entry(sequence);
    if (entry.isRegistered)
      return { stream: sharedStreamId(sequence), shard: undefined, pool: transactions.name, endpoint: 'this process' };
    const served = this.#streamOf(entry, { sequence, count: 1, ...caller });
    const newest = reader.shards[served.partition]?.streams.get(served.id)?.open.at(-1);
    const { partition } = served;
    const shard = newest === undefined ? undefined : { partition, shard: newest.id, incarnation: newest.incarnation };
    return { stream: served.id, shard, pool: pool.name, endpoint: 'this process' };
  }

  /** One process has one allocator, which owns everything, one pool, and one for numbers without a gap where there are any. */
  members(): readonly MemberView[] {
    const { partitionCount, startedAtMs, clock, pool, transactions } = this.roles;
    const { incarnation } = pool;
    const shared = {
      state: 'living',
      incarnation,
      ownedSinceMs: startedAtMs,
      takeOvers: 0,
      tookOverAtMs: 0,
      heardAtMs: clock.nowMs(),
    } as const;
    const partitions = Array.from({ length: partitionCount }, (_, partition) => partition);
    const life = transactions.life;
    const numbering: MemberView = { member: transactions.name, role: 'pool', endpoint: 'this process', partitions: [], ...shared };
    return [
      { member: 'allocator-0', role: 'allocator', endpoint: '', partitions, ...shared },
      { member: pool.name, role: 'pool', endpoint: 'this process', partitions: [], ...shared },
      ...(life === undefined ? [] : [{ ...numbering, incarnation: life }]),
    ];
  }

  /** One for each kind of which there are streams, and the throughput pool always: streams without a stock are in it, too. */
  pools(): PoolsView {
    const { pool, transactions } = this.roles;
    const { streams, nowMs } = this.status();
    const { name, incarnation } = pool;
    const { life } = transactions;
    const own = streams.filter((each) => each.pool === name);
    const analytics = own.filter(({ kind }) => kind === 'analytics');
    const numbered = streams.filter((each) => each.pool === transactions.name);
    const pools = [
      ownPool({ name, incarnation }, { streams: own.filter(({ kind }) => kind !== 'analytics'), nowMs }),
      ...(analytics.length === 0 ? [] : [ownPool({ name, incarnation, kind: 'analytics' }, { streams: analytics, nowMs })]),
      ...(life === undefined
        ? []
        : [ownPool({ name: transactions.name, incarnation: life, kind: 'transaction' }, { streams: numbered, nowMs })]),
    ];
    return { pools, moves: [] };
  }

  drain(): Promise<PoolView> {
    return Promise.reject(onlyPool());
  }

  undrain(): Promise<PoolView> {
    return Promise.reject(onlyPool());
  }

  status(): Status {
    return statusOf(this.roles);
  }

  explain(asked: string): Explanation {
    const { journal, forecasts, pool, clock } = this.roles;
    const sequence = sequenceOfStream(asked);
    const definition = this.roles.administration.ranges(sequence).live.get(sequence)?.definition;
    const isOfDatabase = definition !== undefined && isRegistered(definition);
    // Callers of the transaction pool share one stream.
    const stream = isOfDatabase ? sharedStreamId(sequence) : asked;
    const now = this.status().streams.find((each) => each.stream === stream);
    const served = pool.streams.get(stream);
    const seen = served === undefined ? [] : streamKindSentences(served, clock.nowMs());
    const kind = isOfDatabase ? [kindSentence(firstKind(definition, 0))] : seen;
    return explanationOf(journal, stream, now, forecasts.trust(stream), [], kind);
  }

  protected override remembered(stream: string): RememberedDemand | undefined {
    return rememberedBy(this.roles.forecasts, stream);
  }

  async who(sequence: string, value: bigint | string): Promise<ValueOwner> {
    const { reader, shards, stock, transactions } = this.roles;
    await shards.ready();
    await shards.heard();
    const holderOf = shards.holderOf.bind(shards);
    const found = foundValue({ ranges: reader.ranges, holderOf }, sequence, value);
    const { shard, definition } = found;
    const held = shard.ending === 'open' ? stock.cursors(shard.stream) : [];
    const owner = ownerOf(
      found,
      held.find((each) => each.partition === shard.partition && each.shard === shard.shard),
    );
    if (!isRegistered(definition)) return owner;
    return await transactions.read((registrar) => withHolders(owner, definition, registrar, found.ordinal));
  }

  async audit(onProgress?: (share: number) => void): Promise<AuditReport> {
    const { log, partitionCount, pool, reader, stock, exports, registrar } = this.roles;
    pool.report();
    const series = await cutOfSeries(registrar);
    const fold = await foldLedger(log, partitionCount, onProgress, { exports });
    // A living stock moves on: the cut is taken at a moment when this fold and the reader stand at the same records.
    const together = (): boolean => fold.partitions.every((each, p) => each.state.nextOffset === reader.shards[p]?.nextOffset);
    while (!together()) await extendFold(log, fold, undefined, { exports });
    return await auditReport(fold, stock.cursors(), series);
  }

  metrics(): Promise<string> {
    return this.roles.metrics.text();
  }

  notReady(): readonly string[] {
    const { state } = this.roles.life;
    return state === 'serving' ? [] : [`the process is ${state}`];
  }

  #streamOf(entry: DirectoryEntry<ServedStream>, request: NextRequest): ServedStream {
    if (request.clientId === undefined) return this.roles.directory.stream(entry, request.clientType, request.service);
    const route = this.roles.clients.route(request.clientId);
    return this.roles.directory.stream(entry, route.clientType, route.service);
  }

  #answer(entry: DirectoryEntry<ServedStream>, taken: readonly Taken[], stalled: boolean): NextAnswer {
    const { name } = entry;
    const first = taken[0];
    const definition =
      first === undefined || first.generation === entry.generation.id ? entry.definition : this.definitionOf(name, first.generation);
    return answerOf({ sequence: name, definition, incarnation: this.roles.pool.incarnation, stalled }, taken);
  }

  #nextOnce(entry: DirectoryEntry<ServedStream>, served: ServedStream, request: NextRequest, key: string): Promise<NextAnswer> {
    const { reader, pool, partitionCount } = this.roles;
    return answerOnce({
      reader,
      partitionCount,
      stream: served.id,
      shardsPartition: served.partition,
      count: request.count,
      key,
      take: async () => pool.take(served, request.count, false),
      answered: (blocks) => this.#answer(entry, blocks, false),
    });
  }
}

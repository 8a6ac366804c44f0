/**
 * What a gateway before shared pools can be asked. A call for values goes three steps, each a function of its own: route the request to
 * its stream, look up the stream's shard, find the pool of the shard.
 */
import type { Sequence } from 'seqcast-client';
import { SequenceError } from '../../../core/errors.ts';
import { isRegistered } from '../../../core/pool-kind.ts';
import type { SequenceAttributes, SequenceDefinition } from '../../../core/sequence.ts';
import { sequenceOfStream, sharedStreamId } from '../../../core/stream.ts';
import { VERSION } from '../../../core/version.ts';
import type { RememberedDemand } from '../insight/remembered-demand.ts';
import { answerOnce } from '../ledger/answer-once.ts';
import { foundValue, ownerOf } from '../ledger/value-owner.ts';
import type { PoolsView, PoolView } from '../members/pool-views.ts';
import { NEXT, publishNext } from '../observability/channels.ts';
import { answerOf, checkCount, checkUnique } from '../pool/answers.ts';
import type { DirectoryEntry } from '../pool/stream-directory.ts';
import { DurableNext } from '../reservations/durable-next.ts';
import { TRANSACTION_POOL } from '../reservations/pool-word.ts';
import { withHolders } from '../reservations/value-holders.ts';
import { explanationOf } from '../service/explaining.ts';
import type { SequenceCaller } from '../service/in-process-sequence.ts';
import { SequenceService } from '../service/sequence-service.ts';
import type {
  AuditReport,
  Explanation,
  FoundPool,
  GiveBack,
  MemberView,
  NextAnswer,
  NextRequest,
  SeqcastService,
  SequenceDescription,
  Status,
  ValueOwner,
} from '../service/service.ts';
import type { GatewayRoles } from './gateway-roles.ts';
import { blockIdOf, readBlockId } from './remote-block-id.ts';
import type { RemoteStream, RemoteTaken } from './remote-stream.ts';
import { answerTogether, type IdentifiedRequest, type RequestOutcome, type Wanted } from './requests-together.ts';
import { auditShared, cursorsIn } from './shared-audit.ts';
import type { StreamRoute } from './stream-routes.ts';

/** How long it takes at most, and how often it is looked, until a change of another process is read back. */
const FOLDED_MS_MAX = 5_000;
const FOLDED_POLL_MS = 2;

export class GatewayService extends SequenceService<GatewayRoles> implements SeqcastService {
  readonly #durable: DurableNext;

  constructor(roles: GatewayRoles) {
    super(roles);
    this.#durable = new DurableNext({
      clients: roles.clients,
      issue: (request) => roles.reservations.issue(request),
      definitionOf: async (name, generation) => {
        await this.#until(() => roles.administration.ranges(name).generations.has(generation));
        return this.definitionOf(name, generation);
      },
    });
  }

  /** Step 1, route the request: the stream that the caller belongs to. */
  routeRequest(entry: DirectoryEntry<RemoteStream>, request: Pick<NextRequest, 'clientId' | 'clientType' | 'service'>): RemoteStream {
    const { directory, clients } = this.roles;
    if (request.clientId === undefined) return directory.stream(entry, request.clientType, request.service);
    const route = clients.route(request.clientId);
    return directory.stream(entry, route.clientType, route.service);
  }

  /** Step 2, look up the shard of a client: the newest one of its stream, where the route table knows one. */
  shardOf(stream: RemoteStream): StreamRoute | undefined {
    return this.roles.streamRoutes.shardOf(stream.id);
  }

  /** Step 3, find the pool of a shard: the one it was allocated to while that lives, else whichever lives. */
  poolOf(stream: RemoteStream): { readonly pool: string; readonly endpoint: string } | undefined {
    const pool = this.roles.streamRoutes.poolOf(stream.id);
    const connection = pool === undefined ? undefined : this.roles.pools.get(pool);
    return connection === undefined ? undefined : { pool: connection.pool, endpoint: connection.endpoint };
  }

  find(sequence: string, caller: Pick<NextRequest, 'clientId' | 'clientType' | 'service'>): FoundPool {
    const entry = this.roles.directory.entry(sequence);
    const stream = this.routeRequest(entry, caller);
    if (entry.isRegistered)
      return { stream: stream.id, shard: undefined, pool: TRANSACTION_POOL, endpoint: this.roles.reservations.endpoint };
    const found = this.poolOf(stream);
    return { stream: stream.id, shard: this.shardOf(stream), pool: found?.pool, endpoint: found?.endpoint };
  }

  next(request: NextRequest): Promise<NextAnswer> {
    const { entry, stream } = this.#wanted(request);
    if (entry.isRegistered) return this.#durable.next(request);
    if (request.idempotencyKey !== undefined) return this.#nextOnce(entry, stream, request.count, request.idempotencyKey);
    return this.#take(entry, stream, { count: request.count, numbered: request.numbered === true, request: '', payloadHash: '' });
  }

  /** Values for request ids that give the same answers again: for a day by the store, for ever by the ledger. */
  nextForRequests(requests: readonly IdentifiedRequest[]): Promise<RequestOutcome[]> {
    const parts = {
      takes: this.roles.takes,
      wanted: (request: NextRequest) => this.#wanted(request),
      once: ({ entry, stream }: Wanted, count: number, id: string) => this.#nextOnce(entry, stream, count, id),
      durable: (request: NextRequest, id: string) => this.#durable.next({ ...request, idempotencyKey: id }),
      answer: (entry: DirectoryEntry<RemoteStream>, taken: RemoteTaken, stalled: boolean) => this.#answer(entry, taken, stalled),
    };
    return answerTogether(parts, requests);
  }

  sequence(name: string, caller: SequenceCaller = {}): Sequence {
    return this.sequenceOf(this, name, caller);
  }

  async giveBack(giveBack: GiveBack): Promise<{ readonly returned: number }> {
    const { pool, incarnation, block, start, count } = readBlockId(giveBack.id);
    const { used } = giveBack;
    if (!Number.isInteger(used) || used < 0 || used > count) {
      throw new SequenceError('SEQ_INVALID_COUNT', `used is ${String(used)}: the block has ${count} values`, { max: count });
    }
    if (used === count) return { returned: 0 };
    const stock = this.roles.pools.get(pool)?.stock;
    const outcome = await stock?.giveBack(incarnation, block, { start: start + used, end: start + count });
    if (outcome === 'taken-back') return { returned: count - used };
    // A stock that cannot take it back keeps it as issued: the caller has done its part.
    if (outcome === 'full') return { returned: 0 };
    const message = `block ${giveBack.id} is not out: given back before, revoked, or of a former life`;
    throw new SequenceError('SEQ_BLOCK_UNKNOWN', message, { block: giveBack.id });
  }

  status(): Status {
    const { life, reader, clock, startedAtMs, endpoint, member, insight, exhaustion } = this.roles;
    return {
      version: VERSION,
      ready: this.notReady().length === 0,
      state: life.state,
      dataDir: endpoint,
      startedAtMs,
      nowMs: clock.nowMs(),
      incarnation: member,
      sequences: reader.ranges.reduce((sum, ranges) => sum + ranges.live.size, 0),
      warnings: exhaustion.warnings(),
      streams: insight.streams(),
    };
  }

  explain(asked: string): Explanation {
    const sequence = sequenceOfStream(asked);
    const definition = this.roles.administration.ranges(sequence).live.get(sequence)?.definition;
    // Callers of the transaction pool share one stream.
    const stream = definition !== undefined && isRegistered(definition) ? sharedStreamId(sequence) : asked;
    const now = this.roles.insight.streams().find((each) => each.stream === stream);
    return explanationOf(this.roles.journal, stream, now, this.roles.insight.trust(stream), this.roles.moves.of(stream));
  }

  /** Whoever knows more: the forecasters, or this process by what it saw itself. */
  protected override async remembered(stream: string): Promise<RememberedDemand | undefined> {
    const { minutes, forecasters } = this.roles;
    const seen = minutes.of(stream);
    const known = await forecasters.of(stream);
    return known !== undefined && known.demand.length >= (seen?.demand.length ?? 0) ? known : seen;
  }

  async who(sequence: string, value: bigint | string): Promise<ValueOwner> {
    const { reader, shards, pools } = this.roles;
    await shards.ready();
    await shards.heard();
    const asked = foundValue({ ranges: reader.ranges, holderOf: shards.holderOf.bind(shards) }, sequence, value);
    const { partition, shard, pool, stream, ending } = asked.shard;
    // A store that does not answer leaves its open shards in doubt.
    const cursors = ending === 'open' ? await cursorsIn(pools.get(pool)?.stock, stream) : [];
    const held = cursors.find((each) => each.partition === partition && each.shard === shard);
    // What nobody was given yet was reported by nobody.
    const isStock = held !== undefined && asked.ordinal >= held.cursor;
    const found = isStock ? asked : { ...asked, shard: await shards.reported(asked.shard, asked.ordinal) };
    const owner = ownerOf(found, held);
    const { reservations } = this.roles;
    return reservations.isThere ? await withHolders(owner, found.definition, reservations.store, found.ordinal) : owner;
  }

  override async alter(name: string, changes: SequenceAttributes): Promise<SequenceDescription> {
    this.mustServe();
    const { definition, id } = this.roles.administration.live(name);
    if (definition.guarantee !== 'gapless' || changes.start !== undefined)
      return this.#settled(definition, await super.alter(name, changes));
    // Where it goes on, behind the last number that was reserved, is known where they are reserved.
    await this.roles.reservations.alter(name, changes);
    await this.#until(() => this.roles.administration.live(name).id !== id);
    return this.describe(name);
  }

  override async restart(name: string, start?: bigint): Promise<SequenceDescription> {
    const { definition } = this.roles.administration.live(name);
    return this.#settled(definition, await super.restart(name, start));
  }

  override async drop(name: string): Promise<void> {
    this.mustServe();
    const { definition } = this.roles.administration.live(name);
    await super.drop(name);
    if (isRegistered(definition)) await this.roles.reservations.settled(name, Number.MAX_SAFE_INTEGER);
  }

  audit(onProgress?: (share: number) => void): Promise<AuditReport> {
    return auditShared({ ...this.roles, onProgress });
  }

  members(): readonly MemberView[] {
    return this.roles.members.list();
  }

  pools(): PoolsView {
    return this.roles.board.pools();
  }

  drain(pool: string): Promise<PoolView> {
    return this.roles.board.drain(pool);
  }

  undrain(pool: string): Promise<PoolView> {
    return this.roles.board.undrain(pool);
  }

  metrics(): Promise<string> {
    return this.roles.metrics();
  }

  notReady(): readonly string[] {
    const { life, problems } = this.roles;
    return life.state === 'serving' ? problems() : [`the process is ${life.state}`];
  }

  /** Throws what is wrong with the request. */
  #wanted(request: NextRequest): Wanted {
    this.mustServe();
    checkCount(request.count);
    const entry = this.roles.directory.entry(request.sequence);
    checkUnique(entry.name, entry.definition);
    return { entry, stream: this.routeRequest(entry, request) };
  }

  /** Nothing of an older generation is given out by the transaction pool any more: then a change is done. */
  async #settled(before: SequenceDefinition, changed: SequenceDescription): Promise<SequenceDescription> {
    if (isRegistered(before)) await this.roles.reservations.settled(changed.name, changed.generation);
    return changed;
  }

  /** What another process has written: resolves once this one knows, or when it should. */
  async #until(isKnown: () => boolean): Promise<void> {
    for (const endMs = Date.now() + FOLDED_MS_MAX; !isKnown() && Date.now() < endMs; ) {
      await new Promise((resolve) => setTimeout(resolve, FOLDED_POLL_MS));
    }
  }

  async #take(
    entry: DirectoryEntry<RemoteStream>,
    stream: RemoteStream,
    call: { readonly count: number; readonly numbered: boolean; readonly request: string; readonly payloadHash: string },
  ): Promise<NextAnswer> {
    let stalled = false;
    const taken = await this.roles.takes.take(stream, call, () => {
      stalled = true;
    });
    if (NEXT.hasSubscribers) publishNext(stream, call.count, stalled);
    return this.#answer(entry, taken, stalled);
  }

  #nextOnce(entry: DirectoryEntry<RemoteStream>, stream: RemoteStream, count: number, key: string): Promise<NextAnswer> {
    const { reader, partitionCount, takes } = this.roles;
    return answerOnce({
      reader,
      partitionCount,
      stream: stream.id,
      shardsPartition: stream.partition,
      count,
      key,
      take: async () => (await takes.take(stream, { count, numbered: false, request: '', payloadHash: '' }, () => undefined)).blocks,
      answered: (blocks) => this.#answer(entry, { pool: '', incarnation: '', blocks }, false),
    });
  }

  #answer(entry: DirectoryEntry<RemoteStream>, { pool, incarnation, blocks }: RemoteTaken, stalled: boolean): NextAnswer {
    const { name } = entry;
    const first = blocks[0];
    const definition =
      first === undefined || first.generation === entry.generation.id ? entry.definition : this.definitionOf(name, first.generation);
    const blockId = (taken: RemoteTaken['blocks'][number]): string => blockIdOf(pool, incarnation, taken);
    return answerOf({ sequence: name, definition, incarnation, stalled, blockId }, blocks);
  }
}

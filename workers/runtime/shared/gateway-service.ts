/**
 * What a gateway before shared pools can be asked. A call for values goes three steps, each a function of its own: route the request to
 * its stream, look up the stream's shard, find the pool of the shard.
 */
import type { Sequence } from 'seqcast-client';
import { SequenceError } from '../../../core/errors.ts';
import { VERSION } from '../../../core/version.ts';
import { answerOnce } from '../answer-once.ts';
import { answerOf, checkCount, checkUnique } from '../answers.ts';
import { explanationOf } from '../explaining.ts';
import type { SequenceCaller } from '../in-process-sequence.ts';
import { SequenceService } from '../sequence-service.ts';
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
} from '../service.ts';
import type { DirectoryEntry } from '../stream-directory.ts';
import { ownerOf } from '../value-owner.ts';
import type { GatewayRoles } from './gateway-roles.ts';
import { blockIdOf, readBlockId } from './remote-block-id.ts';
import type { RemoteStream, RemoteTaken } from './remote-stream.ts';
import { auditShared, cutThrough } from './shared-audit.ts';
import type { StreamRoute } from './stream-routes.ts';

export class GatewayService extends SequenceService<GatewayRoles> implements SeqcastService {
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
    const stream = this.routeRequest(this.roles.directory.entry(sequence), caller);
    const found = this.poolOf(stream);
    return { stream: stream.id, shard: this.shardOf(stream), pool: found?.pool, endpoint: found?.endpoint };
  }

  next(request: NextRequest): Promise<NextAnswer> {
    this.mustServe();
    checkCount(request.count);
    const entry = this.roles.directory.entry(request.sequence);
    checkUnique(entry.name, entry.definition);
    const stream = this.routeRequest(entry, request);
    if (request.idempotencyKey !== undefined) return this.#nextOnce(entry, stream, request.count, request.idempotencyKey);
    return this.#take(entry, stream, { count: request.count, numbered: request.numbered === true, request: '', payloadHash: '' });
  }

  /** Values for a request id that gives the same answer again: for a day by the store, for ever by the ledger. */
  nextForRequest(request: NextRequest, requestId: string, payloadHash: string): Promise<NextAnswer> {
    this.mustServe();
    checkCount(request.count);
    const entry = this.roles.directory.entry(request.sequence);
    checkUnique(entry.name, entry.definition);
    const stream = this.routeRequest(entry, request);
    if (entry.definition.answersKept === 'ever') return this.#nextOnce(entry, stream, request.count, requestId);
    return this.#take(entry, stream, { count: request.count, numbered: false, request: requestId, payloadHash });
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

  explain(stream: string): Explanation {
    const now = this.roles.insight.streams().find((each) => each.stream === stream);
    return explanationOf(this.roles.journal, stream, now, this.roles.insight.trust(stream));
  }

  async who(sequence: string, value: bigint | string): Promise<ValueOwner> {
    const { fold, cursors } = await cutThrough(this.roles);
    return ownerOf(fold, sequence, value, cursors);
  }

  audit(): Promise<AuditReport> {
    return auditShared(this.roles);
  }

  members(): readonly MemberView[] {
    return this.roles.members.list();
  }

  metrics(): Promise<string> {
    return this.roles.metrics();
  }

  notReady(): readonly string[] {
    const { life, problems } = this.roles;
    return life.state === 'serving' ? problems() : [`the process is ${life.state}`];
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

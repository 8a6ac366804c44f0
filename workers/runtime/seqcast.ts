/**
 * A running seqcast: what callers may ask (`SeqcastService`), put together from the roles of this process. Holds no rule of its
 * own; each method finds the part that answers.
 */
import type { Sequence } from 'seqcast-client';
import { SequenceError } from '../../core/errors.ts';
import type { Generation, RangesState } from '../../core/ledger/ranges.ts';
import { checkName, type SequenceAttributes } from '../../core/sequence.ts';
import type { Taken } from '../../core/stock/take.ts';
import type { JobState, JobView } from '../../pipelines/ports.ts';
import { STAGES, topologyMermaid, topologyText } from '../../pipelines/topology.ts';
import { appendAnnouncement } from './announcing.ts';
import { answerOnce } from './answer-once.ts';
import { answerOf, checkCount, parseBlockId } from './answers.ts';
import { auditReport, extendFold, foldLedger } from './audit.ts';
import { explanationOf } from './explaining.ts';
import { inProcessSequence, type SequenceCaller } from './in-process-sequence.ts';
import type { Roles } from './roles.ts';
import type { ServedStream } from './served-stream.ts';
import type {
  Announcement,
  AuditReport,
  DeadLetterView,
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
} from './service.ts';
import { statusOf } from './status.ts';
import type { DirectoryEntry } from './stream-directory.ts';
import { ownerOf } from './value-owner.ts';

export class Seqcast implements SeqcastService {
  readonly #roles: Roles;

  constructor(roles: Roles) {
    this.#roles = roles;
  }

  async create(name: string, attributes: SequenceAttributes): Promise<SequenceDescription> {
    this.#mustServe();
    return this.#describe(await this.#roles.administration.create(name, attributes));
  }

  list(): readonly SequenceDescription[] {
    const live = this.#roles.reader.ranges.flatMap((ranges) => [...ranges.live.values()]);
    return live.sort((a, b) => (a.name < b.name ? -1 : 1)).map((generation) => this.#describe(generation));
  }

  describe(name: string): SequenceDescription {
    return this.#describe(this.#roles.administration.live(name));
  }

  async alter(name: string, changes: SequenceAttributes): Promise<SequenceDescription> {
    this.#mustServe();
    return this.#describe(await this.#roles.administration.alter(name, changes));
  }

  async restart(name: string, start?: bigint): Promise<SequenceDescription> {
    this.#mustServe();
    return this.#describe(await this.#roles.administration.restart(name, start));
  }

  async drop(name: string): Promise<void> {
    this.#mustServe();
    await this.#roles.administration.drop(name);
  }

  next(request: NextRequest): NextAnswer | Promise<NextAnswer> {
    this.#mustServe();
    checkCount(request.count);
    const entry = this.#roles.directory.entry(request.sequence);
    const served = this.#streamOf(entry, request);
    if (request.idempotencyKey !== undefined) return this.#nextOnce(entry, served, request, request.idempotencyKey);
    const taken = this.#roles.pool.take(served, request.count, request.numbered === true);
    if (taken instanceof Promise) return taken.then((late) => this.#answer(entry, late, true));
    return this.#answer(entry, taken, false);
  }

  /** A sequence object as the client package has it: `await next()`, synchronous `tryNext()`, blocks at hand. Close it before this. */
  sequence(name: string, caller: SequenceCaller = {}): Sequence {
    this.#roles.administration.live(name);
    return inProcessSequence(this, name, caller);
  }

  async giveBack(giveBack: GiveBack): Promise<{ readonly returned: number }> {
    const { stock, pool } = this.#roles;
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

  async registerClient(clientId: string, route: { readonly clientType: string; readonly service: string }): Promise<void> {
    this.#mustServe();
    checkName('client type', route.clientType);
    checkName('service', route.service);
    await this.#roles.clients.register(clientId, route);
  }

  async lookUpClient(clientId: string): Promise<{ readonly clientType: string; readonly service: string }> {
    return this.#roles.clients.route(clientId);
  }

  find(sequence: string, caller: Pick<NextRequest, 'clientId' | 'clientType' | 'service'>): FoundPool {
    const { directory, reader, pool } = this.#roles;
    const served = this.#streamOf(directory.entry(sequence), { sequence, count: 1, ...caller });
    const newest = reader.shards[served.partition]?.streams.get(served.id)?.open.at(-1);
    const { partition } = served;
    const shard = newest === undefined ? undefined : { partition, shard: newest.id, incarnation: newest.incarnation };
    return { stream: served.id, shard, pool: pool.name, endpoint: 'this process' };
  }

  /** One process has one allocator, which owns everything, and one pool. */
  members(): readonly MemberView[] {
    const { partitionCount, startedAtMs, clock, pool } = this.#roles;
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
    return [
      { member: 'allocator-0', role: 'allocator', endpoint: '', partitions, ...shared },
      { member: pool.name, role: 'pool', endpoint: 'this process', partitions: [], ...shared },
    ];
  }

  async announce(announcement: Announcement): Promise<void> {
    this.#mustServe();
    const { log, administration, partitionCount } = this.#roles;
    await appendAnnouncement(log, partitionCount, administration.live(announcement.sequence).definition, announcement);
  }

  status(): Status {
    return statusOf(this.#roles);
  }

  explain(stream: string): Explanation {
    return explanationOf(
      this.#roles.journal,
      stream,
      this.status().streams.find((each) => each.stream === stream),
    );
  }

  async who(sequence: string, value: bigint): Promise<ValueOwner> {
    const { log, partitionCount, stock, exports } = this.#roles;
    const fold = await foldLedger(log, partitionCount, undefined, { exports });
    return ownerOf(fold, sequence, value, stock.cursors());
  }

  async audit(): Promise<AuditReport> {
    const { log, partitionCount, pool, reader, stock, exports } = this.#roles;
    pool.report();
    const fold = await foldLedger(log, partitionCount, undefined, { exports });
    // A living stock moves on: the cut is taken at a moment when this fold and the reader stand at the same records.
    const together = (): boolean => fold.partitions.every((each, p) => each.state.nextOffset === reader.shards[p]?.nextOffset);
    while (!together()) await extendFold(log, fold, undefined, { exports });
    return auditReport(fold, stock.cursors());
  }

  topology(format: 'text' | 'mermaid'): string {
    return format === 'mermaid' ? topologyMermaid(STAGES) : topologyText(STAGES);
  }

  deadLetters(limit: number): Promise<readonly DeadLetterView[]> {
    return this.#roles.deadLetters.list(limit);
  }

  replayDeadLetter(id: string): Promise<DeadLetterView> {
    this.#mustServe();
    return this.#roles.deadLetters.replay(id);
  }

  jobs(state: JobState, limit: number): Promise<readonly JobView[]> {
    return this.#roles.jobs.list(state, limit);
  }

  reviveJob(id: string): Promise<boolean> {
    this.#mustServe();
    return this.#roles.jobs.revive(id);
  }

  metrics(): Promise<string> {
    return this.#roles.metrics.text();
  }

  notReady(): readonly string[] {
    const { state } = this.#roles.life;
    return state === 'serving' ? [] : [`the process is ${state}`];
  }

  close(): Promise<void> {
    return this.#roles.life.close();
  }

  #mustServe(): void {
    const { life } = this.#roles;
    if (life.state === 'serving') return;
    if (life.state === 'stopped') throw new SequenceError('SEQ_CLOSED', 'this seqcast was closed');
    throw new SequenceError('SEQ_NOT_READY', `the process is ${life.state}`);
  }

  #streamOf(entry: DirectoryEntry<ServedStream>, request: NextRequest): ServedStream {
    if (request.clientId === undefined) return this.#roles.directory.stream(entry, request.clientType, request.service);
    const route = this.#roles.clients.route(request.clientId);
    return this.#roles.directory.stream(entry, route.clientType, route.service);
  }

  #answer(entry: DirectoryEntry<ServedStream>, taken: readonly Taken[], stalled: boolean): NextAnswer {
    const { name } = entry;
    const first = taken[0];
    const definition =
      first === undefined || first.generation === entry.generation.id ? entry.definition : this.#definition(name, first.generation);
    return answerOf({ sequence: name, definition, incarnation: this.#roles.pool.incarnation, stalled }, taken);
  }

  #definition(name: string, generation: number): Generation['definition'] {
    const found = this.#roles.administration.ranges(name).generations.get(generation);
    if (found === undefined) throw new SequenceError('SEQ_UNKNOWN_SEQUENCE', `sequence ${name} has no generation ${generation}`);
    return found.definition;
  }

  #nextOnce(entry: DirectoryEntry<ServedStream>, served: ServedStream, request: NextRequest, key: string): Promise<NextAnswer> {
    const { reader, pool, partitionCount } = this.#roles;
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

  #describe(generation: Generation): SequenceDescription {
    const { name, definition, id, next, capacity } = generation;
    const ranges = this.#roles.administration.ranges(name) as RangesState;
    const streams = this.#roles.directory.streamCount(name);
    return { name, definition, generation: id, claimed: ranges.generations.get(id)?.next ?? next, capacity, streams };
  }
}

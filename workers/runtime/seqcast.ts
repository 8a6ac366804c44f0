/**
 * A running seqcast: what callers may ask (`SeqcastService`), put together from the roles of this process. Holds no rule of its
 * own; each method finds the part that answers.
 */
import { createHash } from 'node:crypto';
import type { Sequence } from 'seqcast-client';
import { SequenceError } from '../../core/errors.ts';
import type { Generation, RangesState } from '../../core/ledger/ranges.ts';
import { answerKey, type ShardsState } from '../../core/ledger/shards-state.ts';
import { checkName, type SequenceAttributes } from '../../core/sequence.ts';
import type { Taken } from '../../core/stock/take.ts';
import { DEFAULT_CLIENT_TYPE, DEFAULT_SERVICE, partitionKey, partitionOf, streamId } from '../../core/stream.ts';
import { STAGES, topologyMermaid, topologyText } from '../../pipelines/topology.ts';
import { encode } from '../../schemas/codec.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { answerOf, checkCount, parseBlockId } from './answers.ts';
import { auditReport, extendFold, foldLedger } from './audit.ts';
import { inProcessSequence, type SequenceCaller } from './in-process-sequence.ts';
import type { Roles } from './roles.ts';
import type { ServedStream } from './served-stream.ts';
import type {
  Announcement,
  AuditReport,
  Explanation,
  GiveBack,
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

/** An announced burst may last this long at most: longer is not a burst but the demand, and the forecast learns it. */
const ANNOUNCEMENT_MS_MAX = 7 * 86_400_000;

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

  async announce(announcement: Announcement): Promise<void> {
    this.#mustServe();
    const { log, administration, partitionCount } = this.#roles;
    const { definition } = administration.live(announcement.sequence);
    const { sequence, clientType = DEFAULT_CLIENT_TYPE, service = DEFAULT_SERVICE, rate, fromMs, untilMs } = announcement;
    const lastsMs = untilMs - fromMs;
    if (!(rate > 0 && Number.isFinite(rate)))
      throw new SequenceError('SEQ_INVALID_REQUEST', `rate is ${rate}: announce values per second above 0`);
    if (!(lastsMs > 0 && lastsMs <= ANNOUNCEMENT_MS_MAX)) {
      throw new SequenceError('SEQ_INVALID_REQUEST', 'an announced burst ends after it begins and lasts at most 7 days');
    }
    const stream = streamId({ sequence, clientType, service });
    const partition = partitionOf(partitionKey(stream, definition), partitionCount);
    const record = encode({ kind: 'BurstDeclared', stream, rate, fromMs, untilMs });
    await log.append({ topic: TOPICS.announcements.name, partition, records: [record] });
  }

  status(): Status {
    return statusOf(this.#roles);
  }

  explain(stream: string): Explanation {
    const decisions = this.#roles.journal.of(stream);
    if (decisions === undefined) throw new SequenceError('SEQ_UNKNOWN_STREAM', `stream ${stream} never got a shard`, { stream });
    const now = this.status().streams.find((each) => each.stream === stream);
    const sentences = decisions.slice(0, 1).map((decision) => `The last shard held ${decision.sentence}.`);
    if (now !== undefined) {
      sentences.push(
        `Now: ${now.stock} in stock, ${now.waiting} waited for, reorder point ${now.reorderPoint}, lead time ${now.leadTimeMs} ms.`,
      );
      sentences.push(
        `Demand ${now.demandPerSecond.toFixed(2)}/s; forecast for a lead time ${now.forecastMedian.toFixed(1)}, at most ${now.forecastUpper.toFixed(1)}.`,
      );
    }
    return { stream, sentences, decisions };
  }

  async who(sequence: string, value: bigint): Promise<ValueOwner> {
    const { log, partitionCount, stock } = this.#roles;
    const fold = await foldLedger(log, partitionCount);
    return ownerOf(fold, sequence, value, stock.state);
  }

  async audit(): Promise<AuditReport> {
    const { log, partitionCount, pool, reader, stock } = this.#roles;
    pool.report();
    const fold = await foldLedger(log, partitionCount);
    // A living stock moves on: the cut is taken at a moment when this fold and the reader stand at the same records.
    const together = (): boolean => fold.partitions.every((each, p) => each.state.nextOffset === reader.shards[p]?.nextOffset);
    while (!together()) await extendFold(log, fold);
    return auditReport(fold, stock.cursors());
  }

  topology(format: 'text' | 'mermaid'): string {
    return format === 'mermaid' ? topologyMermaid(STAGES) : topologyText(STAGES);
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

  #streamOf(entry: DirectoryEntry, request: NextRequest): ServedStream {
    if (request.clientId === undefined) return this.#roles.directory.stream(entry, request.clientType, request.service);
    const route = this.#roles.clients.route(request.clientId);
    return this.#roles.directory.stream(entry, route.clientType, route.service);
  }

  #answer(entry: DirectoryEntry, taken: readonly Taken[], stalled: boolean): NextAnswer {
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

  /** Take, append the answer, and answer only from the first accepted record: whoever comes second burns what it took. */
  async #nextOnce(entry: DirectoryEntry, served: ServedStream, request: NextRequest, key: string): Promise<NextAnswer> {
    const { reader, pool, partitionCount } = this.#roles;
    // Always the partition of the stream's own name: an altered sequence may be cut elsewhere, its answers must not move.
    const partition = partitionOf(served.id, partitionCount);
    const payloadHash = createHash('sha256').update(`${served.id}\n${request.count}`).digest('hex').slice(0, 32);
    const state = reader.shards[partition] as ShardsState;
    const recorded = (): NextAnswer | undefined => {
      const answer = state.answers.get(answerKey(served.id, key));
      if (answer === undefined) return undefined;
      if (answer.payloadHash !== payloadHash) {
        throw new SequenceError('SEQ_REQUEST_CONFLICT', `request id ${key} was used for another request of stream ${served.id}`, {
          request: key,
        });
      }
      const blocks = answer.blocks.map(({ generation, shard, start, end }) => ({
        generation,
        partition: served.partition,
        shard,
        start,
        count: end - start,
        block: 0,
      }));
      return this.#answer(entry, blocks, false);
    };
    const known = recorded();
    if (known !== undefined) return known;
    const taken = await pool.take(served, request.count, false);
    const blocks = taken.map(({ generation, shard, start, count }) => ({ generation, shard, start, end: start + count }));
    await reader.append('shards', partition, [{ kind: 'RequestAnswered', request: key, stream: served.id, payloadHash, blocks }]);
    const answer = recorded();
    if (answer === undefined) throw new SequenceError('SEQ_APPEND_UNKNOWN', `the answer to request ${key} was not read back`);
    return answer;
  }

  #describe(generation: Generation): SequenceDescription {
    const { name, definition, id, next, capacity } = generation;
    const ranges = this.#roles.administration.ranges(name) as RangesState;
    const streams = this.#roles.directory.streamCount(name);
    return { name, definition, generation: id, claimed: ranges.generations.get(id)?.next ?? next, capacity, streams };
  }
}

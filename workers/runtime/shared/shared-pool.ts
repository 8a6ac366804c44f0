/**
 * A pool whose stock is in a store beyond this process, as its filler looks after it: asks the store a few dozen times a second what
 * happened, orders for streams that are short, loads what was allocated, and reports consumption. Of several fillers of a pool one
 * holds it, by the store's word; the others fold the same ledger and take over within `HOLD_MS`.
 */
import type { Generation } from '../../../core/ledger/ranges.ts';
import type { Shard, ShardsState, StreamLedger } from '../../../core/ledger/shards-state.ts';
import { mayServe } from '../../../core/placement/slots.ts';
import type { SequenceDefinition } from '../../../core/sequence.ts';
import { partitionKey, partitionOf, sequenceOfStream } from '../../../core/stream.ts';
import { countElsewhere, countLeadTime, LIVE_METER } from '../../../pipelines/consumption.ts';
import { reorderPointOf } from '../../../pipelines/filling.ts';
import type { Clock, EventLog, PollReply, ShardToLoad, SharedStock, StreamNews } from '../../../pipelines/ports.ts';
import type { Forecast } from '../../../schemas/messages.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import { shardsCaughtUp } from '../ledger/shards-caught-up.ts';
import { RefillOrders } from '../pool/refill-orders.ts';
import { PendingAppends } from '../process/pending-appends.ts';
import type { ClusterHome } from './cluster-home.ts';
import { type FilledStream, filledStream } from './filled-stream.ts';
import { type PoolCapacity, PoolLoad } from './pool-load.ts';
import { PoolPresence } from './pool-presence.ts';
import { SharedFiller } from './shared-filler.ts';
import { sendReports } from './shared-reports.ts';
import { hasBegunAnew, openShardsIn } from './store-life.ts';
import { valueRuleOf } from './value-rule.ts';

/** Between polls: an order is at most so much later than the take that made it necessary. */
const POLL_MS = 15;
/** A filler that says nothing for so long has lost the pool to whoever asks next. */
const HOLD_MS = 1_500;
/** The store is told no reorder point below zero: at zero a stream that leaves is short once it is empty. */
const NEVER_SHORT = 0;
/** Between attempts while the store does not answer. */
const RETRY_MS = 100;

export interface SharedPoolOptions {
  readonly name: string;
  /** This process, among the fillers of the pool. */
  readonly member: string;
  /** Where gateways reach the store; without credentials. */
  readonly endpoint: string;
  /** Of a primary of a Redis Cluster. */
  readonly home?: ClusterHome;
  readonly stock: SharedStock;
  readonly reader: LedgerReader;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  readonly partitionCount: number;
  readonly capacity: PoolCapacity;
  /** Hears which pools the store was before: what they had there is lost with them. */
  readonly onRenamed: (former: readonly string[]) => void;
  readonly onFailure: (error: unknown) => void;
}

export class SharedPool {
  readonly streams = new Map<string, FilledStream>();
  readonly presence: PoolPresence;
  readonly #options: SharedPoolOptions;
  readonly #filler: SharedFiller;
  readonly #orders: RefillOrders;
  readonly #load: PoolLoad;
  readonly #sending: PendingAppends;
  #incarnation: string | undefined;
  #isClosed = false;
  #polling: Promise<void> | undefined;
  /** Hear how long an order took, and how long its fill did after it was decided. */
  onLeadTime: (leadTimeMs: number) => void = () => undefined;
  onFillTime: (fillTimeMs: number) => void = () => undefined;
  takeOvers = 0;

  constructor(options: SharedPoolOptions) {
    this.#options = options;
    const { name, stock, reader, clock } = options;
    this.#sending = new PendingAppends(options.onFailure);
    this.#load = new PoolLoad(options.capacity, clock.nowMs());
    const load = this.#load.said([], 0, clock.nowMs());
    this.presence = new PoolPresence({ ...options, load, sending: this.#sending, caughtUp: () => shardsCaughtUp(options) });
    this.#orders = new RefillOrders({ ...options, meter: LIVE_METER, sending: this.#sending });
    this.#filler = new SharedFiller({
      pool: name,
      stock,
      reader,
      clock,
      sending: this.#sending,
      valuesOf: (sequence, generation) => {
        const definition = this.#generation(sequence, generation)?.definition;
        return definition === undefined ? undefined : valueRuleOf(definition);
      },
      onLoaded: (shard, isNew) => this.#loaded(shard, isNew),
      onReminted: (incarnation) => this.#newLife(incarnation),
    });
    reader.listen({
      onShards: (state, offset, record, verdict, live, headers) => {
        if (!live || verdict !== 'accepted' || this.#incarnation === undefined) return;
        // Callers are sent on before the stock is taken out: a store that is empty and says so would have them wait.
        if (record.kind === 'StreamAssigned' && record.pool !== name) this.#leaves(state, record.stream);
        if (record.kind === 'ShardRecalled') this.#recalled(state, record.shard);
        this.#filler.accepted(state, offset, record, headers);
      },
      onMoved: () => this.#filler.flush(),
    });
  }

  /** Life of the store while this filler holds the pool. */
  get incarnation(): string | undefined {
    return this.#incarnation;
  }

  start(): void {
    this.#polling ??= this.#poll();
  }

  onForecast(forecast: Forecast): void {
    const served = this.streams.get(forecast.stream);
    const definition = served === undefined ? undefined : this.#live(served.sequence)?.definition;
    if (served === undefined || definition === undefined || forecast.incarnation !== this.#incarnation) return;
    served.reorderPoint = reorderPointOf(forecast, definition);
  }

  /** A few times a second: sends again what was not answered. */
  tick(): void {
    this.#filler.tick();
  }

  /** Once a second: says that the pool lives, and what its streams consumed. */
  async report(): Promise<void> {
    const incarnation = this.#incarnation;
    if (incarnation === undefined) return;
    const { name, clock, stock, log, reader } = this.#options;
    const openShards = openShardsIn(reader.shards, incarnation);
    this.presence.heartbeat(incarnation, this.#load.said(this.streams.values(), openShards, clock.nowMs()));
    await sendReports({ streams: this.streams.values(), pool: name, incarnation, clock, stock, log, sending: this.#sending });
  }

  /** Lets go of the pool; its stock stays where it is, and the next filler goes on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#polling;
    if (this.#incarnation !== undefined) await this.#options.stock.release(this.#options.member).catch(() => undefined);
    this.#standBy();
    await this.#sending.settle();
  }

  async #poll(): Promise<void> {
    const { stock, member, clock, monotonicMs, partitionCount } = this.#options;
    while (!this.#isClosed) {
      const seen = Array.from({ length: partitionCount }, (_, partition) => this.#filler.seenOffset(partition));
      let waitMs = POLL_MS;
      try {
        const lease = this.presence.orderLease(clock.nowMs());
        const askedAtMs = monotonicMs();
        const reply = await stock.poll({ holder: member, holdMs: HOLD_MS, ...lease });
        this.#load.polled(monotonicMs() - askedAtMs);
        const isNew = reply.outcome === 'polled' && reply.incarnation !== this.#incarnation;
        if (isNew && (await hasBegunAnew(this.#options, reply.incarnation))) continue;
        this.#polled(reply, seen);
        if (this.#incarnation !== undefined) await this.#tellReorderPoints(this.#incarnation);
      } catch (error) {
        this.presence.unreachable(this.#incarnation, error);
        waitMs = RETRY_MS;
      }
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  #polled(reply: PollReply, seen: readonly number[]): void {
    this.presence.reached(this.#incarnation);
    if (reply.outcome === 'standby') {
      this.#standBy();
      return;
    }
    if (reply.incarnation !== this.#incarnation) {
      this.takeOvers++;
      this.#newLife(reply.incarnation);
      this.#filler.begin(reply.incarnation);
    }
    for (const news of reply.news) this.#heard(news, seen, reply.incarnation);
    this.#filler.flush();
  }

  #heard(news: StreamNews, seen: readonly number[], incarnation: string): void {
    for (const { partition, shard } of news.exhausted) this.#filler.wantedBack(partition, shard);
    const served = this.#stream(news.stream);
    if (served === undefined) return;
    const { clock } = this.#options;
    served.stock.available = news.stock;
    served.waiters.values = news.waiting;
    served.seenOffset = seen[served.partition] ?? -1;
    this.#load.answered(news.requests);
    countElsewhere(served.meter, news, clock.nowMs(), LIVE_METER);
    // What is left of a stream that moves is not refilled; callers that wait here cannot reach its pool.
    const isShort = news.stock <= served.reorderPoint && !this.#isElsewhere(served);
    if ((news.waiting > 0 && mayServe(this.#options.home?.slots, news.stream)) || isShort) this.#orders.order(served, incarnation);
  }

  #arrived(served: FilledStream, size: number): void {
    if (this.#incarnation === undefined) return;
    served.stock.available += size;
    served.seenOffset = this.#filler.seenOffset(served.partition);
    this.#orders.order(served, this.#incarnation);
  }

  #isElsewhere({ id, partition }: FilledStream): boolean {
    const pool = this.#options.reader.shards[partition]?.streams.get(id)?.pool;
    const { name, home } = this.#options;
    return (pool !== undefined && pool !== name) || !mayServe(home?.slots, id);
  }

  #loaded({ stream, partition, shard, start, end }: ShardToLoad, isNew: boolean): void {
    const served = this.#stream(stream);
    if (served === undefined) return;
    const decision = this.#options.reader.shards[partition]?.openShards.get(shard)?.decision;
    const leadTimeMs = this.#orders.answered(served, decision);
    served.allocations++;
    if (!isNew) return;
    // The allocators wait for word of it: then the stream's old pool gives back what it holds.
    const open = this.#options.reader.shards[partition]?.streams.get(stream)?.open ?? [];
    if (open.some(({ pool }) => pool !== this.#options.name)) this.#arrived(served, end - start);
    countLeadTime(served.meter, leadTimeMs);
    this.onLeadTime(leadTimeMs);
    if (decision !== undefined) this.onFillTime(Math.max(0, this.#options.clock.nowMs() - decision.decidedAtMs));
  }

  async #tellReorderPoints(incarnation: string): Promise<void> {
    const changed = [...this.streams.values()].filter((each) => each.toldReorderPoint !== each.reorderPoint);
    if (changed.length === 0) return;
    const points = changed.map(({ id, reorderPoint }) => ({ stream: id, reorderPoint }));
    await this.#options.stock.setReorderPoints(incarnation, points);
    for (const [index, served] of changed.entries()) served.toldReorderPoint = points[index]?.reorderPoint ?? -1;
  }

  /** The stream lives in another pool now. What has no order is served on here until it is recalled. */
  #leaves(state: ShardsState, id: string): void {
    const stream = state.streams.get(id);
    const served = this.streams.get(id);
    if (stream === undefined || served === undefined) return;
    if (this.#holds(stream).some(({ ordered, recalled }) => !ordered && !recalled)) served.reorderPoint = NEVER_SHORT;
    else this.#moved(id, stream.pool);
  }

  #recalled(state: ShardsState, shard: number): void {
    const stream = state.openShards.get(shard)?.stream;
    if (stream === undefined || stream.pool === this.#options.name) return;
    if (this.#holds(stream).every(({ recalled }) => recalled)) this.#moved(stream.id, stream.pool);
  }

  #holds(stream: StreamLedger): Shard[] {
    return stream.open.filter(({ pool, incarnation }) => pool === this.#options.name && incarnation === this.#incarnation);
  }

  #moved(stream: string, pool: string): void {
    if (!this.streams.delete(stream) || this.#incarnation === undefined) return;
    // Lost, it costs callers here a wait until their gateway hears of the move from the route table.
    this.#options.stock.setMoved(this.#incarnation, stream, pool).catch(() => undefined);
  }

  #newLife(incarnation: string): void {
    this.streams.clear();
    this.#incarnation = incarnation;
    this.presence.joined(incarnation);
  }

  #standBy(): void {
    if (this.#incarnation === undefined) return;
    this.#incarnation = undefined;
    this.streams.clear();
    this.#filler.end();
  }

  /** The stream's place here, made on first sight; undefined where its sequence does not exist (any more, or yet). */
  #stream(id: string): FilledStream | undefined {
    const definition = this.#live(sequenceOfStream(id))?.definition;
    if (definition === undefined) return undefined;
    const partition = partitionOf(partitionKey(id, definition), this.#options.partitionCount);
    let served = this.streams.get(id);
    if (served === undefined || served.partition !== partition) {
      served = filledStream(id, partition, this.#options.clock.nowMs());
      this.streams.set(id, served);
    }
    return served;
  }

  #live(sequence: string): Generation | undefined {
    const { reader, partitionCount } = this.#options;
    return reader.ranges[partitionOf(sequence, partitionCount)]?.live.get(sequence);
  }

  #generation(sequence: string, generation: number): { readonly definition: SequenceDefinition } | undefined {
    const { reader, partitionCount } = this.#options;
    return reader.ranges[partitionOf(sequence, partitionCount)]?.generations.get(generation);
  }
}

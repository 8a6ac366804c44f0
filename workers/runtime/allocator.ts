/**
 * The allocator of this process: runs the allocation stage on every partition, fed by forecasts, orders, announcements and
 * members, and appends what it proposes. Everything it decides, it decides from the ledger reader's read-back state.
 */
import type { RangesState } from '../../core/ledger/ranges.ts';
import type { LedgerRecord } from '../../core/ledger/records.ts';
import {
  type AllocationState,
  emptyAllocation,
  findMoves,
  onAnnouncement,
  onForecast,
  onJudged,
  onLedgerMoved,
  onOrder,
  onPoolGone,
  onPoolJoined,
  onPoolLeft,
  onTick,
  type Proposal,
} from '../../pipelines/allocation.ts';
import {
  emptyPlacement,
  isServedBy,
  type MadeMove,
  onPoolSaid,
  onStreamMoved,
  type PlacementState,
  placementStep,
  placeOf,
  predictedLoads,
  streamsIn,
} from '../../pipelines/placement.ts';
import { PoolWatch } from '../../pipelines/pool-watch.ts';
import type { Clock, EventLog, LogEntry, Subscription } from '../../pipelines/ports.ts';
import type { BurstDeclared, Forecast, MemberEvent, RefillOrder } from '../../schemas/messages.ts';
import { type Message, TOPICS, type Topic } from '../../schemas/topics.ts';
import { type OnPoisonOf, readable } from './ledger/dead-letters.ts';
import type { LedgerLog, LedgerReader } from './ledger/ledger-reader.ts';
import { AllocateSpans } from './observability/refill-spans.ts';
import { headersOf, registeredTracer, until } from './observability/tracer.ts';
import { PendingAppends } from './process/pending-appends.ts';

/** Forecasts read back at a start, per partition: enough to find the newest of every stream that was active lately. */
const FORECASTS_READ_BACK = 4_096;

/** Orders and members' words that a new allocator takes up: what was said in the last seconds. */
const ORDERS_READ_BACK = 256;
const MEMBERS_READ_BACK = 1_024;

/** A beat comes once a second; timers are not exact. */
const BEAT_MS_MIN = 900;

export interface AllocatorOptions {
  readonly reader: LedgerReader;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly partitionCount: number;
  readonly redecideMs: number;
  readonly onFailure: (error: unknown) => void;
  /** Hears of records that cannot be read; they are passed over. */
  readonly onPoison?: OnPoisonOf;
  /** Name among other allocators; absent where there is only this one, which then owns everything. */
  readonly member?: string;
  /** How long a former life of a pool may serve ordered streams on. */
  readonly orderLeaseMs?: number;
  /** How long a stream's callers must ask elsewhere before it moves away from a living pool. */
  readonly moveAfterMs?: number;
  /** Hears of every move that this allocator begins. */
  readonly onMove?: (move: MadeMove, nowMs: number) => void;
  /** How long a stream stays where it came, whatever the loads are. */
  readonly coolDownMs?: number | undefined;
}

export class Allocator {
  readonly states: AllocationState[];
  readonly #options: AllocatorOptions;
  readonly #subscriptions: Subscription[] = [];
  readonly #appends: PendingAppends;
  readonly #watch = new PoolWatch();
  readonly #placement: PlacementState;
  readonly #spans: AllocateSpans | undefined;
  #lastBeatAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: AllocatorOptions) {
    const { reader, partitionCount, redecideMs, member, orderLeaseMs = 0, moveAfterMs = 0 } = options;
    this.#options = options;
    this.#appends = new PendingAppends(options.onFailure);
    const tracer = registeredTracer();
    this.#spans = tracer && new AllocateSpans(tracer);
    this.#placement = emptyPlacement(options.clock.nowMs(), options.coolDownMs);
    const ranges = (partition: number): RangesState => reader.ranges[partition] as RangesState;
    this.states = reader.shards.map((shards) =>
      emptyAllocation({ shards, ranges, partitionCount, redecideMs, isOwned: member === undefined, orderLeaseMs, moveAfterMs }),
    );
    for (const state of this.states) {
      state.place = (stream) => placeOf(this.#placement, state, stream);
      state.serves = (pool, stream) => isServedBy(this.#placement, pool, stream);
    }
    reader.listen({
      onShards: (shards, _, record, verdict) => {
        onJudged(this.states[shards.partition] as AllocationState, record, verdict);
        if (record.kind === 'StreamAssigned' && verdict === 'accepted' && record.assignment > 1)
          onStreamMoved(this.#placement, record.stream, this.#nowMs());
      },
      onMoved: () => this.#propose(this.states.flatMap((state) => onLedgerMoved(state, this.#nowMs()))),
    });
  }

  /** Takes up the newest forecasts and announcements, then follows its topics. Call after the reader caught up. */
  async start(): Promise<void> {
    for (const state of this.states) {
      const { partition } = state;
      findMoves(state);
      await this.#follow(TOPICS.forecasts, partition, FORECASTS_READ_BACK, (message) =>
        onForecast(state, message as Forecast, this.#nowMs()),
      );
      await this.#follow(TOPICS.announcements, partition, FORECASTS_READ_BACK, (message) =>
        onAnnouncement(state, message as BurstDeclared, this.#nowMs()),
      );
      // A standby answers an order some time after it was given: so much is taken up again.
      const readBack = this.#options.member === undefined ? 0 : ORDERS_READ_BACK;
      await this.#follow(TOPICS.orders, partition, readBack, (message) => onOrder(state, message as RefillOrder, this.#nowMs()));
    }
    const members = this.#options.member === undefined ? 0 : MEMBERS_READ_BACK;
    await this.#follow(TOPICS.members, 0, members, (message) => this.#onMember(message as MemberEvent));
  }

  /** Resolves once every partition knows this life of the pool, so that its first order is not in vain. */
  async knows(pool: string, incarnation: string): Promise<void> {
    while (!this.states.every((state) => state.pools.get(pool) === incarnation)) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** The partitions this allocator answers for at once; of the others it is the standby. */
  own(partitions: readonly number[]): void {
    for (const state of this.states) state.isOwned = partitions.includes(state.partition);
  }

  /** Pools that get nothing new, and whose streams move away. */
  drain(pools: ReadonlySet<string>): void {
    this.#placement.draining = pools;
    for (const state of this.states) state.draining = pools;
  }

  /** By the forecasts of its streams, the share of each pool's capacity that will be used. */
  predictedLoads(): ReadonlyMap<string, number> {
    return predictedLoads(this.#placement, this.states);
  }

  /** Streams that a pool still has: assigned to it, or with stock there. */
  streamsIn(pool: string): number {
    return streamsIn(this.states, pool);
  }

  /** Orders answered because their owner did not, and when that was last (0: never). */
  takeOvers(): { readonly count: number; readonly lastAtMs: number } {
    let count = 0;
    let lastAtMs = 0;
    for (const state of this.states) {
      count += state.takeOvers;
      lastAtMs = Math.max(lastAtMs, state.tookOverAtMs);
    }
    return { count, lastAtMs };
  }

  tick(): void {
    const nowMs = this.#nowMs();
    this.#propose(this.states.flatMap((state) => onTick(state, nowMs)));
    if (this.#options.member === undefined) return;
    const { proposals, moves } = placementStep(this.#placement, this.states, nowMs);
    this.#propose(proposals);
    for (const move of moves) this.#options.onMove?.(move, nowMs);
  }

  async close(): Promise<void> {
    await Promise.all(this.#subscriptions.map((subscription) => subscription.close()));
    await this.#appends.settle();
  }

  #nowMs(): number {
    return this.#options.clock.nowMs();
  }

  #onMember(event: MemberEvent): Proposal[] {
    const { member, role, incarnation } = event;
    this.#watch.heard(event);
    if (role === 'allocator' && member === this.#options.member && event.event === 'heartbeat') return this.#beat(event.atMs);
    if (role !== 'pool') return [];
    onPoolSaid(this.#placement, event, this.#nowMs());
    if (event.event === 'draining' || event.event === 'lost') {
      for (const state of this.states) onPoolLeft(state, member, incarnation);
      return [];
    }
    // Where there is only one process its pool's heartbeat says nothing new.
    if (event.event === 'heartbeat' && this.#options.member === undefined) return [];
    return this.states.flatMap((state) => {
      const losses = onPoolJoined(state, member, incarnation, this.#nowMs());
      return state.isOwned ? losses : [];
    });
  }

  #beat(atMs: number): Proposal[] {
    // What is said out of turn is no beat: a beat is a second.
    if (atMs - this.#lastBeatAtMs < BEAT_MS_MIN) return [];
    this.#lastBeatAtMs = atMs;
    const { silent, gone } = this.#watch.beat();
    for (const state of this.states) {
      for (const { pool, incarnation } of silent) onPoolLeft(state, pool, incarnation);
      for (const pool of gone) onPoolGone(state, pool);
    }
    return [];
  }

  async #follow(topic: Topic, partition: number, readBack: number, decide: (message: Message) => Proposal[]): Promise<void> {
    const { log, onFailure } = this.#options;
    const from = Math.max(await log.startOffset(topic.name, partition), (await log.endOffset(topic.name, partition)) - readBack);
    const handler = (entries: readonly LogEntry[]): void => {
      this.#propose(this.#messages(topic, partition, entries).flatMap(decide));
    };
    this.#subscriptions.push(log.subscribe({ topic: topic.name, partition, from, handler, onError: onFailure }));
  }

  #messages(topic: Topic, partition: number, entries: readonly LogEntry[]): Message[] {
    const poison = (entry: LogEntry, error: unknown): void => this.#options.onPoison?.(topic.name, partition, entry, error);
    const spans = topic === TOPICS.orders ? this.#spans : undefined;
    if (spans === undefined) return readable(topic, entries, poison);
    // Whose order it is stands in the headers of its record.
    return entries.flatMap((entry) => {
      const orders = readable(topic, [entry], poison);
      for (const order of orders) spans.ordered(order as RefillOrder, entry.headers, this.#nowMs());
      return orders;
    });
  }

  /** One append per log and partition, so that a decision's records arrive together and in order. */
  #propose(proposals: readonly Proposal[]): void {
    if (proposals.length === 0) return;
    const batches = new Map<string, { log: LedgerLog; partition: number; records: LedgerRecord[] }>();
    for (const { log, partition, record } of proposals) {
      const key = `${log}:${partition}`;
      const batch = batches.get(key);
      if (batch === undefined) batches.set(key, { log, partition, records: [record] });
      else batch.records.push(record);
    }
    for (const { log, partition, records } of batches.values()) this.#appends.add(this.#append(log, partition, records));
  }

  #append(log: LedgerLog, partition: number, records: readonly LedgerRecord[]): Promise<void> {
    const { reader } = this.#options;
    const spans = this.#spans?.of(records, this.#nowMs()) ?? [];
    if (!spans.some((span) => span !== undefined)) return reader.propose(log, partition, records);
    const headers = spans.map((span) => span && headersOf(span));
    const appending = reader.propose(log, partition, records, headers);
    return spans.reduce((work, span) => (span === undefined ? work : until(span, work)), appending);
  }
}

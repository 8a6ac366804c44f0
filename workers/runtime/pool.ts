/**
 * The throughput pool of this process: serves takes from its stock, orders when a stream's position reaches its reorder point,
 * and carries out what the filling stage asks of the store. Times are the process's clock; waits end by monotonic time.
 */

import type { EmbeddedStock } from '../../adapters/embedded/stock.ts';
import { SequenceError } from '../../core/errors.ts';
import type { SequenceDefinition } from '../../core/sequence.ts';
import { RESERVE_FLOOR } from '../../core/sizing/reserve.ts';
import { streamStock } from '../../core/stock/stock.ts';
import { type Taken, take } from '../../core/stock/take.ts';
import {
  countIssued,
  countLeadTime,
  countRequest,
  countReturned,
  countStall,
  type MeterOptions,
  newMeter,
} from '../../pipelines/consumption.ts';
import { reorderPointOf } from '../../pipelines/filling.ts';
import type { Clock, EventLog, LogEntry, ShardToLoad, Subscription } from '../../pipelines/ports.ts';
import type { Forecast, MemberEvent } from '../../schemas/messages.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { consumptionRecords } from './consumption-reports.ts';
import { readable } from './dead-letters.ts';
import { exhaustion } from './exhausted-stream.ts';
import { Filler } from './filler.ts';
import type { LedgerReader } from './ledger-reader.ts';
import { memberRecord } from './member-record.ts';
import { PendingAppends } from './pending-appends.ts';
import { RefillOrders } from './refill-orders.ts';
import { type ServedStream, servedStream } from './served-stream.ts';

/** An exhausted shard stays open this long while blocks of it are out, so that they can still be given back. */
const EXHAUSTED_KEPT_MS = 60_000;

export interface PoolOptions {
  readonly name: string;
  readonly stock: EmbeddedStock;
  readonly reader: LedgerReader;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly monotonicMs: () => number;
  readonly partitionCount: number;
  readonly meter: MeterOptions;
  readonly reportIntervalMs: number;
  readonly onFailure: (error: unknown) => void;
}

export class Pool {
  readonly streams = new Map<string, ServedStream>();
  readonly #options: PoolOptions;
  /** Streams touched since the last tick. */
  readonly #touched = new Set<ServedStream>();
  /** Streams at or below their reorder point, until an allocation lifts them. */
  readonly #short = new Set<ServedStream>();
  readonly #exhaustedSince = new Map<string, number>();
  readonly #filler: Filler;
  readonly #orders: RefillOrders;
  readonly #subscriptions: Subscription[] = [];
  readonly #sending: PendingAppends;
  /** Hears how long each order took, by the process's clock. */
  onLeadTime: (leadTimeMs: number) => void = () => undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#sending = new PendingAppends(options.onFailure);
    const { name, stock, reader, clock } = options;
    this.#orders = new RefillOrders({ ...options, sending: this.#sending });
    this.#filler = new Filler({
      pool: name,
      stock,
      reader,
      clock,
      sending: this.#sending,
      onLoaded: (shard) => this.#loaded(shard),
      onForgotten: (partition, shard) => this.#exhaustedSince.delete(`${partition}:${shard}`),
      onReminted: () => this.#sending.add(this.join('joined')),
    });
    reader.listen({
      onShards: (state, offset, record, verdict, live) => {
        if (live && verdict === 'accepted') this.#filler.accepted(state, offset, record);
      },
      onMoved: () => this.#settle(),
    });
  }

  get name(): string {
    return this.#options.name;
  }

  get incarnation(): string {
    return this.#options.stock.state.incarnation;
  }

  /** Follows the forecasts from now on: they say at which stock the pool orders by itself. */
  async follow(definitionOf: (sequence: string) => SequenceDefinition | undefined): Promise<void> {
    const { log, partitionCount, onFailure } = this.#options;
    const topic = TOPICS.forecasts.name;
    for (let partition = 0; partition < partitionCount; partition++) {
      const from = await log.endOffset(topic, partition);
      const handler = (entries: readonly LogEntry[]): void => {
        for (const forecast of readable(TOPICS.forecasts, entries, () => undefined)) this.#onForecast(forecast as Forecast, definitionOf);
      };
      this.#subscriptions.push(log.subscribe({ topic, partition, from, handler, onError: onFailure }));
    }
  }

  /** Tells the allocators which life this pool lives. */
  async join(event: MemberEvent['event']): Promise<void> {
    const { name, clock, log } = this.#options;
    await log.append({ topic: TOPICS.members.name, partition: 0, records: [memberRecord(name, this.incarnation, event, clock.nowMs())] });
  }

  /** The stream's place in this pool, made on its first use. */
  stream(id: string, partition: number): ServedStream {
    let served = this.streams.get(id);
    // An altered sequence may live in another partition; its old stock was fenced before anyone could ask here.
    if (served === undefined || served.partition !== partition) {
      const { stock, clock } = this.#options;
      served = servedStream(id, partition, streamStock(stock.state, id), newMeter(id, clock.nowMs()), RESERVE_FLOOR);
      this.streams.set(id, served);
    }
    return served;
  }

  /** Hands out `count` ordinals: at once from stock, else as a promise once an allocation arrived. */
  take(served: ServedStream, count: number, numbered: boolean): readonly Taken[] | Promise<readonly Taken[]> {
    const nowMs = this.#options.clock.nowMs();
    countRequest(served.meter, count, nowMs, this.#options.meter);
    const taken = this.#takeNow(served, count, numbered, nowMs, served.reorderPoint);
    if (taken !== undefined) return taken;
    countStall(served.meter);
    return this.#wait(served, count, numbered);
  }

  /**
   * For a job that knows how many it will take `later`: all of it is ordered at once, and exactly. None of it counts as demand, by which the
   * allocator would expect as much again. Numbered, so that it can be given back.
   */
  takeAhead(served: ServedStream, count: number, later: number): readonly Taken[] | Promise<readonly Taken[]> {
    served.later = later;
    return this.#takeNow(served, count, true, this.#options.clock.nowMs(), later - 1) ?? this.#wait(served, count, true);
  }

  giveBack(served: ServedStream, block: number, slice: { start: number; end: number }): number {
    const outcome = this.#options.stock.giveBack(this.incarnation, block, slice);
    // A stock that cannot take it back keeps it as issued: the caller has done its part.
    if (outcome === 'full') return 0;
    if (outcome === 'unknown-block') {
      const message = `block ${block} of stream ${served.id} is not out: given back before, revoked, or of a former life`;
      throw new SequenceError('SEQ_BLOCK_UNKNOWN', message, { block });
    }
    countReturned(served.meter, slice.end - slice.start);
    this.#touched.add(served);
    this.#serveWaiters(served);
    return slice.end - slice.start;
  }

  /** A few times a second: closes exhausted shards, sends again what was not answered, ends waits. */
  tick(): void {
    const { monotonicMs } = this.#options;
    const nowMs = monotonicMs();
    this.#filler.tick();
    for (const served of this.#touched) {
      this.#closeExhausted(served);
      if (served.waiters.size === 0) continue;
      served.waiters.expire(served.id, nowMs);
      this.#settleStream(served);
      if (served.waiters.size > 0) this.#order(served);
    }
    for (const served of this.#touched) if (served.waiters.size === 0 && served.stock.exhausted.size === 0) this.#touched.delete(served);
    this.#filler.flush();
  }

  /** Once per report interval: the consumption events of all streams that have something to say. */
  report(): void {
    const { log } = this.#options;
    for (const [partition, records] of consumptionRecords(this.streams.values(), { ...this.#options, incarnation: this.incarnation })) {
      this.#sending.add(log.append({ topic: TOPICS.consumption.name, partition, records }));
    }
  }

  /** Clean stop: takes everything out of the stock and gives it back to the ledger; resolves once that is read back. */
  async drain(deadlineMs: number): Promise<boolean> {
    const { monotonicMs } = this.#options;
    for (const served of this.streams.values()) {
      served.waiters.rejectAll(() => new SequenceError('SEQ_NOT_READY', 'the process is draining; ask another instance'));
    }
    this.#filler.drain();
    this.#filler.flush();
    while (!this.#filler.isDrained) {
      if (monotonicMs() > deadlineMs) return false;
      await new Promise((resolve) => setTimeout(resolve, 5));
      this.tick();
    }
    await this.#sending.settle();
    return true;
  }

  async close(): Promise<void> {
    await Promise.all(this.#subscriptions.map((subscription) => subscription.close()));
    await this.#sending.settle();
  }

  /** True while stock of a generation older than this is still here. */
  holdsOlder(name: string, generation: number): boolean {
    for (const served of this.streams.values()) {
      if (served.sequence === name && served.stock.queue.some((shard) => shard.generation < generation)) return true;
    }
    return false;
  }

  /** Ends all waits of a sequence that no longer exists. */
  rejectSequence(name: string, error: () => SequenceError): void {
    for (const served of this.streams.values()) if (served.sequence === name) served.waiters.rejectAll(error);
  }

  #onForecast(forecast: Forecast, definitionOf: (sequence: string) => SequenceDefinition | undefined): void {
    const served = this.streams.get(forecast.stream);
    const definition = served === undefined ? undefined : definitionOf(served.sequence);
    if (served === undefined || definition === undefined || forecast.incarnation !== this.incarnation) return;
    served.reorderPoint = reorderPointOf(forecast, definition);
  }

  /** Undefined where callers wait already or the stock does not suffice; orders where it falls to `orderAt`. */
  #takeNow(served: ServedStream, count: number, numbered: boolean, nowMs: number, orderAt: number): readonly Taken[] | undefined {
    this.#touched.add(served);
    const taken = served.waiters.size > 0 ? undefined : take(this.#options.stock.state, served.stock, count, numbered, nowMs);
    if (taken === undefined) return undefined;
    countIssued(served.meter, count);
    if (served.stock.exhausted.size !== served.exhaustedKept) this.#closeExhausted(served);
    if (served.stock.available <= orderAt) this.#order(served);
    return taken;
  }

  #wait(served: ServedStream, count: number, numbered: boolean): Promise<readonly Taken[]> {
    const waiting = served.waiters.wait(served.id, count, numbered, this.#options.monotonicMs());
    this.#settleStream(served);
    if (served.waiters.size > 0) this.#order(served);
    return waiting;
  }

  #order(served: ServedStream): void {
    this.#short.add(served);
    this.#orders.order(served, this.incarnation);
  }

  #loaded({ stream, partition, shard }: ShardToLoad): void {
    const served = this.stream(stream, partition);
    const decision = this.#options.reader.shards[partition]?.openShards.get(shard)?.decision;
    const leadTimeMs = this.#orders.answered(served, decision);
    countLeadTime(served.meter, leadTimeMs);
    this.onLeadTime(leadTimeMs);
    served.allocations++;
    this.#touched.add(served);
  }

  #serveWaiters(served: ServedStream): void {
    const { stock, clock } = this.#options;
    served.waiters.serve((waiter) => {
      const taken = take(stock.state, served.stock, waiter.count, waiter.numbered, clock.nowMs());
      if (taken !== undefined) countIssued(served.meter, waiter.count);
      return taken;
    });
  }

  /** The ledger moved: waiters are served, or told that there is nothing left; what is still short orders again. */
  #settle(): void {
    for (const served of this.#short) {
      this.#settleStream(served);
      if (served.waiters.size > 0 || served.stock.available <= served.reorderPoint) this.#order(served);
      else this.#short.delete(served);
    }
    this.#filler.flush();
  }

  #settleStream(served: ServedStream): void {
    if (served.waiters.size > 0) this.#serveWaiters(served);
    if (served.waiters.size === 0) return;
    const { reader, partitionCount, clock } = this.#options;
    const exhausted = exhaustion(served, { reader, partitionCount, nowMs: clock.nowMs() });
    if (exhausted) served.waiters.rejectAll(exhausted);
  }

  /** Closes what was issued to the end; a shard with blocks out is kept for a while, so that they can still be given back. */
  #closeExhausted(served: ServedStream): void {
    const nowMs = this.#options.monotonicMs();
    for (const shard of served.stock.exhausted) {
      const key = `${shard.partition}:${shard.shard}`;
      const since = this.#exhaustedSince.get(key) ?? nowMs;
      this.#exhaustedSince.set(key, since);
      if (shard.blocks.size > 0 && nowMs - since < EXHAUSTED_KEPT_MS) continue;
      this.#filler.wantedBack(shard.partition, shard.shard);
    }
    served.exhaustedKept = served.stock.exhausted.size;
    this.#filler.flush();
  }
}

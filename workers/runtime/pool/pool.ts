/**
 * The throughput pool of this process: serves takes from its stock, orders when a stream's position reaches its reorder point,
 * and carries out what the filling stage asks of the store. Times are the process's clock; waits end by monotonic time.
 */
import { SequenceError } from '../../../core/errors.ts';
import { LARGE_REQUEST } from '../../../core/pool-kind.ts';
import { RESERVE_FLOOR } from '../../../core/sizing/reserve.ts';
import { streamStock } from '../../../core/stock/stock.ts';
import { type Taken, take } from '../../../core/stock/take.ts';
import { countCall, isLone } from '../../../core/usage.ts';
import {
  countIssued,
  countLeadTime,
  countLoneRequest,
  countRequest,
  countReturned,
  countStall,
  newMeter,
} from '../../../pipelines/consumption.ts';
import { reorderPointOf } from '../../../pipelines/filling.ts';
import type { ShardToLoad, Subscription } from '../../../pipelines/ports.ts';
import type { Forecast, MemberEvent } from '../../../schemas/messages.ts';
import { TOPICS } from '../../../schemas/topics.ts';
import { followForecasts } from '../forecasting/forecast-following.ts';
import { memberRecord } from '../members/member-record.ts';
import { PendingAppends } from '../process/pending-appends.ts';
import { consumptionRecords } from './consumption-reports.ts';
import { ExhaustedShards } from './exhausted-shards.ts';
import { exhaustion } from './exhausted-stream.ts';
import { Filler } from './filler.ts';
import type { PoolOptions } from './pool-options.ts';
import { RefillOrders } from './refill-orders.ts';
import { type ServedStream, servedStream } from './served-stream.ts';
import { StockKeeping } from './stock-keeping.ts';

export class Pool {
  readonly streams = new Map<string, ServedStream>();
  readonly #options: PoolOptions;
  /** Streams touched since the last tick. */
  readonly #touched = new Set<ServedStream>();
  /** Streams at or below their reorder point, until an allocation lifts them. */
  readonly #short = new Set<ServedStream>();
  readonly #exhausted: ExhaustedShards;
  readonly #filler: Filler;
  readonly #keeping: StockKeeping;
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
      onForgotten: (partition, shard) => this.#exhausted.forget(partition, shard),
      onReminted: () => this.#sending.add(this.join('joined')),
    });
    this.#exhausted = new ExhaustedShards((partition, shard) => this.#filler.wantedBack(partition, shard));
    this.#keeping = new StockKeeping({
      ...options,
      nowMs: () => clock.nowMs(),
      standDown: (served) => {
        this.#orders.standDown(served, this.incarnation);
        this.#giveBackAll(served);
      },
      order: (served) => this.#order(served),
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
  async follow(): Promise<void> {
    this.#subscriptions.push(...(await followForecasts({ ...this.#options, onForecast: (forecast) => this.#onForecast(forecast) })));
  }

  /** Tells the allocators which life this pool lives. */
  async join(event: MemberEvent['event']): Promise<void> {
    const { name, clock, log } = this.#options;
    await log.append({ topic: TOPICS.members.name, partition: 0, records: [memberRecord(name, this.incarnation, event, clock.nowMs())] });
  }

  /** The stream as callers find it: its kind follows what its sequence says now. */
  found(id: string, partition: number): ServedStream {
    const served = this.stream(id, partition);
    this.#keeping.settle(served);
    return served;
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
    served.askedAtMs = nowMs;
    // One huge call is no reason to keep a stock for the next one; a second is.
    if (count >= LARGE_REQUEST.enter && isLone(served.usage, count)) countLoneRequest(served.meter);
    else countRequest(served.meter, count, nowMs, this.#options.meter);
    countCall(served.usage, count);
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
    const nowMs = this.#options.monotonicMs();
    this.#filler.tick();
    for (const served of this.#touched) {
      this.#closeExhausted(served);
      if (served.waiters.size === 0) {
        if (!served.keepsStock && served.stock.available > 0) this.#giveBackAll(served);
        continue;
      }
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
    this.#keeping.review(this.streams.values());
    for (const [partition, records] of consumptionRecords(this.streams.values(), { ...this.#options, incarnation: this.incarnation })) {
      this.#sending.add(log.append({ topic: TOPICS.consumption.name, partition, records }));
    }
  }

  /** Clean stop: takes everything out of the stock and gives it back to the ledger; resolves once that is read back. */
  async drain(deadlineMs: number): Promise<boolean> {
    const { monotonicMs } = this.#options;
    const draining = (): SequenceError => new SequenceError('SEQ_NOT_READY', 'the process is draining; ask another instance');
    for (const served of this.streams.values()) served.waiters.rejectAll(draining);
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

  #onForecast(forecast: Forecast): void {
    const served = this.streams.get(forecast.stream);
    const definition = served === undefined ? undefined : this.#options.definitionOf(served.sequence);
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
    if (served.stock.available <= orderAt && served.keepsStock) this.#order(served);
    return taken;
  }

  #wait(served: ServedStream, count: number, numbered: boolean): Promise<readonly Taken[]> {
    const waiting = served.waiters.wait(served.id, count, numbered, this.#options.monotonicMs());
    this.#keeping.wake(served);
    this.#settleStream(served);
    if (served.waiters.size > 0) this.#order(served);
    return waiting;
  }

  #giveBackAll(served: ServedStream): void {
    // From the newest down: an ordered stream may have all of it again.
    for (const { partition, shard } of [...served.stock.queue].reverse()) this.#filler.wantedBack(partition, shard);
    this.#filler.flush();
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
    this.#keeping.loaded(served, decision?.decidedAtMs ?? 0);
    served.allocations++;
    this.#touched.add(served);
  }

  #serveWaiters(served: ServedStream): void {
    const { stock, clock } = this.#options;
    served.waiters.serve(({ count, numbered }) => {
      const taken = take(stock.state, served.stock, count, numbered, clock.nowMs());
      if (taken !== undefined) countIssued(served.meter, count);
      return taken;
    });
  }

  /** The ledger moved: waiters are served, or told that there is nothing left; what is still short orders again. */
  #settle(): void {
    for (const served of this.#short) {
      this.#settleStream(served);
      if (served.waiters.size > 0 || (served.keepsStock && served.stock.available <= served.reorderPoint)) this.#order(served);
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

  #closeExhausted(served: ServedStream): void {
    this.#exhausted.look(served, this.#options.monotonicMs());
    this.#filler.flush();
  }
}

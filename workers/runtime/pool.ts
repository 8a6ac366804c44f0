/**
 * The throughput pool of this process: serves takes from its stock, orders when a stream's position reaches its reorder point,
 * and carries out what the filling stage asks of the store. Times are the process's clock; waits end by monotonic time.
 */
import { SequenceError } from '../../core/errors.ts';
import { isExhausted } from '../../core/ledger/exhaustion.ts';
import type { LedgerRecord, ShardsRecord } from '../../core/ledger/records.ts';
import type { ShardsState } from '../../core/ledger/shards-state.ts';
import { RESERVE_FLOOR } from '../../core/sizing/reserve.ts';
import { streamStock } from '../../core/stock/stock.ts';
import { type Taken, take } from '../../core/stock/take.ts';
import type { EmbeddedStock } from '../../adapters/embedded/stock.ts';
import { countIssued, countLeadTime, countRequest, countReturned, countStall, fastRate, type MeterOptions, newMeter, report } from '../../pipelines/consumption.ts';
import { type Effect, emptyFilling, type FillingState, isDrained, onAccepted, onDrain, onLoadReply, onNewLife, onRevokeReply, onTick, onWantedBack } from '../../pipelines/filling.ts';
import type { Clock, EventLog } from '../../pipelines/ports.ts';
import { encode } from '../../schemas/codec.ts';
import type { ConsumptionEvent, MemberEvent, RefillOrder } from '../../schemas/messages.ts';
import { TOPICS } from '../../schemas/topics.ts';
import type { LedgerReader } from './ledger-reader.ts';
import { PendingAppends } from './pending-appends.ts';
import { type ServedStream, servedStream } from './served-stream.ts';

/** An order that nothing answered is sent again after this much monotonic time. */
const ORDER_RESEND_MS = 200;
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
  readonly filling: FillingState;
  readonly #options: PoolOptions;
  /** Streams touched since the last tick. */
  readonly #touched = new Set<ServedStream>();
  /** Streams at or below their reorder point, until an allocation lifts them. */
  readonly #short = new Set<ServedStream>();
  readonly #exhaustedSince = new Map<string, number>();
  #appends: { partition: number; record: LedgerRecord }[] = [];
  readonly #sending: PendingAppends;
  shardsLoaded = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#sending = new PendingAppends(options.onFailure);
    this.filling = emptyFilling(options.name, options.stock.state.incarnation);
    options.reader.listen({
      onShards: (state, offset, record, verdict, live) => {
        if (live && verdict === 'accepted') this.#onShards(state, offset, record);
      },
      onMoved: () => this.#settle(),
    });
  }

  get incarnation(): string {
    return this.#options.stock.state.incarnation;
  }

  /** Tells the allocators which life this pool lives. */
  async join(event: MemberEvent['event']): Promise<void> {
    const { name, clock, log } = this.#options;
    const { incarnation } = this;
    const member: MemberEvent = { kind: 'MemberEvent', member: name, role: 'pool', event, incarnation, poolKind: 'throughput', endpoint: '', atMs: clock.nowMs() };
    await log.append({ topic: TOPICS.members.name, partition: 0, records: [encode(member)] });
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
    const { clock, meter, stock } = this.#options;
    countRequest(served.meter, count, clock.nowMs(), meter);
    this.#touched.add(served);
    if (served.waiters.size === 0) {
      const taken = take(stock.state, served.stock, count, numbered);
      if (taken !== undefined) {
        countIssued(served.meter, count);
        if (served.stock.available <= served.reorderPoint) this.#order(served);
        return taken;
      }
    }
    return this.#stall(served, count, numbered);
  }

  giveBack(served: ServedStream, block: number, slice: { start: number; end: number }): number {
    const { stock } = this.#options;
    const outcome = stock.giveBack(this.incarnation, block, slice);
    if (outcome !== 'taken-back') {
      throw new SequenceError('SEQ_BLOCK_UNKNOWN', `block ${block} of stream ${served.id} is not out: given back before, revoked, or of a former life`, { block });
    }
    countReturned(served.meter, slice.end - slice.start);
    this.#touched.add(served);
    this.#serveWaiters(served);
    return slice.end - slice.start;
  }

  /** A few times a second: closes exhausted shards, sends again what was not answered, ends waits. */
  tick(): void {
    const { clock, monotonicMs } = this.#options;
    const nowMs = monotonicMs();
    this.#run(onTick(this.filling, clock.nowMs()));
    for (const served of this.#touched) {
      this.#closeExhausted(served, nowMs);
      if (served.waiters.size === 0) continue;
      served.waiters.expire(served.id, nowMs);
      this.#settleStream(served);
      if (served.waiters.size > 0) this.#order(served);
    }
    for (const served of this.#touched) if (served.waiters.size === 0 && served.stock.exhausted.size === 0) this.#touched.delete(served);
    this.#flush();
  }

  /** Once per report interval: the consumption events of all streams that have something to say. */
  report(): void {
    const { clock, log, meter, reportIntervalMs, reader } = this.#options;
    const nowMs = clock.nowMs();
    const byPartition = new Map<number, ConsumptionEvent[]>();
    for (const served of this.streams.values()) {
      const seenOffset = (reader.shards[served.partition]?.nextOffset ?? 0) - 1;
      const state = { pool: this.#options.name, incarnation: this.incarnation, nowMs, stock: served.stock.available, waiting: served.waiters.values, seenOffset };
      const event = report(served.meter, { ...state, cursors: served.cursors() }, reportIntervalMs, meter);
      if (event === undefined) continue;
      const events = byPartition.get(served.partition);
      if (events === undefined) byPartition.set(served.partition, [event]);
      else events.push(event);
    }
    for (const [partition, events] of byPartition) this.#sending.add(log.append({ topic: TOPICS.consumption.name, partition, records: events.map(encode) }));
  }

  /** Clean stop: takes everything out of the stock and gives it back to the ledger; resolves once that is read back. */
  async drain(deadlineMs: number): Promise<boolean> {
    const { clock, monotonicMs } = this.#options;
    for (const served of this.streams.values()) {
      served.waiters.rejectAll(() => new SequenceError('SEQ_NOT_READY', 'the process is draining; ask another instance'));
    }
    this.#run(onDrain(this.filling, clock.nowMs()));
    this.#flush();
    while (!isDrained(this.filling)) {
      if (monotonicMs() > deadlineMs) return false;
      await new Promise((resolve) => setTimeout(resolve, 5));
      this.tick();
    }
    await this.#sending.settle();
    return true;
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

  #stall(served: ServedStream, count: number, numbered: boolean): Promise<readonly Taken[]> {
    const { monotonicMs } = this.#options;
    countStall(served.meter);
    const waiting = served.waiters.wait(served.id, count, numbered, monotonicMs());
    this.#settleStream(served);
    if (served.waiters.size > 0) this.#order(served);
    return waiting;
  }

  #order(served: ServedStream): void {
    const { clock, log, meter, monotonicMs, name, reader } = this.#options;
    this.#short.add(served);
    const monotonic = monotonicMs();
    const waiting = served.waiters.values;
    // One order is on its way: another one only if it was not answered in time, or twice as many values wait by now.
    if (monotonic - served.orderedAtMs < ORDER_RESEND_MS && waiting < 2 * served.orderedWaiting + 1) return;
    const nowMs = clock.nowMs();
    if (served.orderedAtMs === Number.NEGATIVE_INFINITY) served.orderClockMs = nowMs;
    served.orderedAtMs = monotonic;
    served.orderedWaiting = waiting;
    const order: RefillOrder = {
      kind: 'RefillOrder',
      stream: served.id,
      pool: name,
      incarnation: this.incarnation,
      atMs: nowMs,
      seenOffset: (reader.shards[served.partition]?.nextOffset ?? 0) - 1,
      stock: served.stock.available,
      waiting,
      fastRate: fastRate(served.meter, nowMs, meter),
    };
    this.#sending.add(log.append({ topic: TOPICS.orders.name, partition: served.partition, records: [encode(order)] }));
  }

  #onShards(state: ShardsState, offset: number, record: ShardsRecord): void {
    this.#run(onAccepted(this.filling, state, offset, record, this.#options.clock.nowMs()));
  }

  #run(effects: readonly Effect[]): void {
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    const { stock, clock } = this.#options;
    const nowMs = clock.nowMs();
    switch (effect.kind) {
      case 'load': {
        const { partition, shard, stream } = effect.shard;
        const outcome = stock.load(this.filling.incarnation, effect.shard);
        if (outcome === 'loaded') this.#loaded(this.stream(stream, partition), partition, shard, nowMs);
        return this.#run(onLoadReply(this.filling, partition, shard, outcome as 'loaded' | 'seen' | 'fenced', nowMs));
      }
      case 'revoke': {
        const reply = stock.revoke(this.filling.incarnation, effect.partition, effect.shard);
        return this.#run(onRevokeReply(this.filling, effect.partition, effect.shard, reply as Awaited<typeof reply>, nowMs));
      }
      case 'forget':
        this.#exhaustedSince.delete(`${effect.partition}:${effect.shard}`);
        stock.forget(this.filling.incarnation, effect.partition, effect.shard);
        return;
      case 'append':
        this.#appends.push({ partition: effect.partition, record: effect.record });
        return;
      case 'remint':
        stock.remint();
        onNewLife(this.filling, this.incarnation);
        this.#sending.add(this.join('joined'));
        return;
    }
  }

  #loaded(served: ServedStream, partition: number, shard: number, nowMs: number): void {
    this.shardsLoaded++;
    const decision = this.#options.reader.shards[partition]?.openShards.get(shard)?.decision;
    if (decision !== undefined) {
      served.reorderPoint = decision.reorderPoint;
      served.orderUpTo = decision.orderUpTo;
    }
    const since = served.orderedAtMs === Number.NEGATIVE_INFINITY ? (decision?.decidedAtMs ?? nowMs) : served.orderClockMs;
    served.leadTimeMs = Math.max(0, nowMs - since);
    countLeadTime(served.meter, served.leadTimeMs);
    served.allocations++;
    served.orderedAtMs = Number.NEGATIVE_INFINITY;
    served.orderedWaiting = 0;
    this.#touched.add(served);
  }

  #serveWaiters(served: ServedStream): void {
    const { stock } = this.#options;
    served.waiters.serve((waiter) => {
      const taken = take(stock.state, served.stock, waiter.count, waiter.numbered);
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
    this.#flush();
  }

  #settleStream(served: ServedStream): void {
    if (served.waiters.size === 0) return;
    this.#serveWaiters(served);
    if (served.waiters.size === 0) return;
    const { reader } = this.#options;
    const ranges = reader.ranges[served.rangesPartition(this.#options.partitionCount)];
    const shards = reader.shards[served.partition];
    const generation = ranges?.live.get(served.sequence);
    if (ranges === undefined || shards === undefined || generation === undefined) return;
    if (isExhausted(ranges, shards, generation, served.id)) {
      const { capacity } = generation;
      const message = `sequence ${served.sequence} has given out all of its ${capacity} values`;
      served.waiters.rejectAll(() => new SequenceError('SEQ_EXHAUSTED', message, { sequence: served.sequence, stock: served.stock.available }));
    }
  }

  #closeExhausted(served: ServedStream, nowMs: number): void {
    for (const shard of served.stock.exhausted) {
      const key = `${shard.partition}:${shard.shard}`;
      const since = this.#exhaustedSince.get(key) ?? nowMs;
      this.#exhaustedSince.set(key, since);
      if (shard.blocks.size > 0 && nowMs - since < EXHAUSTED_KEPT_MS) continue;
      this.#run(onWantedBack(this.filling, shard.partition, shard.shard, this.#options.clock.nowMs()));
    }
  }

  #flush(): void {
    const appends = this.#appends;
    if (appends.length === 0) return;
    this.#appends = [];
    const byPartition = new Map<number, LedgerRecord[]>();
    for (const { partition, record } of appends) byPartition.set(partition, [...(byPartition.get(partition) ?? []), record]);
    for (const [partition, records] of byPartition) this.#sending.add(this.#options.reader.propose('shards', partition, records));
  }
}

/**
 * The transaction pool of this process: gives out numbers without a gap, from grants that the ledger made to it, by reservations that its
 * store keeps for ever.
 *
 * It begins its life when it is first needed: proves the lineage of its database, records a life of its own, has the ledger name it, and
 * takes over what its former lives were granted, as it is. Where the proof fails it stops alone; all else in the process goes on.
 */
import { SequenceError } from '../../../core/errors.ts';
import type { Generation } from '../../../core/ledger/ranges.ts';
import { WAIT_MS_MAX } from '../../../core/limits.ts';
import { isRegistered } from '../../../core/pool-kind.ts';
import { checkCount } from '../../../core/reservation/bounds.ts';
import { countLeadTime, countRequest, countStall } from '../../../pipelines/consumption.ts';
import type { Registrar } from '../../../pipelines/ports.ts';
import { publishFence } from '../observability/channels.ts';
import { RefillOrders } from '../pool/refill-orders.ts';
import { PendingAppends } from '../process/pending-appends.ts';
import { beginLife, type PoolEvents, type PoolLife, type TransactionPoolOptions } from './pool-life.ts';
import { poolRounds } from './pool-rounds.ts';
import { RecurringWork } from './recurring-work.ts';
import type { ReservationCounts } from './reservation-counts.ts';
import { reportSeries } from './series-reports.ts';
import {
  type Answered,
  type Asked,
  draining,
  generationEnded,
  grantAwaited,
  type PendingCommand,
  rejectAwaiting,
  type ServedSeries,
  stillHeld,
} from './served-series.ts';

export class TransactionPool {
  readonly #options: TransactionPoolOptions;
  readonly #orders: RefillOrders;
  readonly #sending: PendingAppends;
  #beginning: Promise<PoolLife> | undefined;
  #begun: PoolLife | undefined;
  #problem: SequenceError | undefined;
  #isClosing = false;
  /** Partitions with grants that did not reach the store yet. */
  readonly #owing = new Set<number>();
  readonly #work: RecurringWork;

  constructor(options: TransactionPoolOptions) {
    this.#options = options;
    this.#sending = new PendingAppends(options.onFailure);
    this.#work = new RecurringWork({ ...options, sending: this.#sending });
    this.#orders = new RefillOrders({ ...options, sending: this.#sending });
    options.reader.listen({
      onShards: (state, offset, record, verdict, live) => {
        if (this.#isStopped || !live || verdict !== 'accepted' || record.kind !== 'ShardAllocated') return;
        const shard = state.openShards.get(offset);
        if (shard !== undefined && this.#begun?.book.isOurs(shard)) this.#owing.add(state.partition);
      },
      onRanges: (_, __, record, verdict, live) => {
        if (!live || verdict !== 'accepted' || record.kind === 'LevelRaised' || record.kind === 'RangeClaimed') return;
        for (const series of this.#begun?.book.ended(record.name) ?? []) rejectAwaiting(series, generationEnded(series));
      },
      onMoved: () => {
        if (this.#isStopped) return;
        this.#grantOwing();
        this.#orderAgain();
      },
    });
  }

  get name(): string {
    return this.#options.name;
  }

  get counts(): ReservationCounts {
    return this.#options.counts;
  }

  /** Undefined before the pool was first needed. */
  get life(): string | undefined {
    return this.#begun?.lives.life;
  }

  /** Why the pool has stopped, in words for its operator. */
  problems(): readonly string[] {
    if (this.#problem === undefined) return [];
    return [`${this.name} gives out no numbers without a gap: ${this.#problem.message}. ${this.#problem.whatToDo}`];
  }

  served(): Iterable<ServedSeries> {
    return this.#begun?.book.all() ?? [];
  }

  /** Begins at once where there is anything gapless; call when the ledger is followed and the allocator has started. */
  async start(): Promise<void> {
    const { reader, name } = this.#options;
    const hasLived = reader.shards.some((shards) => shards.lives.has(name));
    const isNeeded = reader.ranges.some((ranges) => [...ranges.live.values()].some(({ definition }) => isRegistered(definition)));
    // What is wrong with the database is said in readyz and to whoever asks for a number; all else is served.
    if (hasLived || isNeeded) await this.#begin().catch(() => undefined);
  }

  /** Begins its life now, needed or not: throws where it cannot. */
  async begin(): Promise<void> {
    await this.#begin();
  }

  async series(generation: Generation): Promise<ServedSeries> {
    const { book } = await this.#begin();
    const series = await book.named(generation);
    this.#orderIfShort(series);
    return series;
  }

  async seriesNumbered(number: number): Promise<ServedSeries | undefined> {
    return (await this.#begin()).book.numbered(number);
  }

  async ask(series: ServedSeries, command: Asked): Promise<Answered> {
    const { writer } = await this.#begin();
    const { clock, meter, monotonicMs, counts } = this.#options;
    if ('count' in command) {
      // Before it is counted: demand that is no number could not be reported, and forecasts would learn it.
      const problem = checkCount(command.count);
      if (problem !== undefined) throw problem;
      countRequest(series.meter, command.count, clock.nowMs(), meter);
    }
    const answered = new Promise<Answered>((resolve, reject) => {
      writer.ask({ series, command, deadlineMs: monotonicMs() + WAIT_MS_MAX, resolve, reject });
    });
    return await counts.counted(series, command, answered);
  }

  /** A read of the store, answered once what it has seen may be told. */
  async read<T>(ask: (registrar: Registrar) => Promise<T>): Promise<T> {
    const { writer } = await this.#begin();
    const answer = await ask(this.#options.registrar);
    await writer.acknowledged();
    return answer;
  }

  /**
   * Runs a change of the sequence while nothing is reserved of it, told how many ordinals ever were. Refused while some of them are neither
   * confirmed nor given out again: in what follows they would be a gap.
   */
  async standStill<T>(generation: Generation, change: (next: number) => Promise<T>): Promise<T> {
    const { writer, book } = await this.#begin();
    const series = await book.named(generation);
    try {
      const status = await writer.alone(() => {
        series.isEnded = true;
        return this.#options.registrar.status(series.series);
      });
      const { open = 0, free = 0, next = 0 } = status ?? {};
      if (open > 0 || free > 0) throw stillHeld(series, open, free);
      return await change(next);
    } finally {
      series.isEnded = !book.isLive(series);
    }
  }

  /** True while a reservation of an older generation is on its way. */
  holdsOlder(sequence: string, generation: number): boolean {
    for (const each of this.served()) if (each.sequence === sequence && each.generation < generation && each.reserving > 0) return true;
    return false;
  }

  /** A few times a second: the sweeper, orders that nobody answered, waits that are over, shards that can be closed. */
  tick(): void {
    const begun = this.#begun;
    if (begun === undefined || this.#isStopped) return;
    const nowMs = this.#options.monotonicMs();
    for (const series of begun.book.all()) {
      for (const late of series.release(({ deadlineMs }) => deadlineMs <= nowMs)) late.reject(grantAwaited(series));
    }
    this.#grantOwing();
    this.#orderAgain();
    reportSeries(begun.book.all(), { ...this.#options, pool: this.name, incarnation: begun.lives.life, sending: this.#sending });
    const rounds = poolRounds(begun, this.#options, (series) => this.#changed(series));
    for (const { name, intervalMs, run } of rounds) this.#work.every(name, intervalMs, () => this.#watched(run()));
  }

  /** Writes down what was asked, then refuses. Nothing is given back: the next life goes on where this one ends. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#beginning?.catch(() => undefined);
    for (const series of this.served()) rejectAwaiting(series, draining());
    await this.#begun?.writer.close(draining());
    await this.#sending.settle();
  }

  get #isStopped(): boolean {
    return this.#problem !== undefined || this.#isClosing;
  }

  #begin(): Promise<PoolLife> {
    if (this.#problem !== undefined) return Promise.reject(this.#problem);
    if (this.#isClosing && this.#begun === undefined) return Promise.reject(draining());
    this.#beginning ??= beginLife(this.#options, this.#events()).catch((error: unknown) => {
      this.#beginning = undefined;
      this.#stopAt(error);
      throw error;
    });
    return this.#beginning;
  }

  #events(): PoolEvents {
    return {
      onBorn: (life) => {
        this.#begun = life;
      },
      onGrantAwaited: (pending) => this.#await(pending),
      onChanged: (series) => this.#changed(series),
      onFenced: (error) => this.#stopAt(error),
      onGranted: (series, decision) => this.#granted(series, decision),
    };
  }

  /** Another history, or another writer: this pool is not to go on. Anything else may pass. */
  #stopAt(error: unknown): void {
    const isFinal = error instanceof SequenceError && ['SEQ_LINEAGE_BROKEN', 'SEQ_FENCED', 'SEQ_CONFLICT'].includes(error.code);
    if (!isFinal || this.#isStopped) return;
    this.#problem = error;
    if (error.code === 'SEQ_FENCED') {
      this.#options.counts.fenced++;
      publishFence(this.name, this.life ?? '');
    }
    for (const series of this.served()) rejectAwaiting(series, error);
    this.#options.onStopped(this.problems().join('\n'), error);
  }

  #granted(series: ServedSeries, decision: Parameters<RefillOrders['answered']>[1]): void {
    countLeadTime(series.meter, this.#orders.answered(series, decision));
    this.#changed(series);
  }

  /** More or less is at hand. */
  #changed(series: ServedSeries): void {
    series.isTouched = true;
    const first = series.awaiting[0];
    const needed = first !== undefined && 'count' in first.command ? first.command.count : 0;
    // All of them: the store says whom it suffices for, in the order in which they came.
    if (first !== undefined && series.stock.available >= needed) for (const pending of series.release()) this.#begun?.writer.ask(pending);
    this.#orderIfShort(series);
  }

  #await(pending: PendingCommand): void {
    const { series } = pending;
    if (this.#isClosing) pending.reject(draining());
    else if (series.isEnded) pending.reject(generationEnded(series));
    else {
      if (pending.hasStalled !== true) countStall(series.meter);
      pending.hasStalled = true;
      series.await(pending);
      this.#order(series);
    }
  }

  #orderAgain(): void {
    for (const series of this.served()) this.#orderIfShort(series);
  }

  #orderIfShort(series: ServedSeries): void {
    if (series.isEnded) return;
    if (series.awaiting.length > 0 || series.stock.available <= series.reorderPoint) this.#order(series);
  }

  #order(series: ServedSeries): void {
    if (this.#begun !== undefined && !this.#isStopped) this.#orders.order(series, this.#begun.lives.life);
  }

  #grantOwing(): void {
    const begun = this.#begun;
    if (begun === undefined || this.#isStopped) return;
    for (const partition of this.#owing) {
      this.#work.once(`grant ${partition}`, () => this.#watched(this.#grantAll(begun, partition)));
    }
  }

  async #grantAll({ book }: PoolLife, partition: number): Promise<void> {
    try {
      // What arrives meanwhile is granted as well.
      while (this.#owing.delete(partition)) await book.grantAll(partition);
    } catch (error) {
      this.#owing.add(partition);
      throw error;
    }
  }

  /** What fails for good stops the pool; anything else is left to the next tick. */
  async #watched(task: Promise<void>): Promise<void> {
    try {
      await task;
    } catch (error) {
      this.#stopAt(error);
      if (!this.#isStopped) throw error;
    }
  }
}

/**
 * The allocator of this process: runs the allocation stage on every partition, fed by forecasts, orders, announcements and
 * members, and appends what it proposes. Everything it decides, it decides from the ledger reader's read-back state.
 */
import type { RangesState } from '../../core/ledger/ranges.ts';
import type { LedgerRecord } from '../../core/ledger/records.ts';
import {
  type AllocationState,
  emptyAllocation,
  onAnnouncement,
  onForecast,
  onJudged,
  onLedgerMoved,
  onOrder,
  onPoolJoined,
  onPoolLeft,
  onTick,
  type Proposal,
} from '../../pipelines/allocation.ts';
import type { Clock, EventLog, LogEntry, Subscription } from '../../pipelines/ports.ts';
import { decode } from '../../schemas/codec.ts';
import type { BurstDeclared, Forecast, MemberEvent, RefillOrder } from '../../schemas/messages.ts';
import { TOPICS } from '../../schemas/topics.ts';
import type { LedgerLog, LedgerReader } from './ledger-reader.ts';
import { PendingAppends } from './pending-appends.ts';

/** Forecasts read back at a start, per partition: enough to find the newest of every stream that was active lately. */
const FORECASTS_READ_BACK = 4_096;

export interface AllocatorOptions {
  readonly reader: LedgerReader;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly partitionCount: number;
  readonly redecideMs: number;
  readonly onFailure: (error: unknown) => void;
}

export class Allocator {
  readonly states: AllocationState[];
  readonly #options: AllocatorOptions;
  readonly #subscriptions: Subscription[] = [];
  readonly #appends: PendingAppends;

  constructor(options: AllocatorOptions) {
    const { reader, partitionCount, redecideMs } = options;
    this.#options = options;
    this.#appends = new PendingAppends(options.onFailure);
    const ranges = (partition: number): RangesState => reader.ranges[partition] as RangesState;
    this.states = reader.shards.map((shards) => emptyAllocation({ shards, ranges, partitionCount, redecideMs }));
    reader.listen({
      onShards: (shards, _, record, verdict) => onJudged(this.states[shards.partition] as AllocationState, record, verdict),
      onMoved: () => this.#propose(this.states.flatMap((state) => onLedgerMoved(state, this.#nowMs()))),
    });
  }

  /** Takes up the newest forecasts and announcements, then follows its topics. Call after the reader caught up. */
  async start(): Promise<void> {
    for (const state of this.states) {
      const { partition } = state;
      await this.#follow(TOPICS.forecasts.name, partition, FORECASTS_READ_BACK, (message) =>
        onForecast(state, message as Forecast, this.#nowMs()),
      );
      await this.#follow(TOPICS.announcements.name, partition, FORECASTS_READ_BACK, (message) =>
        onAnnouncement(state, message as BurstDeclared, this.#nowMs()),
      );
      await this.#follow(TOPICS.orders.name, partition, 0, (message) => onOrder(state, message as RefillOrder, this.#nowMs()));
    }
    await this.#follow(TOPICS.members.name, 0, 0, (message) => this.#onMember(message as MemberEvent));
  }

  /** Resolves once every partition knows this life of the pool, so that its first order is not in vain. */
  async knows(pool: string, incarnation: string): Promise<void> {
    while (!this.states.every((state) => state.pools.get(pool) === incarnation)) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  tick(): void {
    const nowMs = this.#nowMs();
    this.#propose(this.states.flatMap((state) => onTick(state, nowMs)));
  }

  async close(): Promise<void> {
    await Promise.all(this.#subscriptions.map((subscription) => subscription.close()));
    await this.#appends.settle();
  }

  #nowMs(): number {
    return this.#options.clock.nowMs();
  }

  #onMember(member: MemberEvent): Proposal[] {
    if (member.role !== 'pool') return [];
    if (member.event === 'draining') for (const state of this.states) onPoolLeft(state, member.member, member.incarnation);
    if (member.event !== 'joined') return [];
    return this.states.flatMap((state) => onPoolJoined(state, member.member, member.incarnation, this.#nowMs()));
  }

  async #follow(
    topic: string,
    partition: number,
    readBack: number,
    decide: (message: ReturnType<typeof decode>) => Proposal[],
  ): Promise<void> {
    const { log, onFailure } = this.#options;
    const from = Math.max(await log.startOffset(topic, partition), (await log.endOffset(topic, partition)) - readBack);
    const handler = (entries: readonly LogEntry[]): void => this.#propose(entries.flatMap((entry) => decide(decode(entry.bytes))));
    this.#subscriptions.push(log.subscribe({ topic, partition, from, handler, onError: onFailure }));
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
    for (const { log, partition, records } of batches.values()) this.#appends.add(this.#options.reader.propose(log, partition, records));
  }
}

/**
 * Carries out what the filling stage asks of a store beyond this process. Commands go out in the order of the log and their replies
 * come back later; one that stays away is of unknown outcome, and the stage asks the store to take out whatever it has.
 */
import type { LedgerRecord, ShardsRecord } from '../../../core/ledger/records.ts';
import { ALL_RULES } from '../../../core/ledger/rules.ts';
import type { ShardsState } from '../../../core/ledger/shards-state.ts';
import {
  type Effect,
  emptyFilling,
  type FillingState,
  onAccepted,
  onCaughtUp,
  onLoadReply,
  onRevokeReply,
  onTick,
  onWantedBack,
} from '../../../pipelines/filling.ts';
import type { Clock, RecordHeaders, ShardToLoad, SharedStock, ValueRule } from '../../../pipelines/ports.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import { ATTRIBUTES } from '../observability/attributes.ts';
import { publishFill } from '../observability/channels.ts';
import { FillSpans } from '../observability/refill-spans.ts';
import { registeredTracer } from '../observability/tracer.ts';
import type { PendingAppends } from '../process/pending-appends.ts';

export interface SharedFillerOptions {
  readonly pool: string;
  readonly stock: SharedStock;
  readonly reader: LedgerReader;
  readonly clock: Clock;
  readonly sending: PendingAppends;
  readonly valuesOf: (sequence: string, generation: number) => ValueRule | undefined;
  /** `isNew`: loaded now; else it was there when this filler took over. */
  readonly onLoaded: (shard: ShardToLoad, isNew: boolean) => void;
  /** The store began a new life, because its old one was declared lost. */
  readonly onReminted: (incarnation: string) => void;
}

export class SharedFiller {
  readonly #options: SharedFillerOptions;
  /** Undefined while another filler holds the pool. */
  #state: FillingState | undefined;
  #appends: { partition: number; record: LedgerRecord }[] = [];
  readonly #traces: FillSpans | undefined;

  constructor(options: SharedFillerOptions) {
    this.#options = options;
    const tracer = registeredTracer();
    this.#traces = tracer && new FillSpans(tracer);
  }

  /** Takes the pool over in the life it lives now: what the ledger says is there is loaded, or found to be there. */
  begin(incarnation: string): void {
    const { pool, reader } = this.#options;
    const state = emptyFilling(pool, incarnation, ALL_RULES, (sequence, generation) => reader.periodEndMs(sequence, generation));
    this.#state = state;
    for (const ledger of reader.shards) this.#run(state, onCaughtUp(state, ledger, this.#nowMs()));
    this.flush();
  }

  /** Another filler holds the pool: replies still on their way are for nobody. */
  end(): void {
    this.#state = undefined;
    this.#appends = [];
  }

  accepted(ledger: ShardsState, offset: number, record: ShardsRecord, headers?: RecordHeaders): void {
    const state = this.#state;
    if (record.kind === 'ShardAllocated' && record.pool === this.#options.pool) this.#traces?.allocated(ledger.partition, offset, headers);
    if (state !== undefined) this.#run(state, onAccepted(state, ledger, offset, record, this.#nowMs()));
  }

  /** Every unissued ordinal of a shard was taken: it can be closed. */
  wantedBack(partition: number, shard: number): void {
    const state = this.#state;
    if (state !== undefined) this.#run(state, onWantedBack(state, partition, shard, this.#nowMs()));
  }

  tick(): void {
    const state = this.#state;
    if (state !== undefined) this.#run(state, onTick(state, this.#nowMs()));
    this.flush();
  }

  /** Offset up to which everything addressed to this pool is in the store: what is above counts as on order. */
  seenOffset(partition: number): number {
    let first = this.#options.reader.shards[partition]?.nextOffset ?? 0;
    for (const shard of this.#state?.shards.get(partition)?.values() ?? []) {
      if (shard.phase === 'loading') first = Math.min(first, shard.shard);
    }
    return first - 1;
  }

  /** Sends what is to be appended, one append a partition. */
  flush(): void {
    if (this.#appends.length === 0) return;
    const byPartition = new Map<number, LedgerRecord[]>();
    for (const { partition, record } of this.#appends.splice(0)) {
      const records = byPartition.get(partition);
      if (records === undefined) byPartition.set(partition, [record]);
      else records.push(record);
    }
    const { sending, reader } = this.#options;
    for (const [partition, records] of byPartition) sending.add(reader.propose('shards', partition, records));
  }

  #nowMs(): number {
    return this.#options.clock.nowMs();
  }

  #run(state: FillingState, effects: readonly Effect[]): void {
    for (const effect of effects) this.#carryOut(state, effect);
  }

  #carryOut(state: FillingState, effect: Effect): void {
    const { stock } = this.#options;
    const { incarnation } = state;
    switch (effect.kind) {
      case 'load':
        void this.#load(state, effect.shard);
        break;
      case 'revoke':
        void this.#revoke(state, effect.partition, effect.shard);
        break;
      case 'forget':
        // Only frees memory of the store: a lost one costs an entry until the store's next life.
        Promise.resolve(stock.forget(incarnation, effect.partition, effect.shard)).catch(() => undefined);
        break;
      case 'append':
        this.#appends.push({ partition: effect.partition, record: effect.record });
        break;
      case 'remint':
        void this.#remint(state);
        break;
    }
  }

  async #load(state: FillingState, shard: ShardToLoad): Promise<void> {
    const { stock, valuesOf, onLoaded } = this.#options;
    const values = valuesOf(shard.sequence, shard.generation);
    const command = { ...shard, ...(values !== undefined && { values }) };
    const span = this.#traces?.start(shard, this.#options.pool);
    const outcome = await answered(stock.load(state.incarnation, command), 'unknown' as const);
    if (outcome !== 'loaded') span?.setAttribute(ATTRIBUTES.errorType, outcome);
    span?.end();
    if (state !== this.#state) return;
    if (outcome === 'loaded') publishFill(shard);
    if (outcome === 'loaded' || outcome === 'held') onLoaded(shard, outcome === 'loaded');
    this.#run(state, onLoadReply(state, shard.partition, shard.shard, outcome, this.#nowMs()));
    this.flush();
  }

  async #revoke(state: FillingState, partition: number, shard: number): Promise<void> {
    const reply = await answered(this.#options.stock.revoke(state.incarnation, partition, shard), undefined);
    // No reply: the stage asks again at a later tick, and the store repeats what it said.
    if (reply === undefined || state !== this.#state) return;
    this.#run(state, onRevokeReply(state, partition, shard, reply, this.#nowMs()));
    this.flush();
  }

  async #remint(state: FillingState): Promise<void> {
    const incarnation = await answered(this.#options.stock.remint(), undefined);
    if (incarnation === undefined || state !== this.#state) return;
    this.begin(incarnation);
    this.#options.onReminted(incarnation);
  }
}

/** A reply, or what stands for its absence. */
async function answered<T, U>(reply: T | Promise<T>, absent: U): Promise<T | U> {
  try {
    return await reply;
  } catch {
    return absent;
  }
}

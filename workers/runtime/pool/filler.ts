/**
 * Carries out what the filling stage asks: loads and takes out of this process's store, and appends what comes back. The store
 * answers at once here, so a command and its reply are one step.
 */
import type { EmbeddedStock } from '../../../adapters/embedded/stock.ts';
import type { LedgerRecord, ShardsRecord } from '../../../core/ledger/records.ts';
import { ALL_RULES } from '../../../core/ledger/rules.ts';
import type { ShardsState } from '../../../core/ledger/shards-state.ts';
import {
  type Effect,
  emptyFilling,
  type FillingState,
  isDrained,
  onAccepted,
  onDrain,
  onLoadReply,
  onNewLife,
  onRevokeReply,
  onTick,
  onWantedBack,
} from '../../../pipelines/filling.ts';
import type { Clock, ShardToLoad } from '../../../pipelines/ports.ts';
import type { LedgerReader } from '../ledger/ledger-reader.ts';
import { publishFill } from '../observability/channels.ts';
import type { PendingAppends } from '../process/pending-appends.ts';

export interface FillerOptions {
  readonly pool: string;
  readonly stock: EmbeddedStock;
  readonly reader: LedgerReader;
  readonly clock: Clock;
  readonly sending: PendingAppends;
  readonly onLoaded: (shard: ShardToLoad) => void;
  readonly onForgotten: (partition: number, shard: number) => void;
  /** The store began a new life: the allocators must hear of it. */
  readonly onReminted: () => void;
}

export class Filler {
  readonly #options: FillerOptions;
  readonly #state: FillingState;
  #appends: { partition: number; record: LedgerRecord }[] = [];

  constructor(options: FillerOptions) {
    this.#options = options;
    const { pool, stock, reader } = options;
    const periodEndOf = (sequence: string, generation: number): number => reader.periodEndMs(sequence, generation);
    this.#state = emptyFilling(pool, stock.state.incarnation, ALL_RULES, periodEndOf);
  }

  /** True when nothing is held, on its way or not yet read back. */
  get isDrained(): boolean {
    return isDrained(this.#state);
  }

  /** A record was accepted. What is to be appended for it waits for `flush`. */
  accepted(ledger: ShardsState, offset: number, record: ShardsRecord): void {
    this.#run(onAccepted(this.#state, ledger, offset, record, this.#nowMs()));
  }

  /** Every unissued ordinal of a shard was taken: it can be closed. */
  wantedBack(partition: number, shard: number): void {
    this.#run(onWantedBack(this.#state, partition, shard, this.#nowMs()));
  }

  drain(): void {
    this.#run(onDrain(this.#state, this.#nowMs()));
  }

  tick(): void {
    this.#run(onTick(this.#state, this.#nowMs()));
  }

  /** Sends what is to be appended, one append a partition. */
  flush(): void {
    const appends = this.#appends;
    if (appends.length === 0) return;
    this.#appends = [];
    const byPartition = new Map<number, LedgerRecord[]>();
    for (const { partition, record } of appends) {
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

  #run(effects: readonly Effect[]): void {
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    const { stock, onLoaded, onForgotten, onReminted } = this.#options;
    const { incarnation } = this.#state;
    switch (effect.kind) {
      case 'load': {
        const { partition, shard } = effect.shard;
        const outcome = stock.load(incarnation, effect.shard);
        if (outcome === 'loaded') {
          publishFill(effect.shard);
          onLoaded(effect.shard);
        }
        this.#run(onLoadReply(this.#state, partition, shard, outcome, this.#nowMs()));
        break;
      }
      case 'revoke': {
        const { partition, shard } = effect;
        this.#run(onRevokeReply(this.#state, partition, shard, stock.revoke(incarnation, partition, shard), this.#nowMs()));
        break;
      }
      case 'forget':
        onForgotten(effect.partition, effect.shard);
        stock.forget(incarnation, effect.partition, effect.shard);
        break;
      case 'append':
        this.#appends.push({ partition: effect.partition, record: effect.record });
        break;
      case 'remint':
        onNewLife(this.#state, stock.remint());
        onReminted();
        break;
    }
  }
}

/**
 * The embedded throughput pool's store: the stock of `core/stock` in this process. The process start is the incarnation, so
 * nothing survives it and nothing needs to: what was in it is in doubt, never issued again.
 */
import { forget, giveBack, load, remint, revoke } from '../../core/stock/stock.ts';
import { emptyStock, type StockState } from '../../core/stock/stock-state.ts';
import { take } from '../../core/stock/take.ts';
import type { Stock, StockCursor, TakeReply } from '../../pipelines/ports.ts';

/** The port with answers that need no waiting. */
type AtOnce = { [K in keyof Stock]: (...args: Parameters<Stock[K]>) => Awaited<ReturnType<Stock[K]>> };

export interface EmbeddedStockOptions {
  readonly mintIncarnation: () => string;
  /** By the clock of the stages: values of a period that is over are not served. */
  readonly nowMs: () => number;
}

export interface EmbeddedStock extends AtOnce {
  /** The state itself, for the hot path of this process. */
  readonly state: StockState;
}

export function createEmbeddedStock(options: EmbeddedStockOptions): EmbeddedStock {
  const state = emptyStock(options.mintIncarnation());
  return {
    state,
    hello: () => state.incarnation,
    load: (incarnation, shard) => load(state, incarnation, shard),
    take(stream, count, numbered): TakeReply {
      const held = state.streams.get(stream);
      const blocks = take(state, held, count, numbered, options.nowMs());
      return blocks === undefined ? { outcome: 'empty', stock: held?.available ?? 0 } : { outcome: 'taken', blocks };
    },
    giveBack: (incarnation, block, slice) => giveBack(state, incarnation, block, slice),
    revoke(incarnation, partition, shard) {
      const slices = revoke(state, incarnation, partition, shard);
      if (slices === 'fenced' || slices === 'absent') return { outcome: slices, incarnation: state.incarnation };
      return { outcome: 'revoked', incarnation: state.incarnation, slices };
    },
    forget(incarnation, partition, shard) {
      if (incarnation === state.incarnation) forget(state, partition, shard);
    },
    cursors: (stream) => cursorsOf(state, stream),
    remint() {
      remint(state, options.mintIncarnation());
      return state.incarnation;
    },
  };
}

function cursorsOf(state: StockState, stream: string | undefined): StockCursor[] {
  const cursors: StockCursor[] = [];
  for (const ofPartition of state.shards.values()) {
    for (const shard of ofPartition.values()) {
      if (stream !== undefined && shard.stream !== stream) continue;
      const { generation, partition, start, end, cursor, recycled, revoked } = shard;
      cursors.push({ stream: shard.stream, generation, partition, shard: shard.shard, start, end, cursor, recycled, revoked });
    }
  }
  return cursors;
}

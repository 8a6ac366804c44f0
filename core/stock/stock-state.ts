/**
 * What a stock holds: the shards of each stream, oldest first, what was given back, which blocks are out at clients, and which
 * shard ids it has seen. Plain data, so that the simulator can copy it, lose it and roll it back.
 */
import type { Interval } from '../interval.ts';
import { ALL_RULES, type Rules } from '../ledger/rules.ts';
import type { ShardState } from './shard-states.ts';

export interface StockShard extends Interval {
  readonly stream: string;
  readonly sequence: string;
  readonly generation: number;
  readonly partition: number;
  readonly shard: number;
  readonly ordered: boolean;
  /** When the period is over that its values belong to; never where there are none. */
  readonly untilMs: number;
  /** Out of the queue because of that, for good: a clock that is set back does not bring it back. */
  isOver: boolean;
  /** Incarnation that loaded it: data that outlived its store's life is never served. */
  readonly life: string;
  state: ShardState;
  /** Next ordinal never issued; never goes back. */
  cursor: number;
  /** Given back: issued again before fresh ordinals, or only returned where an order is kept. */
  recycled: Interval[];
  /** Numbered blocks that are out and may come back once. */
  readonly blocks: Map<number, Interval>;
  /** The reply of the revoke, repeated until the return is read back. */
  revoked: readonly Interval[] | undefined;
}

export interface StreamStock {
  readonly stream: string;
  /** Unissued ordinals that a take can have now. */
  available: number;
  /** Shards with ordinals left, oldest first. */
  readonly queue: StockShard[];
  /** The earliest end of a period among them, or earlier. */
  untilMs: number;
  /** Issued to the end and not closed yet. */
  readonly exhausted: Set<StockShard>;
  /** Numbers of the blocks that are out, oldest first. */
  readonly blocksOut: Set<number>;
}

export interface StockState {
  readonly rules: Rules;
  /** Minted by the store itself; a new life refuses what was meant for the old one. */
  incarnation: string;
  readonly streams: Map<string, StreamStock>;
  /** By partition, then by shard id. */
  readonly shards: Map<number, Map<number, StockShard>>;
  /** Highest shard id seen, per partition: one number suffices because shards are loaded in log order. */
  readonly seen: Map<number, number>;
  readonly blocks: Map<number, StockShard>;
  nextBlock: number;
}

export function emptyStock(incarnation: string, rules: Rules = ALL_RULES): StockState {
  return { rules, incarnation, streams: new Map(), shards: new Map(), seen: new Map(), blocks: new Map(), nextBlock: 1 };
}

export function findShard(state: StockState, partition: number, shard: number): StockShard | undefined {
  return state.shards.get(partition)?.get(shard);
}

/** Ordinals of a shard that were never issued or came back, sorted. */
export function unissuedOf(shard: StockShard): Interval[] {
  const rest = shard.cursor < shard.end ? [{ start: shard.cursor, end: shard.end }] : [];
  return [...shard.recycled, ...rest];
}

/** True while a take may issue from it: loaded by the life the store lives now. */
export function isServable(state: StockState, shard: StockShard): boolean {
  return shard.life === state.incarnation || !state.rules.fence;
}

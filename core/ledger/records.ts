/**
 * What the ledger can say. Two levels of logs: the ranges log (which sequences exist, which ranges of their generations belong
 * to which allocation partition) and one shards log per partition (which ranges are open, which shards were cut, what came back).
 *
 * A record is a proposal until it is read back from its log and `replay` accepts it. All intervals are half-open, in ordinals.
 */
import type { Interval } from '../interval.ts';
import type { SequenceDefinition } from '../sequence.ts';

export interface SequenceDefined {
  readonly kind: 'SequenceDefined';
  readonly name: string;
  /** Offset of the last accepted drop of this name, or -1: a delayed copy cannot define it again. */
  readonly previous: number;
  readonly definition: SequenceDefinition;
}

/** Restart, alter and reset: a new generation under a new definition. */
export interface SequenceRebased {
  readonly kind: 'SequenceRebased';
  readonly name: string;
  /** The generation this one replaces: a compare-and-set. */
  readonly previous: number;
  /**
   * How much of that generation was claimed when this one's start was chosen: a claim since then makes it void, for its values would be given
   * out again. -1: whatever was claimed.
   */
  readonly claimed: number;
  readonly definition: SequenceDefinition;
}

export interface SequenceDropped {
  readonly kind: 'SequenceDropped';
  readonly name: string;
  readonly previous: number;
}

export interface RangeClaimed extends Interval {
  readonly kind: 'RangeClaimed';
  readonly name: string;
  readonly generation: number;
  /** The allocation partition (of the shards log) that may open it. */
  readonly partition: number;
}

/** From here on this partition folds by the rules of `level`; a reader that does not know the level stops here. */
export interface LevelRaised {
  readonly kind: 'LevelRaised';
  readonly level: number;
}

export type RangesRecord = SequenceDefined | SequenceRebased | SequenceDropped | RangeClaimed | LevelRaised;

export interface RangeOpened {
  readonly kind: 'RangeOpened';
  /** The accepted claim it opens; bounds, name and generation come from there. */
  readonly claimPartition: number;
  readonly claimOffset: number;
}

export interface GenerationFenced {
  readonly kind: 'GenerationFenced';
  readonly name: string;
  /** Everything older ends here: sources become void, pools revoke and return older shards. */
  readonly generation: number;
}

/** Why an allocation was made, in the numbers it was decided by; kept beside the shard so that it can be explained for ever. */
export interface Decision {
  /** `order`: the pool asked; `forecast`: a forecast moved the reorder point; `replace`: makes a surplus returnable. */
  readonly trigger: 'order' | 'forecast' | 'replace' | 'manual';
  readonly position: number;
  readonly reorderPoint: number;
  readonly orderUpTo: number;
  /** Values per second the order size was computed with. */
  readonly rate: number;
  /** Which part of the rule set the reorder point. */
  readonly reserve: 'floor' | 'peak' | 'forecast' | 'ride-through' | 'declared' | 'waiting';
  /** Milliseconds since the epoch of the forecast used, or 0 without one. */
  readonly forecastAtMs: number;
  readonly decidedAtMs: number;
}

export interface ShardAllocated extends Interval {
  readonly kind: 'ShardAllocated';
  /** Source it is cut from; see `sourceId`. */
  readonly source: number;
  readonly stream: string;
  readonly pool: string;
  readonly incarnation: string;
  /** The stream's order number: accepted only as the successor of the last one, so one order is answered once. */
  readonly order: number;
  readonly decision: Decision;
}

/** Asks the pool to give the rest of a shard back: idle stock, or the last values of a sequence that others wait for. */
export interface ShardRecalled {
  readonly kind: 'ShardRecalled';
  readonly shard: number;
  readonly because: 'surplus' | 'exhaustion' | 'drain';
}

export interface ShardReturned {
  readonly kind: 'ShardReturned';
  readonly shard: number;
  readonly incarnation: string;
  /** What the store took out of its stock first: sorted, disjoint; empty for a shard that was issued whole. */
  readonly slices: readonly Interval[];
}

export interface ShardBurned {
  readonly kind: 'ShardBurned';
  readonly shard: number;
  readonly incarnation: string;
  /** Ordinals from here on will never be issued. */
  readonly from: number;
}

/** One in each shards partition: open shards of this incarnation are closed as lost; nothing is freed. */
export interface PoolLost {
  readonly kind: 'PoolLost';
  readonly pool: string;
  readonly incarnation: string;
  readonly atMs: number;
}

export interface StreamAssigned {
  readonly kind: 'StreamAssigned';
  readonly stream: string;
  readonly pool: string;
  /** Accepted only as the successor of the last assignment. */
  readonly assignment: number;
}

/** A run of ordinals that one request got out of one shard. */
export interface AnsweredBlock extends Interval {
  readonly generation: number;
  readonly shard: number;
}

export interface RequestAnswered {
  readonly kind: 'RequestAnswered';
  readonly request: string;
  readonly stream: string;
  /** Hash of what was asked: the same id with another payload is a conflict, not an answer. */
  readonly payloadHash: string;
  readonly blocks: readonly AnsweredBlock[];
}

/**
 * A pool of gapless sequences begins another life: its database knows the life before it and holds every operation that was logged. One
 * that was rolled back or copied cannot say so, and stops.
 */
export interface LifeOpened {
  readonly kind: 'LifeOpened';
  readonly pool: string;
  /** A name nobody had before. */
  readonly life: string;
  /** The life that this one follows: a compare-and-set; empty for the first. */
  readonly previous: string;
  /** Operations that the pool's database holds. */
  readonly ops: number;
}

/** How many operations the database of a gapless pool holds; read back before the last of them is acknowledged. */
export interface OpsLogged {
  readonly kind: 'OpsLogged';
  readonly pool: string;
  readonly life: string;
  readonly ops: number;
}

export type ShardsRecord =
  | RangeOpened
  | GenerationFenced
  | ShardAllocated
  | ShardRecalled
  | ShardReturned
  | ShardBurned
  | PoolLost
  | StreamAssigned
  | RequestAnswered
  | LifeOpened
  | OpsLogged
  | LevelRaised;

export type LedgerRecord = RangesRecord | ShardsRecord;

/**
 * What a reader of one shards partition knows: open sources, open shards, streams and their assignments. Only `replayShards` and
 * its parts change it; everything else reads.
 */
import type { Interval } from '../interval.ts';
import { SOURCE_INDEX_RADIX } from '../limits.ts';
import type { RangesState } from './ranges.ts';
import type { AnsweredBlock, Decision } from './records.ts';
import { ALL_RULES, type Rules } from './rules.ts';

/** Where shards may be cut: the rest of an opened range, or a returned slice. */
export interface Source {
  readonly id: number;
  readonly name: string;
  readonly generation: number;
  readonly ordered: boolean;
  /** All of the sequence is in one order: only its shared stream may be cut shards. */
  readonly wholeOrder: boolean;
  readonly returned: boolean;
  /** Set where nothing may be left out: shards follow each other without a gap. */
  readonly gapless?: true;
  cursor: number;
  readonly end: number;
}

export interface Shard extends Interval {
  /** Offset of its record. */
  readonly id: number;
  readonly name: string;
  readonly generation: number;
  readonly ordered: boolean;
  readonly wholeOrder: boolean;
  readonly gapless?: true;
  readonly stream: StreamLedger;
  readonly pool: string;
  readonly incarnation: string;
  readonly order: number;
  readonly decision: Decision;
  recalled: boolean;
}

/** What the ledger knows of one stream of this partition. */
export interface StreamLedger {
  readonly id: string;
  pool: string;
  assignment: number;
  lastOrder: number;
  /** Where an ordered stream goes on: above all it was given of the newest generation and did not give back from the top. */
  high: number;
  highGeneration: number;
  /** Open shards, oldest first. */
  readonly open: Shard[];
}

export interface Answer {
  readonly payloadHash: string;
  readonly blocks: readonly AnsweredBlock[];
}

/** How far the ledger knows the database of a gapless pool. */
export interface PoolLife {
  readonly life: string;
  readonly ops: number;
}

export interface ShardsState {
  readonly partition: number;
  readonly rules: Rules;
  level: number;
  nextOffset: number;
  /** By sequence, then by source id. */
  readonly sources: Map<string, Map<number, Source>>;
  readonly openShards: Map<number, Shard>;
  readonly streams: Map<string, StreamLedger>;
  /** Oldest generation of each sequence that is not fenced off here. */
  readonly minGeneration: Map<string, number>;
  /** Claims opened here, as `partition:offset`. */
  readonly openedClaims: Set<string>;
  readonly lost: Set<string>;
  /** Answers by `stream` and request id, oldest first. */
  readonly answers: Map<string, Answer>;
  /** The life that each pool of gapless sequences lives now, by pool. */
  readonly lives: Map<string, PoolLife>;
}

export function emptyShards(partition: number, rules: Rules = ALL_RULES): ShardsState {
  return {
    partition,
    rules,
    level: 1,
    nextOffset: 0,
    sources: new Map(),
    openShards: new Map(),
    streams: new Map(),
    minGeneration: new Map(),
    openedClaims: new Set(),
    lost: new Set(),
    answers: new Map(),
    lives: new Map(),
  };
}

/** Finds the ranges log a claim lies in. */
export type RangesLookup = (partition: number) => RangesState;

export function answerKey(stream: string, request: string): string {
  return `${stream}\n${request}`;
}

/** Position and index in one exact number: a record opens at most 255 sources. */
export function sourceId(offset: number, index: number): number {
  return offset * SOURCE_INDEX_RADIX + index;
}

export function addSource(state: ShardsState, source: Source): void {
  let ofName = state.sources.get(source.name);
  if (ofName === undefined) {
    ofName = new Map();
    state.sources.set(source.name, ofName);
  }
  ofName.set(source.id, source);
}

/** True when the generation was ended here by a fence or by a newer range. */
export function isFenced(state: ShardsState, name: string, generation: number): boolean {
  return generation < (state.minGeneration.get(name) ?? -1);
}

/**
 * True while another life holds open shards of the stream: it may still issue from them, so an order would break. The lives of a gapless
 * pool are one database, which goes on with what it held.
 */
export function isHeldByOtherLife(stream: StreamLedger, incarnation: string): boolean {
  return stream.open.some((shard) => shard.incarnation !== incarnation && shard.gapless !== true);
}

/** Where the next shard of a gapless stream begins, in this generation. */
export function contiguousFrom(stream: StreamLedger, generation: number): number {
  return stream.highGeneration === generation ? stream.high : 0;
}

/** The life that may give a shard back: of a gapless one, the life that its pool lives now. */
export function holderOf(state: ShardsState, shard: Shard): string | undefined {
  return shard.gapless === true ? state.lives.get(shard.pool)?.life : shard.incarnation;
}

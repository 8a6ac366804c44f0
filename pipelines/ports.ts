/**
 * The ports: what the stages need from the outside, and nothing more. Each has an embedded adapter and a conformance kit in
 * `test/conformance/` that any other adapter passes by being handed to it.
 */
import type { Interval } from '../core/interval.ts';

export type { Clock } from '../core/clock.ts';
export type { Rng } from '../core/rng.ts';

/** One record as the log holds it. `offset` grows by exactly one per partition. */
export interface LogEntry {
  readonly offset: number;
  /** When the log took it, milliseconds since the epoch. */
  readonly atMs: number;
  readonly bytes: Uint8Array;
}

export interface Append {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly Uint8Array[];
}

export interface Subscription {
  /** After it resolves the handler is not called again. */
  close(): Promise<void>;
}

/**
 * An ordered, durable log of opaque records per (topic, partition).
 *
 * Promises of every implementation: an append that resolved is durable and atomic (all its records, consecutive, or none); an
 * append that rejected with `SEQ_APPEND_UNKNOWN` may have happened; readers see records in offset order, each at least once.
 */
export interface EventLog {
  /** Minted when the log was created: two logs with one id are the same history. */
  readonly logId: string;
  /** Appends in order. Resolves to the offset of the first record once it is durable. */
  append(append: Append): Promise<number>;
  /** Up to `limit` records from `from` on, oldest first; empty at the end. Records cut by retention are skipped. */
  read(topic: string, partition: number, from: number, limit: number): Promise<LogEntry[]>;
  /**
   * Delivers all records from `from` on, in order, then those that follow, until closed. The next batch is delivered only when
   * the handler's promise (if any) resolved. A handler that throws or rejects ends the subscription and reaches `onError`.
   */
  subscribe(options: SubscribeOptions): Subscription;
  /** One past the last offset: 0 for an empty partition. */
  endOffset(topic: string, partition: number): Promise<number>;
  /** Offset of the oldest record still kept: equal to the end offset where nothing is. */
  startOffset(topic: string, partition: number): Promise<number>;
  /** Remembers how far a group has come; only saves work, never decides correctness. */
  commit(group: string, topic: string, partition: number, offset: number): Promise<void>;
  committed(group: string, topic: string, partition: number): Promise<number | undefined>;
  /** Deletes records older than `beforeMs` (never the ledger's); returns how many. */
  trim(topic: string, beforeMs: number): Promise<number>;
  close(): Promise<void>;
}

export interface SubscribeOptions {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly handler: (entries: readonly LogEntry[]) => void | Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** What a snapshot must fit before it may be used; one that does not fit is ignored or stops the reader (facts: ledger, e). */
export interface SnapshotHeader {
  readonly stage: string;
  readonly partition: number;
  readonly logId: string;
  /** One past the last record folded into it, per input topic. */
  readonly offsets: Readonly<Record<string, number>>;
  /** SHA-256 (hex) of the last record folded, per input topic; empty where none was. */
  readonly lastRecordHashes: Readonly<Record<string, string>>;
  readonly level: number;
  readonly stateSchema: number;
}

export interface Snapshot {
  readonly header: SnapshotHeader;
  readonly bytes: Uint8Array;
}

export interface SnapshotStore {
  /** Durable and atomic; keeps the newest three per (stage, partition). */
  save(snapshot: Snapshot): Promise<void>;
  /** Newest first; damaged ones (checksum) are left out. */
  load(stage: string, partition: number): Promise<Snapshot[]>;
}

/** An entry of the route table; `version` grows with every put of the key. */
export interface RouteEntry {
  readonly key: string;
  readonly value: string;
  readonly version: number;
}

/** The distributed key-value store that says where a client's values come from. Keys are paths such as `clients/{id}`. */
export interface RouteTable {
  get(key: string): Promise<RouteEntry | undefined>;
  /** Writes; with `ifVersion` only if the key is at that version (0: absent), else resolves to undefined. */
  put(key: string, value: string, ifVersion?: number): Promise<RouteEntry | undefined>;
  delete(key: string): Promise<boolean>;
  list(prefix: string): Promise<RouteEntry[]>;
  /** Calls `handler` for every later change under the prefix (`value` undefined: deleted), in order. */
  watch(prefix: string, handler: (key: string, value: string | undefined) => void): Subscription;
}

/** What one take hands out: consecutive ordinals of one shard. */
export interface TakenBlock {
  readonly generation: number;
  readonly partition: number;
  readonly shard: number;
  /** First ordinal. */
  readonly start: number;
  readonly count: number;
  /** 0 unless the caller asked for a numbered block, which it may give back once. */
  readonly block: number;
}

export interface ShardToLoad extends Interval {
  readonly stream: string;
  readonly sequence: string;
  readonly generation: number;
  readonly partition: number;
  readonly shard: number;
  /** The sequence promises an order: recycled slices are never issued again from here. */
  readonly ordered: boolean;
}

export type LoadOutcome = 'loaded' | 'seen' | 'fenced';
export type RevokeReply =
  | { readonly outcome: 'revoked'; readonly incarnation: string; readonly slices: readonly Interval[] }
  /** Not in this stock: never loaded, or lost. Its id counts as seen from now on. */
  | { readonly outcome: 'absent'; readonly incarnation: string }
  | { readonly outcome: 'fenced'; readonly incarnation: string };
export type GiveBackOutcome = 'taken-back' | 'unknown-block' | 'full';
export type TakeReply =
  | { readonly outcome: 'taken'; readonly blocks: readonly TakenBlock[] }
  | { readonly outcome: 'empty'; readonly stock: number };

/** A shard's place in a stock, as the audit and consumption see it. */
export interface StockCursor {
  readonly stream: string;
  readonly generation: number;
  readonly partition: number;
  readonly shard: number;
  readonly start: number;
  readonly end: number;
  /** Next ordinal never issued; never goes back. */
  readonly cursor: number;
  /** Given back and waiting to be issued again. */
  readonly recycled: readonly Interval[];
  /** Revoked, the return not read back yet. */
  readonly revoked: readonly Interval[] | undefined;
}

/**
 * A pool's store. Every command names the incarnation it believes in; a store that lives another life refuses (guard G2, G3).
 * An in-process store answers at once, a remote one with a promise; callers handle both.
 */
export interface Stock {
  /** The store's incarnation, minted by the store itself. */
  hello(): Answer<string>;
  /** At most once per shard id and life: 'seen' covers a redelivery and a revoke that came first. */
  load(incarnation: string, shard: ShardToLoad): Answer<LoadOutcome>;
  /** All or nothing; oldest shard first, recycled slices before fresh ordinals unless the stream is ordered. */
  take(stream: string, count: number, numbered: boolean): Answer<TakeReply>;
  giveBack(incarnation: string, block: number, slice: Interval): Answer<GiveBackOutcome>;
  /** Takes the rest out atomically and marks the shard seen; repeats its reply until `forget`. */
  revoke(incarnation: string, partition: number, shard: number): Answer<RevokeReply>;
  /** The return was read back: the shard's entry can go. */
  forget(incarnation: string, partition: number, shard: number): Answer<void>;
  cursors(stream?: string): Answer<readonly StockCursor[]>;
  /** Drops everything and mints a new incarnation: a living pool that reads it was declared lost. */
  remint(): Answer<string>;
}

export type Answer<T> = T | Promise<T>;

/**
 * The ports: what the stages need from the outside, and nothing more. Each has an embedded adapter and a conformance kit in
 * `test/conformance/` that any other adapter passes by being handed to it.
 */
import type { Subscription } from './subscription.ts';

export type { Clock } from '../core/clock.ts';
export type { Rng } from '../core/rng.ts';
export type * from './analytics-ports.ts';
export { FinalFailure } from './analytics-ports.ts';
export type * from './model-ports.ts';
export type * from './registrar-port.ts';
export type * from './stock-ports.ts';
export type { Subscription };

/** One record as the log holds it. `offset` grows by exactly one per partition. */
export interface LogEntry {
  readonly offset: number;
  /** When the log took it, milliseconds since the epoch. */
  readonly atMs: number;
  readonly bytes: Uint8Array;
  /** What went along beside the record, such as `traceparent`; absent where the log keeps none. */
  readonly headers?: RecordHeaders;
}

export type RecordHeaders = Readonly<Record<string, string>>;

export interface Append {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly Uint8Array[];
  /** One for each record, where any has some. A log that keeps no headers drops them. */
  readonly headers?: readonly (RecordHeaders | undefined)[];
  /** One for each record, for readers of other programs. A log that keeps no keys drops them. */
  readonly keys?: readonly string[];
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
  /** Deletes the records of one partition before an offset, the ledger's too: whoever calls it holds a verified snapshot and an export. */
  cut(topic: string, partition: number, before: number): Promise<void>;
  close(): Promise<void>;
}

export interface SubscribeOptions {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly handler: (entries: readonly LogEntry[]) => void | Promise<void>;
  readonly onError: (error: unknown) => void;
}

/**
 * Processes that share work: partition p of all topics that are read together goes to one member of the group. It only shares
 * load: two members that both believe they own a partition do no harm (guard G1).
 */
export interface WorkGroups {
  /** Joins; `onOwned` hears the partitions this member owns, now and after every change (an empty list: none, or not known). */
  join(options: JoinOptions): Promise<Subscription>;
}

export interface JoinOptions {
  readonly group: string;
  /** Topics with one partition count that are read together. */
  readonly topics: readonly string[];
  readonly onOwned: (partitions: readonly number[]) => void;
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

/** What a reader has room for: of the newest so many, those that are not larger. */
export interface SnapshotRoom {
  readonly newest: number;
  readonly bytesMax: number;
}

export interface SnapshotStore {
  /** Durable and atomic; keeps the newest three per (stage, partition). */
  save(snapshot: Snapshot): Promise<void>;
  /** Newest first; damaged ones (checksum) are left out. What there is no room for is not read. */
  load(stage: string, partition: number, room?: SnapshotRoom): Promise<Snapshot[]>;
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

/**
 * The stock ports: a pool's store as its filler commands it, and what a store beyond this process does besides: it answers callers
 * itself, counts what they ask, and says who its filler is.
 */
import type { Interval } from '../core/interval.ts';
import type { Subscription } from './subscription.ts';

export type Answer<T> = T | Promise<T>;

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
  /** When the period is over that its values belong to, by the store's own clock: served no more then. Left out where there are none. */
  readonly untilMs?: number;
  /** How a store that answers callers by itself turns ordinals into values. */
  readonly values?: ValueRule;
}

/** Values of a generation as decimal strings and exact numbers, so that a store without big integers can compute them. */
export interface ValueRule {
  /** Value of ordinal 0. */
  readonly start: string;
  readonly increment: string;
  /** Ordinals before the first wrap of a cycle, and of every pass after it; 0 where the sequence does not cycle (in reach). */
  readonly firstPass: number;
  readonly period: number;
  /** Value that every later pass of a cycle begins at. */
  readonly passStart: string;
}

/** `held`: this life loaded it before and still has it. `seen`: its id was seen and it is not here, so it never will be. */
export type LoadOutcome = 'loaded' | 'held' | 'seen' | 'fenced';
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
  /** At most once per shard id and life: 'held' and 'seen' cover a redelivery, 'seen' a revoke that came first. */
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

/** A call for values as a shared store takes it. */
export interface NextCall {
  readonly count: number;
  /** The blocks may be given back once each. */
  readonly numbered: boolean;
  /** The caller asks again for what it was refused: counted before. */
  readonly again: boolean;
  /** Who keeps callers waiting for this stream, and for how many values in all; an empty name: nobody waits. Forgotten after 2 s. */
  readonly waiter: string;
  readonly waiting: number;
  /** The same request id gives the same blocks for a day, as long as the store lives; empty: none. */
  readonly request: string;
  readonly payloadHash: string;
}

export type NextReply =
  | { readonly outcome: 'taken'; readonly incarnation: string; readonly blocks: readonly TakenBlock[]; readonly repeated: boolean }
  | { readonly outcome: 'empty'; readonly incarnation: string; readonly stock: number }
  /** The stream is served by another pool now. */
  | { readonly outcome: 'moved'; readonly incarnation: string; readonly pool: string }
  /** An ordered stream, and no filler vouched lately that this life was not declared lost. */
  | { readonly outcome: 'unleased'; readonly incarnation: string }
  /** The request id was used for another request. */
  | { readonly outcome: 'conflict'; readonly incarnation: string };

/** What happened in a stream since the last poll, and how it stands. */
export interface StreamNews {
  readonly stream: string;
  readonly stock: number;
  /** Values that callers wait for. */
  readonly waiting: number;
  readonly requests: number;
  readonly stalls: number;
  readonly demanded: number;
  readonly issued: number;
  readonly returned: number;
  readonly largestRequest: number;
  /** Shards issued to the end that nothing can come back to any more: to be revoked, so that they are closed. */
  readonly exhausted: readonly { readonly partition: number; readonly shard: number }[];
}

export type PollReply =
  | { readonly outcome: 'polled'; readonly incarnation: string; readonly news: readonly StreamNews[] }
  /** Another filler holds the pool. */
  | { readonly outcome: 'standby'; readonly incarnation: string; readonly holder: string };

export interface PollCall {
  /** The filler that asks; it holds the pool for `holdMs` from now on, unless another one holds it. */
  readonly holder: string;
  readonly holdMs: number;
  /** Ordered streams may be served for so much longer, measured from this call; 0 adds nothing. */
  readonly orderLeaseMs: number;
  /** The life that the lease is for: a store that lives another one, as after a fail-over, is given none. */
  readonly incarnation: string;
}

/** What a stream's next consumption event says of its cursors. */
export interface CursorReport {
  readonly stream: string;
  /** Counts the reports of this stream in this life from 1. */
  readonly sequenceNumber: number;
  readonly cursors: readonly { generation: number; partition: number; shard: number; from: number; to: number; returned: number }[];
}

/**
 * A stock that many processes reach: gateways and foreign clients take from it, one filler at a time looks after it. Every promise
 * rejects with a retriable `SequenceError` when the store does not answer in time; a command that was sent may have happened.
 */
export interface SharedStock extends Stock {
  next(stream: string, call: NextCall): Promise<NextReply>;
  /** Streams with news since the last poll, and all that are short or have exhausted shards; renews the filler's hold. */
  poll(call: PollCall): Promise<PollReply>;
  /** Lets go of the pool, so that another filler need not wait. */
  release(holder: string): Promise<void>;
  /** Numbers the next report of each stream and says which cursors moved since the last one. */
  report(streams: readonly string[]): Promise<readonly CursorReport[]>;
  /** At or below this stock a stream is short: the next poll names it. */
  setReorderPoints(incarnation: string, points: readonly { readonly stream: string; readonly reorderPoint: number }[]): Promise<void>;
  /** Callers of the stream are told where it is served now, until a shard of it is loaded here again. */
  setMoved(incarnation: string, stream: string, pool: string): Promise<void>;
  /** Hears of streams that were loaded, soon after and at most once: whoever must not miss one asks again by itself. */
  onLoaded(handler: (stream: string) => void): Subscription;
  close(): Promise<void>;
}

/**
 * What the stages say to each other beside the ledger. Each type has its Avro schema of the same name in `schemas/avro/`.
 * Times are milliseconds since the Unix epoch in the clock of the process (a demo's clock may be sped up); ordinals are
 * safe integers; rates are values per second.
 */
import type { AdoptionEvent } from './adoption-messages.ts';
import type { MemberEvent, StreamMoved } from './member-messages.ts';

export type { AdoptionEvent, MemberEvent, StreamMoved };

/** What one shard issued in the span of an event: `[from, to)` of the shard, and what came back into its recycled list. */
export interface ShardCursor {
  readonly generation: number;
  readonly partition: number;
  readonly shard: number;
  readonly from: number;
  readonly to: number;
  /** Ordinals given back in this span and not issued again yet, net: may be negative when recycled ones are issued. */
  readonly returned: number;
}

/** Topic `seqcast.consumption`: derived by the pool from its cursors, at most one a second per active stream. */
export interface ConsumptionEvent {
  readonly kind: 'ConsumptionEvent';
  readonly stream: string;
  readonly pool: string;
  readonly incarnation: string;
  /** Counts this incarnation's events of this stream from 1: a reader that has seen it drops a copy. */
  readonly sequenceNumber: number;
  readonly fromMs: number;
  readonly toMs: number;
  /** Values taken, net of what was given back. May be negative in a span that only saw returns. */
  readonly issued: number;
  readonly returned: number;
  readonly requests: number;
  /** Requests that waited for an allocation. */
  readonly stalls: number;
  /** Values asked for in this span, waiting ones included: the demand. */
  readonly demanded: number;
  /** Stock and waiting values at `toMs`, and the shards offset up to which the pool had folded (-1: none). */
  readonly stock: number;
  readonly waiting: number;
  readonly seenOffset: number;
  /** Largest demand of one second within the span, and the longest order -> usable time of the span (0: no load). */
  readonly peakPerSecond: number;
  readonly leadTimeMs: number;
  /** Values of the largest single request of the span. */
  readonly largestRequest: number;
  readonly cursors: readonly ShardCursor[];
}

/**
 * Topic `seqcast.consumption`, beside the events: what a fitted model (LSTM, exponential smoothing, ARIMA, Prophet) expects of a stream.
 * It is said there so that the forecast stage folds one log, and a replay gives the same forecasts without the model.
 */
export interface ExpertForecast {
  readonly kind: 'ExpertForecast';
  readonly stream: string;
  /** Slot in the mixture: `lstm`, `ets`, `arima`, `prophet`. Versions of one family take over its weight from each other. */
  readonly family: string;
  /** Model and version, e.g. `lstm@3f2a90c1`. */
  readonly model: string;
  /** End of the history it was made from. */
  readonly originMs: number;
  /** How long from the origin on it may be used: two refresh periods of whoever made it. */
  readonly freshMs: number;
  /** Ascending, from the origin. */
  readonly leadsMs: readonly number[];
  /** Ascending, in (0, 1). */
  readonly levels: readonly number[];
  /** Quantiles of the demand from the origin to each lead: lead by lead, level by level within. */
  readonly quantiles: readonly number[];
}

/**
 * Topic `seqcast.profiles`: what streams of a client type are expected to ask for; gives a stream without history its first forecast. The
 * newest of a client type, service and sequence holds. A copy goes to `seqcast.consumption`, so that the forecast stage folds one log.
 */
export interface ProfileSet {
  readonly kind: 'ProfileSet';
  readonly clientType: string;
  /** Empty for every service, and for every sequence. */
  readonly service: string;
  readonly sequence: string;
  /** `none`: there is no such profile any more. */
  readonly pattern: 'none' | 'steady' | 'office-hours' | 'hourly-batch' | 'end-of-month';
  /** Values per second while active, and the share of it that is asked for outside. */
  readonly rate: number;
  readonly restShare: number;
  /** Weekdays from 1 (Monday) to 7; of `end-of-month` days counted from the last of the month, 1. Empty: every day. */
  readonly days: readonly number[];
  /** When it is active, `[from, until)`: minutes of the local day, of `hourly-batch` minutes of the hour. */
  readonly fromMinute: number;
  readonly untilMinute: number;
  /** Local time minus UTC. */
  readonly utcOffsetMinutes: number;
  readonly atMs: number;
}

/** What a forecast says of one horizon: demand over `horizonMs` from now on. */
export interface HorizonForecast {
  readonly horizonMs: number;
  /** Expected (median) demand, and the calibrated upper quantile the class asks for. */
  readonly median: number;
  readonly upper: number;
  /** 1.25 x the remembered peak: never reserve more than what was ever needed. */
  readonly cap: number;
  /** Reserve for the insured class: what the median forecast missed before is added, up to `cap`. */
  readonly insured: number;
}

/** Topic `seqcast.forecasts`: what the allocator needs to size a stream's reserve and orders. */
export interface Forecast {
  readonly kind: 'Forecast';
  readonly stream: string;
  readonly pool: string;
  readonly incarnation: string;
  /** Model that made it, e.g. `mixture@2`. */
  readonly model: string;
  /** End of the last consumption span that went in. */
  readonly cutoffMs: number;
  /** EWMA of the demand over 60 s, and the long-run mean of its square root (for the order size by cost). */
  readonly rate: number;
  readonly meanSqrtRate: number;
  /** Values of the largest request lately: the stock may fall by so much at once. */
  readonly requestSize: number;
  /** Lead time the forecast was made for: a high quantile of what was measured. */
  readonly leadTimeMs: number;
  /** The pool's stock, waiting values and folded shards offset at the cutoff, passed on from the consumption event. */
  readonly stock: number;
  readonly waiting: number;
  readonly seenOffset: number;
  /** First the lead-time horizon, then the ride-through horizon where one is set. */
  readonly horizons: readonly HorizonForecast[];
  /** Recommended shard size: order-up-to level minus reorder point. */
  readonly shardSize: number;
  /** Whom the mixture trusts at its longest horizon: said once a minute, empty in between. */
  readonly experts: readonly ExpertWeight[];
}

export interface ExpertWeight {
  /** Its model, with its version; only the family of one that says nothing. */
  readonly expert: string;
  /** Its share in the upper quantile: 0 where it says nothing, 1 in all. */
  readonly weight: number;
}

/** Topic `seqcast.orders`: a pool's urgent refill order, sent when its stock position reaches the reorder point. */
export interface RefillOrder {
  readonly kind: 'RefillOrder';
  readonly stream: string;
  readonly pool: string;
  readonly incarnation: string;
  readonly atMs: number;
  /** Offset of the shards partition up to which this pool has folded; -1 for none. */
  readonly seenOffset: number;
  /** Unissued values loaded or accepted for this incarnation as far as the pool has seen. */
  readonly stock: number;
  /** Values that callers wait for. */
  readonly waiting: number;
  /** Demand in the current second divided by max(0.1 s, elapsed), and its 5 s EWMA, whichever is larger. */
  readonly fastRate: number;
  /** Nothing beyond what is waited for: the stream keeps no stock until it orders otherwise. */
  readonly exact: boolean;
}

/**
 * Topic `seqcast.announcements`: a planned burst; raises the reserve in time and ends by itself. Bursts of a stream are told apart by when
 * they begin: said again, the later word holds. A copy goes to `seqcast.consumption`, so that the forecast stage folds one log.
 */
export interface BurstDeclared {
  readonly kind: 'BurstDeclared';
  readonly stream: string;
  /** Values per second while it lasts; 0 takes the burst back. */
  readonly rate: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Topic `seqcast.requests`: values over Kafka. */
export interface ValueRequest {
  readonly kind: 'ValueRequest';
  readonly request: string;
  readonly sequence: string;
  readonly clientType: string;
  readonly service: string;
  readonly count: number;
  readonly replyTopic: string;
  /** Instead of client type and service, where it is registered; else empty. */
  readonly clientId: string;
}

/** Topic `seqcast.values` (default reply topic). `error` is a code of the catalogue, or empty. */
export interface ValueReply {
  readonly kind: 'ValueReply';
  readonly request: string;
  readonly sequence: string;
  readonly blocks: readonly { readonly start: bigint; readonly count: number; readonly increment: bigint }[];
  readonly error: string;
  readonly message: string;
  /** The values as the sequence prints them, in their order; none where it has no format. */
  readonly formatted: readonly string[];
  /** First day of the period that the values belong to; empty where they never begin again. */
  readonly period: string;
}

/** Topic `seqcast.models`. */
export interface ModelEvent {
  readonly kind: 'ModelEvent';
  readonly family: string;
  readonly event: 'promoted' | 'rolled-back';
  readonly model: string;
  readonly trainedUntilMs: number;
  readonly because: string;
  readonly atMs: number;
}

/** Topic `seqcast.snapshots`: one chunk of a folded state. */
export interface SnapshotChunk {
  readonly kind: 'SnapshotChunk';
  readonly stage: string;
  readonly partition: number;
  readonly logId: string;
  readonly offset: number;
  readonly lastRecordHash: string;
  readonly level: number;
  readonly stateSchema: number;
  readonly chunk: number;
  readonly chunks: number;
  readonly bytes: Uint8Array;
  readonly checksum: string;
}

/** Topic `seqcast.dead-letters`: what could not be decoded or applied, with why and from where. */
export interface DeadLetter {
  readonly kind: 'DeadLetter';
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly code: string;
  readonly message: string;
  readonly bytes: Uint8Array;
  readonly atMs: number;
}

export type StageMessage =
  | ConsumptionEvent
  | Forecast
  | RefillOrder
  | BurstDeclared
  | ProfileSet
  | ExpertForecast
  | MemberEvent
  | StreamMoved
  | ValueRequest
  | ValueReply
  | AdoptionEvent
  | ModelEvent
  | SnapshotChunk
  | DeadLetter;

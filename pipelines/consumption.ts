/**
 * Consumes   takes, waits and give-backs of a pool's streams, and the cursors of its store
 * Produces   seqcast.consumption: what was issued and asked for, at most one event a second per active stream
 * State      per stream the counts since its last event, and the cursor each shard was reported at
 * Guarantee  derived from cursors, so exact; numbered per incarnation, so a copy is dropped by whoever has seen its number
 * On failure an event that was not stored is lost with its span's timing; cursors in the next event still cover it
 * Metrics    seqcast_requests_total, seqcast_stalls_total, seqcast_issued_values_total
 */
import { totalSize } from '../core/interval.ts';
import type { ConsumptionEvent, ShardCursor } from '../schemas/messages.ts';
import type { StockCursor } from './ports.ts';

/** An idle stream says so this often, so that its stock is reviewed and a surplus returned. */
const IDLE_REPORT_MS = 300_000;
/** Time constant of the fast rate: a burst must show within seconds. */
const FAST_WINDOW_MS = 5_000;
/** A rate over less than this is one arrival, not a rate. */
const FAST_SPAN_MS_MIN = 100;

export interface Meter {
  readonly stream: string;
  issued: number;
  returned: number;
  requests: number;
  stalls: number;
  demanded: number;
  peakPerSecond: number;
  leadTimeMs: number;
  largestRequest: number;
  /** Second (in `resolutionMs`) now being counted, and what it asked for. */
  secondStartMs: number;
  inSecond: number;
  fastEwma: number;
  sequenceNumber: number;
  lastReportMs: number;
  /** Reported cursor and recycled count by `partition:shard`. */
  reported: Map<string, { to: number; recycled: number }>;
  /** Totals of this life, for metrics and status. */
  readonly totals: { issued: number; taken: number; returned: number; requests: number; stalls: number };
}

export interface MeterOptions {
  /** What counts as one second: 1,000 live; a sped-up clock cannot resolve more than the slices it is driven in. */
  readonly resolutionMs: number;
}

export const LIVE_METER: MeterOptions = { resolutionMs: 1_000 };

export function newMeter(stream: string, nowMs: number): Meter {
  return {
    stream,
    issued: 0,
    returned: 0,
    requests: 0,
    stalls: 0,
    demanded: 0,
    peakPerSecond: 0,
    leadTimeMs: 0,
    largestRequest: 0,
    secondStartMs: nowMs,
    inSecond: 0,
    fastEwma: 0,
    sequenceNumber: 0,
    lastReportMs: nowMs,
    reported: new Map(),
    totals: { issued: 0, taken: 0, returned: 0, requests: 0, stalls: 0 },
  };
}

/** A request arrived; on the hot path, so it only counts. */
export function countRequest(meter: Meter, count: number, nowMs: number, options: MeterOptions): void {
  if (nowMs - meter.secondStartMs >= options.resolutionMs) turnSecond(meter, nowMs, options);
  meter.requests++;
  meter.totals.requests++;
  meter.demanded += count;
  if (count > meter.largestRequest) meter.largestRequest = count;
  meter.inSecond += count;
}

/** A request that stands alone: counted, but by no means demand that more of is to be expected. */
export function countLoneRequest(meter: Meter): void {
  meter.requests++;
  meter.totals.requests++;
}

/** What a store beyond this process counted since it was asked last. */
export interface CountedElsewhere {
  readonly requests: number;
  readonly stalls: number;
  readonly demanded: number;
  readonly issued: number;
  readonly returned: number;
  readonly largestRequest: number;
}

export function countElsewhere(meter: Meter, counted: CountedElsewhere, nowMs: number, options: MeterOptions): void {
  if (nowMs - meter.secondStartMs >= options.resolutionMs) turnSecond(meter, nowMs, options);
  const { requests, stalls, demanded, issued, returned, largestRequest } = counted;
  meter.requests += requests;
  meter.stalls += stalls;
  meter.demanded += demanded;
  meter.inSecond += demanded;
  meter.issued += issued - returned;
  meter.returned += returned;
  if (largestRequest > meter.largestRequest) meter.largestRequest = largestRequest;
  meter.totals.requests += requests;
  meter.totals.stalls += stalls;
  meter.totals.issued += issued - returned;
  meter.totals.taken += issued;
  meter.totals.returned += returned;
}

export function countIssued(meter: Meter, count: number): void {
  meter.issued += count;
  meter.totals.issued += count;
  meter.totals.taken += count;
}

export function countStall(meter: Meter): void {
  meter.stalls++;
  meter.totals.stalls++;
}

export function countReturned(meter: Meter, count: number): void {
  meter.issued -= count;
  meter.returned += count;
  meter.totals.issued -= count;
  meter.totals.returned += count;
}

/** An order became usable stock after this long. */
export function countLeadTime(meter: Meter, leadTimeMs: number): void {
  meter.leadTimeMs = Math.max(meter.leadTimeMs, leadTimeMs);
}

/** Values per second right now: this second so far, or the mean of the last seconds, whichever is larger. */
export function fastRate(meter: Meter, nowMs: number, options: MeterOptions): number {
  if (nowMs - meter.secondStartMs >= options.resolutionMs) turnSecond(meter, nowMs, options);
  const coarse = options.resolutionMs > LIVE_METER.resolutionMs;
  const elapsedMs = Math.max(coarse ? options.resolutionMs : FAST_SPAN_MS_MIN, nowMs - meter.secondStartMs);
  return Math.max(meter.fastEwma, (meter.inSecond * 1_000) / elapsedMs);
}

/** The event of the span since the last one, or undefined when it is too early or there is nothing to say. */
export function report(meter: Meter, pool: PoolReport, intervalMs: number, options: MeterOptions): ConsumptionEvent | undefined {
  if (!isReportDue(meter, pool.nowMs, intervalMs)) return undefined;
  meter.sequenceNumber++;
  return eventOf(meter, pool, { sequenceNumber: meter.sequenceNumber, cursors: movedCursors(meter, pool.cursors) }, options);
}

/** True once per interval for a stream with something to say, and now and then for an idle one. */
export function isReportDue(meter: Meter, nowMs: number, intervalMs: number): boolean {
  const active = meter.requests > 0 || meter.returned !== 0 || meter.issued !== 0;
  return nowMs - meter.lastReportMs >= (active ? intervalMs : Math.max(intervalMs, IDLE_REPORT_MS));
}

/** The event of the span since the last one, with the cursors and the number that whoever counts them gives; begins the next span. */
export function eventOf(
  meter: Meter,
  pool: Omit<PoolReport, 'cursors'>,
  counted: { readonly sequenceNumber: number; readonly cursors: readonly ShardCursor[] },
  options: MeterOptions,
): ConsumptionEvent {
  const { nowMs } = pool;
  turnSecond(meter, nowMs, options);
  const event: ConsumptionEvent = {
    kind: 'ConsumptionEvent',
    stream: meter.stream,
    pool: pool.pool,
    incarnation: pool.incarnation,
    sequenceNumber: counted.sequenceNumber,
    fromMs: meter.lastReportMs,
    toMs: nowMs,
    issued: meter.issued,
    returned: meter.returned,
    requests: meter.requests,
    stalls: meter.stalls,
    demanded: meter.demanded,
    stock: pool.stock,
    waiting: pool.waiting,
    seenOffset: pool.seenOffset,
    peakPerSecond: meter.peakPerSecond,
    leadTimeMs: meter.leadTimeMs,
    largestRequest: meter.largestRequest,
    cursors: counted.cursors,
  };
  meter.lastReportMs = nowMs;
  meter.issued = 0;
  meter.returned = 0;
  meter.requests = 0;
  meter.stalls = 0;
  meter.demanded = 0;
  meter.peakPerSecond = 0;
  meter.leadTimeMs = 0;
  meter.largestRequest = 0;
  return event;
}

/** What the pool knows at the moment of a report. */
export interface PoolReport {
  readonly pool: string;
  readonly incarnation: string;
  readonly nowMs: number;
  readonly stock: number;
  readonly waiting: number;
  readonly seenOffset: number;
  readonly cursors: readonly StockCursor[];
}

/** Which events a reader has seen, by stream: the guard against copies. */
export type SeenEvents = Map<string, { incarnation: string; sequenceNumber: number }>;

/** True once per event; a copy, or one older than what was seen of the same life, is false. */
export function isFirstSeen(seen: SeenEvents, event: ConsumptionEvent): boolean {
  const last = seen.get(event.stream);
  if (last?.incarnation === event.incarnation && event.sequenceNumber <= last.sequenceNumber) return false;
  seen.set(event.stream, { incarnation: event.incarnation, sequenceNumber: event.sequenceNumber });
  return true;
}

function movedCursors(meter: Meter, cursors: readonly StockCursor[]): ShardCursor[] {
  const moved: ShardCursor[] = [];
  const next = new Map<string, { to: number; recycled: number }>();
  for (const { generation, partition, shard, start, cursor, recycled } of cursors) {
    const key = `${partition}:${shard}`;
    const before = meter.reported.get(key) ?? { to: start, recycled: 0 };
    const now = { to: cursor, recycled: totalSize(recycled) };
    next.set(key, now);
    const returned = now.recycled - before.recycled;
    if (now.to !== before.to || returned !== 0) moved.push({ generation, partition, shard, from: before.to, to: now.to, returned });
  }
  // Shards that left the stock were closed in the ledger, which says exactly what was issued from them.
  meter.reported = next;
  return moved;
}

function turnSecond(meter: Meter, nowMs: number, options: MeterOptions): void {
  const elapsedMs = Math.max(nowMs - meter.secondStartMs, 1);
  // All of it arrived within one second, however late the second is turned: a late report must not thin a peak.
  meter.peakPerSecond = Math.max(meter.peakPerSecond, (meter.inSecond * 1_000) / options.resolutionMs);
  const keep = Math.exp(-elapsedMs / FAST_WINDOW_MS);
  meter.fastEwma = keep * meter.fastEwma + (1 - keep) * ((meter.inSecond * 1_000) / elapsedMs);
  meter.secondStartMs = nowMs;
  meter.inSecond = 0;
}

/**
 * Consumes   one hour of one partition: seqcast.consumption, seqcast.forecasts, and the accepted records of seqcast.shards
 * Produces   batches for the archive's tables consumption, forecasts and shards; nothing for a topic
 * State      of that hour: per stream and minute what was counted and the last forecast; what happened to shards, in log order
 * Guarantee  the same records give the same rows in the same batches, so an hour that is rolled up again replaces itself
 * On failure nothing is lost: the topics keep the hour, and the job that folds it runs again
 * Metrics    none of its own: the result of the job counts hours, rows and batches
 */
import { assert } from '../core/assertion.ts';
import { NAME_PATTERN } from '../core/limits.ts';
import { sequenceOfStream } from '../core/stream.ts';
import type { ConsumptionEvent, Forecast, HorizonForecast } from '../schemas/messages.ts';
import type { SequenceRow } from './analytics-shards.ts';
import { isFirstSeen, type SeenEvents } from './consumption.ts';
import type { ArchiveBatch, ArchiveRow, ArchiveTable } from './ports.ts';

export const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const HOURS_PER_DAY = 24;

/** A batch is one file and one piece of work of the archive; an hour with more rows of a sequence is several batches. */
const BATCH_ROWS_MAX = 50_000;

/**
 * What decides the hour of a record is the log's time, so that each is in exactly one hour. The minute of a row is that of the stage's own
 * clock, which is what a backtest replays: a minute that lies in two hours of the log has a row in each, and their sums are right.
 */
export interface UsageHour {
  readonly partition: number;
  readonly hourMs: number;
  /** The day of that hour (UTC), as `2026-11-25`: a stage has no calendar. */
  readonly day: string;
}

/** The tables that are folded from topics; bulk issues are written by the jobs that make them. */
export type UsageTable = Exclude<ArchiveTable, 'issues'>;
export type UsageBatch = ArchiveBatch & { readonly table: UsageTable };

interface StreamMinute {
  readonly stream: string;
  readonly minuteMs: number;
  /** The last event of the minute: what it says of the stock is how the minute ended. */
  last: ConsumptionEvent;
  fromMs: number;
  toMs: number;
  events: number;
  issued: number;
  returned: number;
  requests: number;
  stalls: number;
  demanded: number;
  peakPerSecond: number;
  largestRequest: number;
  leadTimeMs: number;
}

export interface Usage extends UsageHour {
  /** By incarnation: a stream that moves between two pools is counted by both for a while. */
  readonly seen: Map<string, SeenEvents>;
  readonly minutes: Map<string, StreamMinute>;
  readonly forecasts: Map<string, Forecast>;
  readonly shardRows: SequenceRow[];
}

export function newUsage({ partition, hourMs, day }: UsageHour): Usage {
  assert(hourMs % HOUR_MS === 0, 'an hour of usage begins with the hour');
  return { partition, hourMs, day, seen: new Map(), minutes: new Map(), forecasts: new Map(), shardRows: [] };
}

/** An event from just before the hour: it counts nothing, but a copy of it that comes within the hour is known as one. */
export function recognizeEvent(usage: Usage, event: ConsumptionEvent): boolean {
  let seen = usage.seen.get(event.incarnation);
  if (seen === undefined) {
    seen = new Map();
    usage.seen.set(event.incarnation, seen);
  }
  return isFirstSeen(seen, event);
}

export function countEvent(usage: Usage, event: ConsumptionEvent): void {
  if (!recognizeEvent(usage, event)) return;
  const minuteMs = minuteOf(event.toMs);
  const key = minuteKey(event.stream, minuteMs);
  const minute = usage.minutes.get(key) ?? newMinute(event, minuteMs);
  usage.minutes.set(key, minute);
  minute.last = event;
  minute.fromMs = Math.min(minute.fromMs, event.fromMs);
  minute.toMs = Math.max(minute.toMs, event.toMs);
  minute.events++;
  minute.issued += event.issued;
  minute.returned += event.returned;
  minute.requests += event.requests;
  minute.stalls += event.stalls;
  minute.demanded += event.demanded;
  minute.peakPerSecond = Math.max(minute.peakPerSecond, event.peakPerSecond);
  minute.largestRequest = Math.max(minute.largestRequest, event.largestRequest);
  minute.leadTimeMs = Math.max(minute.leadTimeMs, event.leadTimeMs);
}

/** One a minute is kept, the last: they are made once a second and differ little. */
export function keepForecast(usage: Usage, forecast: Forecast): void {
  usage.forecasts.set(minuteKey(forecast.stream, minuteOf(forecast.cutoffMs)), forecast);
}

export function keepShardRows(usage: Usage, rows: readonly SequenceRow[]): void {
  for (const row of rows) usage.shardRows.push(row);
}

/** The hour as batches: by table, then by sequence, the rows in an order that the records alone decide. */
export function batchesOf(usage: Usage): UsageBatch[] {
  const minutes = [...usage.minutes.values()].sort((a, b) => a.minuteMs - b.minuteMs || inOrder(a.stream, b.stream));
  const forecasts = [...usage.forecasts.values()].sort((a, b) => a.cutoffMs - b.cutoffMs || inOrder(a.stream, b.stream));
  return [
    ...tableBatches(
      usage,
      'consumption',
      minutes.map((minute) => ({ sequence: sequenceNamedBy(minute.stream), row: minuteRow(minute) })),
    ),
    ...tableBatches(usage, 'shards', usage.shardRows),
    ...tableBatches(
      usage,
      'forecasts',
      forecasts.map((each) => ({ sequence: sequenceNamedBy(each.stream), row: forecastRow(each) })),
    ),
  ];
}

function tableBatches({ partition, hourMs, day }: UsageHour, table: UsageTable, rows: readonly SequenceRow[]): UsageBatch[] {
  const bySequence = new Map<string, ArchiveRow[]>();
  for (const { sequence, row } of rows) {
    // A message of somebody who names streams by rules of his own belongs to no sequence.
    if (!NAME_PATTERN.test(sequence)) continue;
    const ofSequence = bySequence.get(sequence);
    if (ofSequence === undefined) bySequence.set(sequence, [row]);
    else ofSequence.push(row);
  }
  const hour = String((hourMs / HOUR_MS) % HOURS_PER_DAY).padStart(2, '0');
  const batches: UsageBatch[] = [];
  for (const [sequence, all] of [...bySequence].sort(([a], [b]) => inOrder(a, b))) {
    for (let from = 0; from < all.length; from += BATCH_ROWS_MAX) {
      const part = from === 0 ? '' : `-part-${from / BATCH_ROWS_MAX}`;
      const batch = `hour-${hour}-partition-${partition}${part}`;
      batches.push({ table, sequence, day, batch, rows: all.slice(from, from + BATCH_ROWS_MAX) });
    }
  }
  return batches;
}

function newMinute(event: ConsumptionEvent, minuteMs: number): StreamMinute {
  const { stream, fromMs, toMs } = event;
  const zero = { events: 0, issued: 0, returned: 0, requests: 0, stalls: 0, demanded: 0 };
  return { stream, minuteMs, last: event, fromMs, toMs, ...zero, peakPerSecond: 0, largestRequest: 0, leadTimeMs: 0 };
}

function minuteRow(minute: StreamMinute): ArchiveRow {
  const { events, issued, returned, requests, stalls, demanded, last } = minute;
  return {
    minute_ms: minute.minuteMs,
    stream: minute.stream,
    pool: last.pool,
    incarnation: last.incarnation,
    from_ms: minute.fromMs,
    to_ms: minute.toMs,
    events,
    issued,
    returned,
    requests,
    stalls,
    demanded,
    peak_per_second: minute.peakPerSecond,
    largest_request: minute.largestRequest,
    lead_time_ms: minute.leadTimeMs,
    stock: last.stock,
    waiting: last.waiting,
  };
}

function forecastRow(forecast: Forecast): ArchiveRow {
  const [leadTime, rideThrough] = forecast.horizons;
  return {
    minute_ms: minuteOf(forecast.cutoffMs),
    cutoff_ms: forecast.cutoffMs,
    stream: forecast.stream,
    pool: forecast.pool,
    model: forecast.model,
    rate: forecast.rate,
    mean_sqrt_rate: forecast.meanSqrtRate,
    request_size: forecast.requestSize,
    lead_time_ms: forecast.leadTimeMs,
    stock: forecast.stock,
    waiting: forecast.waiting,
    shard_size: forecast.shardSize,
    ...horizonColumns('', 'horizon_ms', leadTime),
    ...horizonColumns('ride_through_', 'ride_through_ms', rideThrough),
  };
}

function horizonColumns(prefix: string, lengthColumn: string, horizon: HorizonForecast | undefined): ArchiveRow {
  return {
    [lengthColumn]: horizon?.horizonMs ?? null,
    [`${prefix}median`]: horizon?.median ?? null,
    [`${prefix}upper`]: horizon?.upper ?? null,
    [`${prefix}cap`]: horizon?.cap ?? null,
    [`${prefix}insured`]: horizon?.insured ?? null,
  };
}

/** Empty for what is no id of a stream. */
function sequenceNamedBy(stream: string): string {
  return stream.includes('/') ? sequenceOfStream(stream) : '';
}

function minuteOf(ms: number): number {
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}

function minuteKey(stream: string, minuteMs: number): string {
  return `${minuteMs} ${stream}`;
}

/** By code units: the same order on every machine, whatever its language. */
function inOrder(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

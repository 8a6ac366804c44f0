/**
 * `seqcast replay --verify`: every forecast and every allocation that a log holds, made again from what it says that was known then.
 * Reads only; partitions follow each other, because a stream lies in one.
 */
import { emptyRanges, type RangesState, replayRanges } from '../../core/ledger/ranges.ts';
import type { RangesRecord, ShardsRecord } from '../../core/ledger/records.ts';
import { StreamForecast } from '../../models/stream-forecast.ts';
import { FORECAST_STATE_SCHEMA, forecastStateFromBytes } from '../../pipelines/forecast-state.ts';
import type { EventLog, SnapshotStore } from '../../pipelines/ports.ts';
import {
  type AllocationCounts,
  emptyAllocationReplay,
  endBatch,
  noAllocations,
  noteAnnouncement,
  noteForecast,
  noteOrder,
  onShardsRecord,
} from '../../pipelines/replay-allocations.ts';
import {
  emptyForecastReplay,
  type ForecastCounts,
  type ForecastReplay,
  noForecasts,
  onConsumptionRecord,
  onForecastRecord,
} from '../../pipelines/replay-forecasts.ts';
import type { Heard } from '../../pipelines/replay-plans.ts';
import { decode } from '../../schemas/codec.ts';
import type { BurstDeclared, Forecast, RefillOrder } from '../../schemas/messages.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { type LedgerExports, ledgerEntries } from '../../workers/runtime/ledger/ledger-entries.ts';
import { RecordedTopic } from './recorded-topic.ts';
import { RideThroughs } from './ride-throughs.ts';

export interface VerifyOptions {
  readonly log: EventLog;
  readonly snapshots: SnapshotStore;
  readonly partitionCount: number;
  /** Where a trimmed ledger goes on before its logs begin. */
  readonly exports: LedgerExports | undefined;
  /** How far clocks of different machines may be apart; 0 where one process wrote everything. */
  readonly skewMs: number;
  readonly progress: (line: string) => void;
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly events: number;
  readonly forecasts: ForecastCounts;
  readonly allocations: Omit<AllocationCounts, 'underivable'> & { readonly underivable: Readonly<Record<string, number>> };
}

export async function verify(options: VerifyOptions): Promise<VerifyReport> {
  const { log, partitionCount, progress } = options;
  const numbers = Array.from({ length: partitionCount }, (_, partition) => partition);
  const rideThroughs = new RideThroughs();
  const ranges: RangesState[] = [];
  for (const partition of numbers) ranges.push(await foldRanges(options, partition, rideThroughs));
  const livesMs = await livesOf(log);
  const forecasts = noForecasts();
  const allocations = noAllocations();
  let events = 0;
  for (const partition of numbers) {
    progress(`partition ${partition + 1} of ${partitionCount}: forecasts\n`);
    events += await refold(options, partition, rideThroughs, forecasts);
    progress(`partition ${partition + 1} of ${partitionCount}: allocations\n`);
    events += await decideAgain(options, partition, { ranges, livesMs }, allocations);
  }
  const { underivable, ...counts } = allocations;
  const ok = forecasts.differing === 0 && allocations.differing === 0;
  return { ok, events, forecasts, allocations: { ...counts, underivable: Object.fromEntries(underivable) } };
}

async function foldRanges({ log, exports }: VerifyOptions, partition: number, rideThroughs: RideThroughs): Promise<RangesState> {
  const state = emptyRanges(partition);
  for await (const { offset, atMs, bytes } of ledgerEntries({ log, topic: TOPICS.ranges.name, partition, from: 0, exports })) {
    const record = decode(bytes) as RangesRecord;
    if (replayRanges(state, offset, record) === 'accepted') rideThroughs.note(record, atMs);
  }
  return state;
}

/** When an allocator began with nothing but the logs: with its process, which is its pool's where one process is all. */
async function livesOf(log: EventLog): Promise<number[]> {
  const lives: number[] = [];
  const topic = await RecordedTopic.open(log, TOPICS.members, 0);
  for await (const { atMs, message } of topic.all()) {
    if (message.kind === 'MemberEvent' && message.event === 'joined' && message.role !== 'gateway') lives.push(atMs);
  }
  return lives;
}

/** Forecasts in their order, each behind the events that were in the log before it. */
async function refold(options: VerifyOptions, partition: number, rideThroughs: RideThroughs, counts: ForecastCounts): Promise<number> {
  const { log, skewMs } = options;
  const rideThroughMsOf = (sequence: string): number => rideThroughs.of(sequence);
  const replay = emptyForecastReplay({ newModel: () => new StreamForecast(), rideThroughMsOf, counts });
  const consumption = await RecordedTopic.open(log, TOPICS.consumption, partition, await restored(options, partition, replay));
  const forecasts = await RecordedTopic.open(log, TOPICS.forecasts, partition);
  let events = 0;
  for await (const { offset, atMs, message } of forecasts.all()) {
    await consumption.until(atMs + skewMs, (event) => {
      events++;
      rideThroughs.goTo(event.atMs);
      onConsumptionRecord(replay, event.message);
    });
    events++;
    onForecastRecord(replay, offset, message as Forecast);
  }
  return events;
}

/**
 * Where the fold begins: at the first record, or where retention has deleted it, at the oldest snapshot that still reaches the log. Without
 * one nothing can be folded, and no forecast finds its event.
 */
async function restored({ log, snapshots }: VerifyOptions, partition: number, { state }: ForecastReplay): Promise<number> {
  const topic = TOPICS.consumption.name;
  const start = await log.startOffset(topic, partition);
  if (start === 0) return 0;
  for (const { header, bytes } of (await snapshots.load('forecast', partition)).reverse()) {
    const offset = header.offsets[topic] ?? 0;
    if (header.logId !== log.logId || header.stateSchema !== FORECAST_STATE_SCHEMA || offset < start) continue;
    forecastStateFromBytes(state, bytes, (saved) => StreamForecast.restored(saved));
    return offset;
  }
  return Number.POSITIVE_INFINITY;
}

/** The shards log in its order, each record behind all that was in the other logs before it. */
async function decideAgain(
  { log, partitionCount, skewMs, exports }: VerifyOptions,
  partition: number,
  { ranges, livesMs }: { readonly ranges: readonly RangesState[]; readonly livesMs: readonly number[] },
  counts: AllocationCounts,
): Promise<number> {
  const completeSinceMs = await completeSince(log, partition);
  const replay = emptyAllocationReplay({ partition, partitionCount, ranges, livesMs, skewMs, completeSinceMs, counts });
  const forecasts = await RecordedTopic.open(log, TOPICS.forecasts, partition);
  const orders = await RecordedTopic.open(log, TOPICS.orders, partition);
  const announcements = await RecordedTopic.open(log, TOPICS.announcements, partition);
  let events = 0;
  for await (const { offset, atMs, bytes } of ledgerEntries({ log, topic: TOPICS.shards.name, partition, from: 0, exports })) {
    const untilMs = atMs + skewMs;
    await forecasts.until(untilMs, (heard) => noteForecast(replay, heard as Heard<Forecast>));
    await orders.until(untilMs, (heard) => noteOrder(replay, heard as Heard<RefillOrder>));
    await announcements.until(untilMs, (heard) => noteAnnouncement(replay, heard as Heard<BurstDeclared>));
    onShardsRecord(replay, offset, atMs, decode(bytes) as ShardsRecord);
    events++;
  }
  endBatch(replay);
  return events;
}

/** Retention deletes orders after a day: what was decided before the oldest one cannot be decided again. */
async function completeSince(log: EventLog, partition: number): Promise<number> {
  let sinceMs = Number.NEGATIVE_INFINITY;
  for (const { name } of [TOPICS.orders, TOPICS.forecasts]) {
    const start = await log.startOffset(name, partition);
    if (start === 0) continue;
    const [oldest] = await log.read(name, partition, start, 1);
    sinceMs = Math.max(sinceMs, oldest?.atMs ?? Number.POSITIVE_INFINITY);
  }
  return sinceMs;
}

/**
 * Consumes   seqcast.forecasts, seqcast.orders, seqcast.announcements, seqcast.ranges and seqcast.shards, as recorded
 * Produces   whether the live reducers decide each recorded allocation again, to the last digit; nothing is appended
 * State      one shards partition folded twice, to the log's end and to where its allocator may have been; per stream the plans it may have had
 * Guarantee  an allocation agrees only if some history that the logs allow leads the live reducers to the very same records
 * On failure what cannot be decided again is counted with the reason: an input that is gone, or the fields that differ
 * Metrics    none: the report is the result
 */
import type { Generation, RangesState } from '../core/ledger/ranges.ts';
import type { Decision, ShardAllocated, ShardsRecord } from '../core/ledger/records.ts';
import { replayShards } from '../core/ledger/shards.ts';
import { emptyShards, type ShardsState } from '../core/ledger/shards-state.ts';
import { partitionOf, sequenceOfStream } from '../core/stream.ts';
import type { BurstDeclared, Forecast, RefillOrder } from '../schemas/messages.ts';
import { emptyAllocation } from './allocation.ts';
import { type Batch, type DecidedAgain, type Difference, decidedAgain } from './replay-decision.ts';
import { type Heard, hearings, likeliest, type PossiblePlan } from './replay-plans.ts';
import { type Reading, readOn, stand, standAt, standings } from './replay-reading.ts';
import {
  freshStart,
  goOnFrom,
  type Memory,
  memoriesOf,
  newStreamReplay,
  noteCalledBack,
  noteOrdered,
  offsetOfForecast,
  type StreamReplay,
} from './replay-streams.ts';

export interface AllocationReplayOptions {
  readonly partition: number;
  readonly partitionCount: number;
  /** All of the ranges logs, folded. */
  readonly ranges: readonly RangesState[];
  /** How far clocks of different machines may be apart; 0 where one process wrote everything. */
  readonly skewMs: number;
  /** When allocators began, in the time of the log. */
  readonly livesMs: readonly number[];
  /** Log times since which forecasts and orders are complete; `-Infinity` where nothing of them was deleted. */
  readonly completeSinceMs: number;
  readonly counts: AllocationCounts;
}

export interface AllocationDifference {
  readonly stream: string;
  readonly offset: number;
  readonly decidedAtMs: number;
  readonly fields: readonly Difference[];
}

export interface AllocationReplay {
  readonly options: AllocationReplayOptions;
  /** Folded as far as the log was read. */
  readonly log: ShardsState;
  readonly reading: Reading;
  readonly streams: Map<string, StreamReplay>;
  /** The ranges log of the sequence that is decided on, as it was then. */
  readonly then: { ranges: RangesState | undefined };
  batch: Batch | undefined;
  readonly counts: AllocationCounts;
}

export interface AllocationCounts {
  allocations: number;
  agreeing: number;
  /** Of the agreeing ones those whose order was read at a moment that had to be found. */
  inferred: number;
  differing: number;
  /** By why they cannot be decided again. */
  readonly underivable: Map<string, number>;
  readonly differences: AllocationDifference[];
}

/** Differences that are told in full; all are counted. */
const DIFFERENCES_KEPT = 10;

export function noAllocations(): AllocationCounts {
  return { allocations: 0, agreeing: 0, inferred: 0, differing: 0, underivable: new Map(), differences: [] };
}

/** Adds to the counts of its options: partitions are replayed one after the other. */
export function emptyAllocationReplay(options: AllocationReplayOptions): AllocationReplay {
  const { partition, partitionCount, ranges } = options;
  const then: AllocationReplay['then'] = { ranges: undefined };
  const lookup = (of: number): RangesState => (then.ranges?.partition === of ? then.ranges : (ranges[of] as RangesState));
  return {
    options,
    log: emptyShards(partition),
    reading: {
      state: emptyAllocation({ shards: emptyShards(partition), ranges: lookup, partitionCount }),
      unread: [],
      proposed: new Map(),
    },
    streams: new Map(),
    then,
    batch: undefined,
    counts: options.counts,
  };
}

export function noteForecast(replay: AllocationReplay, heard: Heard<Forecast>): void {
  streamOf(replay, heard.message.stream, heard.message.cutoffMs).forecasts.push(heard);
}

export function noteOrder(replay: AllocationReplay, heard: Heard<RefillOrder>): void {
  streamOf(replay, heard.message.stream, heard.message.atMs).orders.push(heard);
}

export function noteAnnouncement(replay: AllocationReplay, heard: Heard<BurstDeclared>): void {
  streamOf(replay, heard.message.stream, Number.NEGATIVE_INFINITY).announced.push(heard);
}

/** Folds one record of the shards log. What was said before it must be noted by then. */
export function onShardsRecord(replay: AllocationReplay, offset: number, atMs: number, record: ShardsRecord): void {
  if (!belongs(replay.batch, record)) endBatch(replay);
  const verdict = replayShards(replay.log, offset, record, (p) => replay.options.ranges[p] as RangesState);
  replay.reading.unread.push({ offset, record });
  if (record.kind === 'ShardAllocated') {
    const { stream } = record;
    replay.batch ??= { stream, records: [], offset, atMs, generation: undefined, accepted: 0 };
    replay.batch.records.push(record);
    if (verdict === 'accepted') replay.batch.accepted++;
    replay.batch.generation ??= generationOf(replay, record, offset);
  } else if (record.kind === 'ShardRecalled' && verdict === 'accepted' && record.because === 'surplus') {
    const stream = replay.streams.get(replay.log.openShards.get(record.shard)?.stream.id ?? '');
    if (stream !== undefined) noteCalledBack(stream, offset);
  }
}

/** Decides the last batch again; the shards log has ended. */
export function endBatch(replay: AllocationReplay): void {
  const { batch } = replay;
  if (batch === undefined) return;
  replay.batch = undefined;
  const stream = streamOf(replay, batch.stream, Number.NEGATIVE_INFINITY);
  if (batch.accepted > 0) count(replay, stream, batch);
  // What lost was on its way as well when the next one was decided.
  else if (batch.generation !== undefined) settled(replay, stream, batch);
  const size = batch.records.reduce((sum, { start, end }) => sum + end - start, 0);
  noteOrdered(stream, size, decisionOf(batch).decidedAtMs, batch.accepted > 0);
  stream.atMs = batch.atMs;
}

function belongs(batch: Batch | undefined, record: ShardsRecord): boolean {
  const last = batch?.records.at(-1);
  if (last === undefined || record.kind !== 'ShardAllocated') return false;
  const { stream, order, decision } = record;
  return stream === last.stream && order === last.order + 1 && JSON.stringify(decision) === JSON.stringify(last.decision);
}

function decisionOf(batch: Batch): Decision {
  return (batch.records[0] as ShardAllocated).decision;
}

/** Of an accepted shard its own; of one that lost that of its source, as long as that is there. */
function generationOf({ log, options }: AllocationReplay, { stream, source }: ShardAllocated, offset: number): Generation | undefined {
  const name = sequenceOfStream(stream);
  const { generation } = log.openShards.get(offset) ?? log.sources.get(name)?.get(source) ?? { generation: -1 };
  return options.ranges[partitionOf(name, options.partitionCount)]?.generations.get(generation);
}

function count(replay: AllocationReplay, stream: StreamReplay, batch: Batch): void {
  const { counts, options } = replay;
  const { accepted, atMs, offset } = batch;
  counts.allocations += accepted;
  const outcome = settled(replay, stream, batch);
  if (outcome.kind === 'agrees') {
    counts.agreeing += accepted;
    if (outcome.isReadingTimeInferred) counts.inferred += accepted;
    stream.hasAgreed = true;
    return;
  }
  // Until one has agreed since the inputs are complete, it may be a deleted one that mattered.
  const isCut = atMs < options.completeSinceMs || (options.completeSinceMs > Number.NEGATIVE_INFINITY && !stream.hasAgreed);
  if (isCut || outcome.kind === 'unknown') {
    const why = isCut ? 'orders or forecasts of that time were deleted' : 'the forecast that it names is not in the log';
    counts.underivable.set(why, (counts.underivable.get(why) ?? 0) + accepted);
    return;
  }
  counts.differing += accepted;
  if (counts.differences.length === DIFFERENCES_KEPT) return;
  counts.differences.push({ stream: batch.stream, offset, decidedAtMs: decisionOf(batch).decidedAtMs, fields: outcome.fields });
}

type Settled =
  | { readonly kind: 'agrees'; readonly isReadingTimeInferred: boolean }
  | { readonly kind: 'differs'; readonly fields: readonly Difference[] }
  | { readonly kind: 'unknown' };

function settled(replay: AllocationReplay, stream: StreamReplay, batch: Batch): Settled {
  const { decidedAtMs, forecastAtMs } = decisionOf(batch);
  const upTo = offsetOfForecast(stream, forecastAtMs);
  if (upTo === undefined) return { kind: 'unknown' };
  const { plans, isFresh } = plansOf(replay, stream, batch, upTo);
  const memories = memoriesOf(stream, { isFresh, atMs: batch.atMs + replay.options.skewMs, nowMs: decidedAtMs });
  replay.then.ranges = asThen(replay.options, batch);
  let nearest: readonly Difference[] = [];
  do {
    const agreeing: Explanation[] = [];
    for (const again of explanations(replay.reading, plans, memories, batch)) {
      if (again.differences.length === 0) agreeing.push(again);
      else if (isNearer(again.differences, nearest)) nearest = again.differences;
    }
    const [first] = agreeing;
    if (first === undefined) continue;
    stand(replay.reading, first.ahead, batch.offset);
    goOnFrom(stream, likeliest(agreeing.map(({ plan }) => plan)), upTo);
    return { kind: 'agrees', isReadingTimeInferred: agreeing.every((each) => each.isReadingTimeInferred) };
    // What lost may be another allocator's, who had read further.
  } while ((batch.accepted > 0 || replay.options.skewMs === 0) && readOn(replay.reading, batch.offset, replay.options.ranges));
  return { kind: 'differs', fields: nearest };
}

type Explanation = DecidedAgain & { readonly plan: PossiblePlan };

/** What the reducers decide from all that may have been: plans, memories, and cursors on their way. */
function* explanations(
  reading: Reading,
  plans: readonly PossiblePlan[],
  memories: readonly Memory[],
  batch: Batch,
): Generator<Explanation> {
  const asFolded = new Map(reading.state.ahead);
  for (const ahead of standings(reading)) {
    standAt(reading.state, ahead);
    for (const plan of plans) for (const memory of memories) yield { plan, ...decidedAgain(reading.state, plan, memory, batch) };
  }
  standAt(reading.state, asFolded);
}

/** To decide something else is nearer than to decide nothing; of two that do, the one that was tried with more of the log read. */
function isNearer(differences: readonly Difference[], nearest: readonly Difference[]): boolean {
  const farness = (each: readonly Difference[]): number => (each.length === 0 || each[0]?.field === 'decision' ? Infinity : each.length);
  return farness(differences) <= farness(nearest);
}

/** The plans it may have decided on: those of the last decision gone on, and fresh ones where an allocator began in between. */
function plansOf(
  { reading: { state }, options }: AllocationReplay,
  stream: StreamReplay,
  batch: Batch,
  upTo: number,
): { readonly plans: readonly PossiblePlan[]; readonly isFresh: boolean } {
  const { decidedAtMs } = decisionOf(batch);
  const { skewMs, livesMs } = options;
  const untilMs = batch.atMs + skewMs;
  // What had seen the shards of this decision was said after it.
  const orders = stream.orders.filter(
    ({ atMs, message }) => atMs <= untilMs && message.seenOffset < batch.offset && message.atMs <= decidedAtMs + skewMs,
  );
  const forecasts = stream.forecasts.filter(({ offset }) => offset >= stream.nextForecast && offset <= upTo);
  const plans = stream.possible.flatMap((from) => hearings(state, from, { forecasts, orders, decidedAtMs }));
  const beganAtMs = livesMs.findLast((each) => each > stream.atMs && each <= untilMs && stream.atMs > Number.NEGATIVE_INFINITY);
  if (beganAtMs === undefined) return { plans, isFresh: false };
  const fresh = freshStart(stream, beganAtMs - skewMs, upTo);
  return { plans: [...plans, ...hearings(state, fresh.from, { forecasts: fresh.forecasts, orders, decidedAtMs })], isFresh: true };
}

function streamOf(replay: AllocationReplay, id: string, sinceMs: number): StreamReplay {
  let stream = replay.streams.get(id);
  if (stream === undefined) {
    stream = newStreamReplay(id, sinceMs);
    replay.streams.set(id, stream);
  }
  return stream;
}

/** As far as a decision asks: its generation was the live one and not claimed to its end, and no claim waited to be opened. */
function asThen({ ranges, partitionCount }: AllocationReplayOptions, { stream, generation }: Batch): RangesState | undefined {
  const name = sequenceOfStream(stream);
  const all = ranges[partitionOf(name, partitionCount)];
  if (all === undefined || generation === undefined) return undefined;
  return { ...all, live: new Map([[name, { ...generation, next: 0 }]]), claims: new Map() };
}

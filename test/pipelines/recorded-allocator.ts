/**
 * A live allocator in a small world where everything is late by chance: messages, appends and what is read back. Leaves the logs that such
 * a world leaves, which do not say in which order the allocator heard what.
 */
import { emptyRanges, type RangesState, replayRanges } from '../../core/ledger/ranges.ts';
import type { RangesRecord, ShardsRecord } from '../../core/ledger/records.ts';
import { replayShards } from '../../core/ledger/shards.ts';
import { emptyShards, type ShardsState } from '../../core/ledger/shards-state.ts';
import { seededRng } from '../../core/rng.ts';
import { defineSequence } from '../../core/sequence.ts';
import {
  emptyAllocation,
  onForecast,
  onJudged,
  onLedgerMoved,
  onOrder,
  onPoolJoined,
  onTick,
  type Proposal,
} from '../../pipelines/allocation.ts';
import type { AllocationCounts } from '../../pipelines/replay-allocations.ts';
import {
  emptyAllocationReplay,
  endBatch,
  noAllocations,
  noteForecast,
  noteOrder,
  onShardsRecord,
} from '../../pipelines/replay-allocations.ts';
import type { Heard } from '../../pipelines/replay-plans.ts';
import type { Forecast, RefillOrder } from '../../schemas/messages.ts';
import { demandOf, forecastOf, LIFE, NOW, OTHER, orderOf, POOL, STREAM } from './allocation-fixture.ts';

export interface Recording {
  readonly forecasts: Heard<Forecast>[];
  readonly orders: Heard<RefillOrder>[];
  readonly shards: { readonly offset: number; readonly atMs: number; record: ShardsRecord }[];
  readonly ranges: RangesState;
}

const STEP_MS = 50;
const LATE_MS_MAX = 400;
const REDECIDE_MS = 250;

/** Delivers in order, each a while after it was sent. */
class Line {
  readonly #due: { readonly atMs: number; readonly arrive: (nowMs: number) => void }[] = [];
  readonly #late: () => number;
  #lastMs = 0;

  constructor(late: () => number) {
    this.#late = late;
  }

  send(nowMs: number, arrive: (nowMs: number) => void): void {
    this.#lastMs = Math.max(this.#lastMs, nowMs + this.#late());
    this.#due.push({ atMs: this.#lastMs, arrive });
  }

  run(nowMs: number): void {
    for (let next = this.#due[0]; next !== undefined && next.atMs <= nowMs; next = this.#due[0]) {
      this.#due.shift();
      next.arrive(nowMs);
    }
  }
}

export function recorded(seed: number, steps: number): Recording {
  const rng = seededRng(seed);
  const late = (): number => Math.floor(rng.next() * rng.next() * LATE_MS_MAX);
  const lines = Array.from({ length: 5 }, () => new Line(late)) as [Line, Line, Line, Line, Line];
  const [toForecasts, toOrders, toLogs, toRead, toPool] = lines;
  const recording: Recording = { forecasts: [], orders: [], shards: [], ranges: emptyRanges(0) };
  const log: ShardsState = emptyShards(0);
  const ranges = emptyRanges(0);
  const state = emptyAllocation({ shards: emptyShards(0), ranges: () => ranges, partitionCount: 1, redecideMs: REDECIDE_MS });
  const pool = new Map([STREAM, OTHER].map((id) => [id, { id, stock: 0, waiting: 0, seen: -1, rate: 0 }]));
  let nowMs = NOW;

  const propose = (proposals: readonly Proposal[]): void => {
    if (proposals.length > 0)
      toLogs.send(nowMs, () => {
        for (const { record } of proposals) append(record as RangesRecord | ShardsRecord);
      });
  };
  const append = (record: RangesRecord | ShardsRecord): void => {
    if (isOfRanges(record)) {
      replayRanges(recording.ranges, recording.ranges.nextOffset, record);
      toRead.send(nowMs, () => {
        replayRanges(ranges, ranges.nextOffset, record);
        propose(onLedgerMoved(state, nowMs));
      });
      return;
    }
    const offset = log.nextOffset;
    recording.shards.push({ offset, atMs: nowMs, record });
    const verdict = replayShards(log, offset, record, () => recording.ranges);
    toRead.send(nowMs, () => {
      onJudged(
        state,
        record,
        replayShards(state.shards, offset, record, () => ranges),
      );
      propose(onLedgerMoved(state, nowMs));
    });
    if (verdict === 'accepted') toPool.send(nowMs, () => load(offset, record));
  };
  const load = (offset: number, record: ShardsRecord): void => {
    for (const each of pool.values()) each.seen = offset;
    if (record.kind === 'ShardRecalled') {
      const shard = log.openShards.get(record.shard);
      const served = pool.get(shard?.stream.id ?? '');
      if (shard === undefined || served === undefined) return;
      const size = Math.min(shard.end - shard.start, served.stock);
      served.stock -= size;
      append({
        kind: 'ShardReturned',
        shard: shard.id,
        incarnation: LIFE,
        slices: size === 0 ? [] : [{ start: shard.end - size, end: shard.end }],
      });
    }
    const served = record.kind === 'ShardAllocated' ? pool.get(record.stream) : undefined;
    if (served === undefined || record.kind !== 'ShardAllocated') return;
    served.stock += record.end - record.start - served.waiting;
    served.waiting = Math.max(0, -served.stock);
    served.stock = Math.max(0, served.stock);
  };
  const demand = (id: string, step: number): void => {
    const served = pool.get(id) as { id: string; stock: number; waiting: number; seen: number; rate: number };
    // A wave with bursts, so that stock runs out, piles up and goes back.
    const isBurst = rng.next() < 0.02;
    served.rate = (20 + 20 * Math.sin(step / 300)) * (isBurst ? 40 : 1);
    const asked = Math.floor(served.rate * (STEP_MS / 1_000) * 2 * rng.next());
    const taken = Math.min(served.stock, asked);
    served.stock -= taken;
    served.waiting += asked - taken;
    if (served.stock < 40 && rng.next() < 0.5) order(served);
    if (rng.next() < 0.1) forecast(served, step);
  };
  const order = ({ id, stock, waiting, seen, rate }: { id: string; stock: number; waiting: number; seen: number; rate: number }): void => {
    const message = orderOf({ stream: id, atMs: nowMs, seenOffset: seen, stock, waiting, fastRate: rate });
    recording.orders.push({ offset: recording.orders.length, atMs: nowMs, message });
    toOrders.send(nowMs, () => propose(onOrder(state, message, nowMs)));
  };
  const forecast = (
    { id, stock, waiting, seen, rate }: { id: string; stock: number; waiting: number; seen: number; rate: number },
    step: number,
  ): void => {
    if (step < 40) return;
    const report = { stream: id, cutoffMs: nowMs - 1, seenOffset: seen, stock, waiting };
    const said = { rate: rate * 0.9, meanSqrtRate: Math.sqrt(rate) / 20, leadTimeMs: 200, horizons: [demandOf(rate * 0.3, 200)] };
    const message = forecastOf({ ...report, ...said });
    recording.forecasts.push({ offset: recording.forecasts.length, atMs: nowMs, message });
    toForecasts.send(nowMs, () => propose(onForecast(state, message, nowMs)));
  };

  append({ kind: 'SequenceDefined', name: 's', previous: -1, definition: defineSequence({}) });
  onPoolJoined(state, POOL, LIFE, nowMs);
  for (let step = 0; step < steps; step++) {
    nowMs += STEP_MS;
    for (const line of lines) line.run(nowMs);
    if (step % 20 === 0) propose(onTick(state, nowMs));
    for (const id of pool.keys()) demand(id, step);
  }
  return recording;
}

/** Decides all of it again, as `seqcast replay --verify` does. */
export function decidedAgain({ forecasts, orders, shards, ranges }: Recording): AllocationCounts {
  const counts = noAllocations();
  const options = {
    partition: 0,
    partitionCount: 1,
    ranges: [ranges],
    skewMs: 0,
    livesMs: [],
    completeSinceMs: Number.NEGATIVE_INFINITY,
    counts,
  };
  const replay = emptyAllocationReplay(options);
  let [nextForecast, nextOrder] = [0, 0];
  for (const { offset, atMs, record } of shards) {
    for (let each = forecasts[nextForecast]; each !== undefined && each.atMs <= atMs; each = forecasts[++nextForecast])
      noteForecast(replay, each);
    for (let each = orders[nextOrder]; each !== undefined && each.atMs <= atMs; each = orders[++nextOrder]) noteOrder(replay, each);
    onShardsRecord(replay, offset, atMs, record);
  }
  endBatch(replay);
  return counts;
}

function isOfRanges(record: RangesRecord | ShardsRecord): record is RangesRecord {
  return ['SequenceDefined', 'SequenceRebased', 'SequenceDropped', 'RangeClaimed'].includes(record.kind);
}

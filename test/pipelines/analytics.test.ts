import { describe, expect, test } from 'vitest';
import { emptyRanges, replayRanges } from '../../core/ledger/ranges.ts';
import type { Decision, ShardsRecord } from '../../core/ledger/records.ts';
import { emptyShards } from '../../core/ledger/shards-state.ts';
import { defineSequence } from '../../core/sequence.ts';
import {
  batchesOf,
  countEvent,
  HOUR_MS,
  keepForecast,
  keepShardRows,
  newUsage,
  recognizeEvent,
  type Usage,
} from '../../pipelines/analytics.ts';
import { foldShardRecord } from '../../pipelines/analytics-shards.ts';
import type { ArchiveRow } from '../../pipelines/ports.ts';
import type { ConsumptionEvent, Forecast, HorizonForecast } from '../../schemas/messages.ts';

const HOUR = Date.UTC(2026, 10, 25, 14);
const MINUTE_MS = 60_000;
const STREAM = 's/web/api';

function event(number: number, atMs: number, more: Partial<ConsumptionEvent> = {}): ConsumptionEvent {
  return {
    kind: 'ConsumptionEvent',
    stream: STREAM,
    pool: 'pool',
    incarnation: 'life-1',
    sequenceNumber: number,
    fromMs: HOUR + atMs - 1_000,
    toMs: HOUR + atMs,
    issued: 10,
    returned: 1,
    requests: 4,
    stalls: 1,
    demanded: 12,
    stock: 100 - number,
    waiting: number,
    seenOffset: 7,
    peakPerSecond: 5,
    leadTimeMs: 2.5,
    largestRequest: 3,
    cursors: [],
    ...more,
  };
}

function forecast(cutoffMs: number, more: Partial<Forecast> = {}): Forecast {
  return {
    kind: 'Forecast',
    stream: STREAM,
    pool: 'pool',
    incarnation: 'life-1',
    model: 'mixture@1',
    cutoffMs: HOUR + cutoffMs,
    rate: 1.5,
    meanSqrtRate: 1.1,
    requestSize: 3,
    leadTimeMs: 20,
    stock: 90,
    waiting: 0,
    seenOffset: 7,
    horizons: [horizon(20)],
    shardSize: 500,
    experts: [],
    ...more,
  };
}

function horizon(horizonMs: number): HorizonForecast {
  return { horizonMs, median: 1, upper: 2, cap: 3, insured: 4 };
}

function usage(...events: readonly ConsumptionEvent[]): Usage {
  const of = newUsage({ partition: 3, hourMs: HOUR, day: '2026-11-25' });
  for (const each of events) countEvent(of, each);
  return of;
}

function rowsOf(of: Usage): ArchiveRow[] {
  return batchesOf(of).flatMap(({ rows }) => rows);
}

describe('the consumption of an hour', () => {
  test('is a row per stream and minute: sums, largest values, and the stock at the end of the minute', () => {
    const first = event(1, 1_000);
    const second = event(2, 2_000, { peakPerSecond: 9, leadTimeMs: 1, largestRequest: 2, issued: -3, returned: 3 });
    expect(rowsOf(usage(first, second, event(3, MINUTE_MS)))).toEqual([
      {
        minute_ms: HOUR,
        stream: STREAM,
        pool: 'pool',
        incarnation: 'life-1',
        from_ms: HOUR,
        to_ms: HOUR + 2_000,
        events: 2,
        issued: 7,
        returned: 4,
        requests: 8,
        stalls: 2,
        demanded: 24,
        peak_per_second: 9,
        largest_request: 3,
        lead_time_ms: 2.5,
        stock: 98,
        waiting: 2,
      },
      expect.objectContaining({ minute_ms: HOUR + MINUTE_MS, events: 1, stock: 97 }),
    ]);
  });

  test('counts an event once, however often it comes', () => {
    const events = [event(1, 1_000), event(2, 2_000), event(1, 1_000), event(2, 2_000), event(3, 3_000)];
    expect(rowsOf(usage(...events))).toMatchObject([{ events: 3, issued: 30 }]);
  });

  test('knows a copy of an event that was counted in the hour before', () => {
    const of = newUsage({ partition: 3, hourMs: HOUR, day: '2026-11-25' });
    recognizeEvent(of, event(1, -500));
    for (const each of [event(1, -500), event(2, 500)]) countEvent(of, each);
    expect(rowsOf(of)).toMatchObject([{ events: 1 }]);
  });

  test('counts what two lives of a stream say in turn, as while it moves', () => {
    const [ones, others] = [
      [1, 2, 3].map((number) => event(number, number)),
      [1, 2, 3].map((number) => event(number, number, { incarnation: 'life-2' })),
    ];
    const mixed = ones.flatMap((each, index) => [each, others[index] as ConsumptionEvent]);
    expect(rowsOf(usage(...mixed, ...mixed))).toMatchObject([{ events: 6, incarnation: 'life-2' }]);
  });

  test('leaves out what names no sequence', () => {
    expect(batchesOf(usage(event(1, 0, { stream: 'nonsense' }), event(1, 0, { stream: '../x/y' }), event(1, 0, { stream: '' })))).toEqual(
      [],
    );
  });
});

describe('the forecasts of an hour', () => {
  test('are the last one of each minute and stream', () => {
    const of = usage();
    keepForecast(of, forecast(1_000));
    keepForecast(of, forecast(59_000, { rate: 2, horizons: [horizon(20), horizon(60_000)] }));
    keepForecast(of, forecast(59_500, { stream: 's/other/api', horizons: [] }));
    expect(rowsOf(of)).toEqual([
      expect.objectContaining({ minute_ms: HOUR, cutoff_ms: HOUR + 59_000, rate: 2, horizon_ms: 20, insured: 4, ride_through_ms: 60_000 }),
      expect.objectContaining({ stream: 's/other/api', horizon_ms: null, ride_through_insured: null }),
    ]);
  });
});

describe('the batches of an hour', () => {
  test('are named after table, sequence, day, hour and partition', () => {
    const of = usage(event(1, 0), event(1, 0, { stream: 'a/web/api' }));
    keepForecast(of, forecast(0));
    keepShardRows(of, [{ sequence: 's', row: { at_ms: 1 } }]);
    expect(batchesOf(of).map(({ table, sequence, day, batch, rows }) => [table, sequence, day, batch, rows.length])).toEqual([
      ['consumption', 'a', '2026-11-25', 'hour-14-partition-3', 1],
      ['consumption', 's', '2026-11-25', 'hour-14-partition-3', 1],
      ['shards', 's', '2026-11-25', 'hour-14-partition-3', 1],
      ['forecasts', 's', '2026-11-25', 'hour-14-partition-3', 1],
    ]);
  });

  test('are the same for the same records, in whatever order streams were interleaved', () => {
    const events = ['b', 'a', 'C'].flatMap((type) =>
      [1, 2, 3].map((n) => event(n, n * 50_000, { stream: `s/${type}/api`, incarnation: type })),
    );
    const shuffled = [...events].sort((one, other) => one.sequenceNumber - other.sequenceNumber || (one.stream < other.stream ? -1 : 1));
    expect(JSON.stringify(batchesOf(usage(...shuffled)))).toBe(JSON.stringify(batchesOf(usage(...events))));
    const minute = ['s/C/api', 's/a/api', 's/b/api'];
    expect(rowsOf(usage(...events)).map((row) => row.stream)).toEqual([...minute, ...minute, ...minute]);
  });

  test('are several where a sequence has more rows than one may have', () => {
    const of = usage();
    keepShardRows(
      of,
      Array.from({ length: 120_000 }, (_, at) => ({ sequence: 's', row: { at_ms: at } })),
    );
    const batches = batchesOf(of);
    expect(batches.map(({ batch, rows }) => [batch, rows.length, rows[0]?.at_ms])).toEqual([
      ['hour-14-partition-3', 50_000, 0],
      ['hour-14-partition-3-part-1', 50_000, 50_000],
      ['hour-14-partition-3-part-2', 20_000, 100_000],
    ]);
  });

  test('are none for an hour without records', () => {
    expect(batchesOf(usage())).toEqual([]);
    expect(() => newUsage({ partition: 0, hourMs: HOUR + 1, day: '2026-11-25' })).toThrow();
    expect(HOUR % HOUR_MS).toBe(0);
  });
});

describe('a record of the shards log', () => {
  const decision: Decision = {
    trigger: 'order',
    position: 5,
    reorderPoint: 10,
    orderUpTo: 60,
    rate: 2.5,
    reserve: 'peak',
    forecastAtMs: HOUR - 9,
    decidedAtMs: HOUR + 1,
  };
  const shard = { stream: STREAM, pool: 'pool', incarnation: 'life-1', decision };
  const allocated = (order: number, start: number, end: number): ShardsRecord => ({
    kind: 'ShardAllocated',
    source: 256,
    order,
    start,
    end,
    ...shard,
  });

  function folded(...records: readonly ShardsRecord[]): { verdicts: string[]; rows: ArchiveRow[] } {
    const ranges = emptyRanges(0);
    const definition = defineSequence({ start: 1_000n, increment: 10n, min: 1n });
    replayRanges(ranges, 0, { kind: 'SequenceDefined', name: 's', previous: -1, definition });
    replayRanges(ranges, 1, { kind: 'RangeClaimed', name: 's', generation: 0, partition: 0, start: 0, end: 1_000 });
    const state = emptyShards(0);
    const opening: ShardsRecord[] = [
      { kind: 'StreamAssigned', stream: STREAM, pool: 'pool', assignment: 1 },
      { kind: 'RangeOpened', claimPartition: 0, claimOffset: 1 },
    ];
    const all = [...opening, ...records].map((record, offset) => foldShardRecord(state, [ranges], { offset, atMs: HOUR + offset, record }));
    return { verdicts: all.slice(2).map(({ verdict }) => verdict), rows: all.flatMap(({ rows }) => rows.map(({ row }) => row)) };
  }

  test('that allocates says which values it gave to whom, and why', () => {
    expect(folded(allocated(1, 0, 50)).rows).toEqual([
      {
        at_ms: HOUR + 2,
        event: 'allocated',
        stream: STREAM,
        pool: 'pool',
        incarnation: 'life-1',
        log_partition: 0,
        record_offset: 2,
        shard: 2,
        generation: 0,
        start_ordinal: 0,
        end_ordinal: 50,
        size: 50,
        first_value: 1_000n,
        last_value: 1_490n,
        because: null,
        order_number: 1,
        trigger: 'order',
        stock_position: 5,
        reorder_point: 10,
        order_up_to: 60,
        rate: 2.5,
        reserve: 'peak',
        forecast_at_ms: HOUR - 9,
        decided_at_ms: HOUR + 1,
      },
    ]);
  });

  test('that ends a shard says how many ordinals it is about', () => {
    const { verdicts, rows } = folded(
      allocated(1, 0, 50),
      allocated(2, 50, 80),
      allocated(3, 80, 90),
      { kind: 'ShardRecalled', shard: 2, because: 'surplus' },
      {
        kind: 'ShardReturned',
        shard: 2,
        incarnation: 'life-1',
        slices: [
          { start: 10, end: 15 },
          { start: 40, end: 50 },
        ],
      },
      { kind: 'ShardBurned', shard: 3, incarnation: 'life-1', from: 77 },
      { kind: 'PoolLost', pool: 'pool', incarnation: 'life-1', atMs: HOUR },
    );
    expect(new Set(verdicts)).toEqual(new Set(['accepted']));
    expect(rows.slice(3).map(({ event, shard, size, because, record_offset }) => [event, shard, size, because, record_offset])).toEqual([
      ['recalled', 2, 50, 'surplus', 5],
      ['returned', 2, 15, null, 6],
      ['burnt', 3, 3, null, 7],
      ['lost', 4, 10, null, 8],
    ]);
    expect(rows[4]).not.toHaveProperty('trigger');
  });

  test('that is rejected has no row', () => {
    const { verdicts, rows } = folded(allocated(1, 0, 50), allocated(1, 0, 50), allocated(2, 0, 10), {
      kind: 'ShardReturned',
      shard: 2,
      incarnation: 'another life',
      slices: [],
    });
    expect(verdicts).toEqual(['accepted', 'order-not-next', 'not-at-cursor', 'other-incarnation']);
    expect(rows).toHaveLength(1);
  });
});

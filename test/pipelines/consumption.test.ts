import { describe, expect, test } from 'vitest';
import {
  countIssued,
  countLeadTime,
  countRequest,
  countReturned,
  countStall,
  fastRate,
  isFirstSeen,
  LIVE_METER,
  type Meter,
  newMeter,
  type PoolReport,
  report,
  type SeenEvents,
} from '../../pipelines/consumption.ts';
import type { StockCursor } from '../../pipelines/ports.ts';
import type { ConsumptionEvent } from '../../schemas/messages.ts';

const START = 1_000_000;
const IDLE_MS = 300_000;
const STREAM = 's/web/api';

function reported(meter: Meter, nowMs: number, pool: Partial<PoolReport> = {}): ConsumptionEvent | undefined {
  const state = { pool: 'pool', incarnation: 'life-1', nowMs, stock: 0, waiting: 0, seenOffset: -1, cursors: [] };
  return report(meter, { ...state, ...pool }, 1_000, LIVE_METER);
}

function cursorOf(shard: number, start: number, cursor: number, more: Partial<StockCursor> = {}): StockCursor {
  return { stream: STREAM, generation: 0, partition: 0, shard, start, end: start + 100, cursor, recycled: [], revoked: undefined, ...more };
}

function asked(meter: Meter, ...times: readonly (readonly [ms: number, count: number])[]): void {
  for (const [ms, count] of times) countRequest(meter, count, START + ms, LIVE_METER);
}

describe('a consumption event', () => {
  test('says what was asked for, issued, returned and waited for since the last one', () => {
    const meter = newMeter(STREAM, START);
    asked(meter, [100, 3], [200, 5]);
    countIssued(meter, 8);
    countStall(meter);
    countReturned(meter, 2);
    countLeadTime(meter, 40);
    countLeadTime(meter, 25);
    expect(reported(meter, START + 1_000, { stock: 7, waiting: 1, seenOffset: 12 })).toEqual({
      kind: 'ConsumptionEvent',
      stream: STREAM,
      pool: 'pool',
      incarnation: 'life-1',
      sequenceNumber: 1,
      fromMs: START,
      toMs: START + 1_000,
      issued: 6,
      returned: 2,
      requests: 2,
      stalls: 1,
      demanded: 8,
      stock: 7,
      waiting: 1,
      seenOffset: 12,
      peakPerSecond: 8,
      leadTimeMs: 40,
      largestRequest: 5,
      cursors: [],
    });
    asked(meter, [1_500, 1]);
    expect(reported(meter, START + 2_000)).toMatchObject({
      sequenceNumber: 2,
      fromMs: START + 1_000,
      issued: 0,
      requests: 1,
      stalls: 0,
      demanded: 1,
      leadTimeMs: 0,
    });
    expect(meter.totals).toEqual({ issued: 6, taken: 8, returned: 2, requests: 3, stalls: 1 });
  });

  test('comes at most once an interval', () => {
    const meter = newMeter(STREAM, START);
    asked(meter, [10, 1]);
    expect(reported(meter, START + 999)).toBeUndefined();
    expect(reported(meter, START + 1_000)).toBeDefined();
    asked(meter, [1_001, 1]);
    expect(reported(meter, START + 1_999)).toBeUndefined();
  });

  test('comes from an idle stream every five minutes, so that its stock is looked at', () => {
    const meter = newMeter(STREAM, START);
    expect(reported(meter, START + IDLE_MS - 1)).toBeUndefined();
    expect(reported(meter, START + IDLE_MS, { stock: 500 })).toMatchObject({ requests: 0, demanded: 0, stock: 500 });
    expect(reported(meter, START + IDLE_MS + 1_000)).toBeUndefined();
  });

  test('comes where values only came back, or were only issued late', () => {
    for (const count of [countReturned, countIssued]) {
      const meter = newMeter(STREAM, START);
      count(meter, 4);
      expect(reported(meter, START + 1_000)).toBeDefined();
    }
  });

  test('has the largest demand of one second of its span, not the mean of a long one', () => {
    const meter = newMeter(STREAM, START);
    asked(meter, [0, 10], [500, 20], [1_000, 100], [1_999, 50], [2_100, 5]);
    expect(
      report(
        meter,
        { pool: 'pool', incarnation: 'life-1', nowMs: START + 3_000, stock: 0, waiting: 0, seenOffset: -1, cursors: [] },
        3_000,
        LIVE_METER,
      ),
    ).toMatchObject({
      peakPerSecond: 150,
      demanded: 185,
    });
  });

  test('does not thin a peak when it is late', () => {
    const meter = newMeter(STREAM, START);
    asked(meter, [0, 1_000]);
    expect(reported(meter, START + 5_000)).toMatchObject({ peakPerSecond: 1_000 });
  });
});

describe('the cursors of an event', () => {
  test('say of each shard how far it was issued since the last event, from its start on', () => {
    const meter = newMeter(STREAM, START);
    asked(meter, [1, 5]);
    const first = reported(meter, START + 1_000, { cursors: [cursorOf(4, 50, 60), cursorOf(5, 200, 200)] });
    expect(first?.cursors).toEqual([{ generation: 0, partition: 0, shard: 4, from: 50, to: 60, returned: 0 }]);
    asked(meter, [1_001, 5]);
    const second = reported(meter, START + 2_000, { cursors: [cursorOf(4, 50, 75), cursorOf(5, 200, 210)] });
    expect(second?.cursors.map(({ shard, from, to }) => [shard, from, to])).toEqual([
      [4, 60, 75],
      [5, 200, 210],
    ]);
  });

  test('add up to every ordinal once, whichever events there are', () => {
    const meter = newMeter(STREAM, START);
    const events = [53, 60, 60, 99].map((cursor, i) => {
      countRequest(meter, 1, START + i * 1_000, LIVE_METER);
      return reported(meter, START + (i + 1) * 1_000, { cursors: [cursorOf(4, 50, cursor)] });
    });
    const spans = events.flatMap((event) => event?.cursors.map(({ from, to }) => [from, to]) ?? []);
    expect(spans).toEqual([
      [50, 53],
      [53, 60],
      [60, 99],
    ]);
  });

  test('count what came back, and less when it was issued again', () => {
    const meter = newMeter(STREAM, START);
    countReturned(meter, 4);
    const back = reported(meter, START + 1_000, { cursors: [cursorOf(4, 50, 50, { recycled: [{ start: 40, end: 44 }] })] });
    expect(back?.cursors).toEqual([{ generation: 0, partition: 0, shard: 4, from: 50, to: 50, returned: 4 }]);
    countIssued(meter, 3);
    const again = reported(meter, START + 2_000, { cursors: [cursorOf(4, 50, 50, { recycled: [{ start: 43, end: 44 }] })] });
    expect(again?.cursors).toMatchObject([{ returned: -3 }]);
  });

  test('leave out shards that did not move or are gone', () => {
    const meter = newMeter(STREAM, START);
    asked(meter, [1, 1]);
    reported(meter, START + 1_000, { cursors: [cursorOf(4, 50, 60)] });
    asked(meter, [1_001, 1]);
    expect(reported(meter, START + 2_000, { cursors: [cursorOf(4, 50, 60)] })?.cursors).toEqual([]);
    asked(meter, [2_001, 1]);
    expect(reported(meter, START + 3_000)?.cursors).toEqual([]);
    expect(meter.reported.size).toBe(0);
  });
});

describe('the rate of the moment', () => {
  test('is this second so far, taken over at least a tenth of it', () => {
    const meter = newMeter(STREAM, START);
    asked(meter, [0, 30]);
    expect(fastRate(meter, START + 10, LIVE_METER)).toBe(300);
    expect(fastRate(meter, START + 500, LIVE_METER)).toBe(60);
  });

  test('remembers the last seconds, and forgets them within some', () => {
    const meter = newMeter(STREAM, START);
    for (let second = 0; second < 30; second++) asked(meter, [second * 1_000, 100]);
    const busy = fastRate(meter, START + 30_000, LIVE_METER);
    expect(busy).toBeGreaterThan(95);
    expect(busy).toBeLessThanOrEqual(100);
    expect(fastRate(meter, START + 35_000, LIVE_METER)).toBeCloseTo(busy * Math.exp(-1), 6);
    expect(fastRate(meter, START + 90_000, LIVE_METER)).toBeLessThan(1);
  });

  test('is not finer than the clock it is measured by', () => {
    const meter = newMeter(STREAM, START);
    const coarse = { resolutionMs: 60_000 };
    countRequest(meter, 600, START + 1, coarse);
    expect(fastRate(meter, START + 2, coarse)).toBe(10);
  });
});

describe('a reader of events', () => {
  const event = (sequenceNumber: number, incarnation = 'life-1', stream = STREAM): ConsumptionEvent => ({
    ...(reported(newMeter(stream, START), START + IDLE_MS) as ConsumptionEvent),
    sequenceNumber,
    incarnation,
  });

  test('takes each once, though it may be delivered again', () => {
    const seen: SeenEvents = new Map();
    expect([1, 2, 2, 1, 3].map((number) => isFirstSeen(seen, event(number)))).toEqual([true, true, false, false, true]);
  });

  test('counts each stream, and each life of its pool, from the beginning', () => {
    const seen: SeenEvents = new Map();
    expect(isFirstSeen(seen, event(9))).toBe(true);
    expect(isFirstSeen(seen, event(1, 'life-1', 's/mobile/api'))).toBe(true);
    expect(isFirstSeen(seen, event(1, 'life-2'))).toBe(true);
    expect(isFirstSeen(seen, event(1, 'life-2'))).toBe(false);
  });
});

import { describe, expect, test } from 'vitest';
import { emptyRanges } from '../../core/ledger/ranges.ts';
import { emptyShards } from '../../core/ledger/shards-state.ts';
import { SHARDS_PER_ORDER_MAX } from '../../core/limits.ts';
import { defineSequence } from '../../core/sequence.ts';
import { partitionOf } from '../../core/stream.ts';
import {
  emptyAllocation,
  onAnnouncement,
  onForecast,
  onLedgerMoved,
  onOrder,
  onPoolJoined,
  onPoolLeft,
  onTick,
} from '../../pipelines/allocation.ts';
import {
  append,
  type Bench,
  bench,
  demandOf,
  forecastOf,
  holding,
  LIFE,
  land,
  NOW,
  OTHER,
  orderOf,
  POOL,
  REDECIDE_MS,
  STREAM,
  settle,
  shown,
} from './allocation-fixture.ts';

const order = (made: Bench, report: Parameters<typeof orderOf>[0] = {}, nowMs = NOW) => onOrder(made.state, orderOf(report), nowMs);
const forecast = (made: Bench, report: Parameters<typeof forecastOf>[0] = {}, nowMs = NOW) =>
  onForecast(made.state, forecastOf(report), nowMs);

/** How far the ledger goes: what a pool says that has seen all of it. */
const seen = (made: Bench): number => made.shards.nextOffset - 1;

describe('the first order of a stream', () => {
  test('assigns it and claims a range; read back, the range is opened; read back, a shard is cut', () => {
    const made = bench();
    const first = order(made);
    expect(shown(first)).toEqual(['assign s/web/api pool 1', 'claim [0, 1024)']);
    land(made, first);
    const second = onLedgerMoved(made.state, NOW);
    expect(shown(second)).toEqual(['open 1']);
    land(made, second);
    const third = onLedgerMoved(made.state, NOW);
    // The floor of 32, one more as there is no rate yet.
    expect(shown(third)).toEqual(['shard 1 [0, 33)']);
    expect(third[0]).toMatchObject({
      log: 'shards',
      partition: 0,
      record: { stream: STREAM, pool: POOL, incarnation: LIFE, decision: { trigger: 'order' } },
    });
    expect(land(made, third)).toEqual(['accepted']);
    expect(onLedgerMoved(made.state, NOW)).toEqual([]);
    expect(made.state.pending.size).toBe(0);
  });

  test('covers what its callers wait for, at the rate they come', () => {
    const made = bench();
    expect(settle(made, order(made, { waiting: 5, fastRate: 100 })).at(-1)).toBe('shard 1 [0, 1037)');
  });

  test('is nothing while its sequence, or a living pool for it, is not known', () => {
    for (const report of [{ stream: 'unknown/web/api' }, { pool: 'elsewhere' }, { incarnation: 'life-0' }]) {
      const made = bench();
      expect(order(made, report)).toEqual([]);
      expect(made.state.pending.size).toBe(0);
    }
  });

  test('is left to the partition that its stream lies in', () => {
    const ranges = emptyRanges(0);
    const partition = 1 - partitionOf(STREAM, 2);
    const state = emptyAllocation({ shards: emptyShards(partition), ranges: () => ranges, partitionCount: 2 });
    const made: Bench = { state, ranges, shards: state.shards };
    append(made, { kind: 'SequenceDefined', name: 's', previous: -1, definition: defineSequence({}) });
    onPoolJoined(state, POOL, LIFE, NOW);
    expect(onOrder(state, orderOf(), NOW)).toEqual([]);
  });
});

describe('a proposal', () => {
  test('is not made twice while it may still be read back, whatever is reported or ticks meanwhile', () => {
    const made = bench();
    const first = order(made);
    expect(order(made)).toEqual([]);
    expect(onLedgerMoved(made.state, NOW + 10)).toEqual([]);
    expect(onTick(made.state, NOW + REDECIDE_MS - 1)).toEqual([]);
    land(made, first);
    land(made, onLedgerMoved(made.state, NOW + 10));
    const cut = onLedgerMoved(made.state, NOW + 10);
    expect(shown(cut)).toEqual(['shard 1 [0, 33)']);
    expect(order(made, {}, NOW + 20)).toEqual([]);
    expect(forecast(made, {}, NOW + 20)).toEqual([]);
    expect(onLedgerMoved(made.state, NOW + 20)).toEqual([]);
    expect(onTick(made.state, NOW + 20)).toEqual([]);
  });

  test('that vanished is made again after a while', () => {
    const made = bench();
    const first = shown(order(made));
    expect(shown(onTick(made.state, NOW + REDECIDE_MS))).toEqual(first);
    const opened = settle(made, onTick(made.state, NOW + 2 * REDECIDE_MS), NOW + 2 * REDECIDE_MS);
    expect(opened).toEqual([...first, 'open 1', 'shard 1 [0, 33)']);
    land(made, onLedgerMoved(made.state, NOW + 2 * REDECIDE_MS));
    expect(made.shards.openShards.size).toBe(1);
  });

  test('of a shard that vanished is made again at the same place', () => {
    const made = bench();
    holding(made, STREAM, 10);
    append(made, { kind: 'RangeClaimed', name: 's', generation: 0, partition: 0, start: 10, end: 10_000 });
    append(made, { kind: 'RangeOpened', claimPartition: 0, claimOffset: 2 });
    const report = { seenOffset: 2 };
    expect(shown(order(made, report))).toEqual(['shard 2 [10, 43)']);
    expect(shown(onTick(made.state, NOW + REDECIDE_MS))).toEqual(['shard 2 [10, 43)']);
  });

  test('that another allocator won is decided again from what won', () => {
    const [mine, theirs] = [bench(), bench()];
    for (const made of [mine, theirs]) settle(made, order(made, { stream: OTHER }));
    const lost = order(mine);
    const won = order(theirs, { waiting: 2 });
    for (const made of [mine, theirs]) expect(land(made, won)).toEqual(['accepted', 'accepted']);
    for (const made of [mine, theirs]) expect(land(made, lost)).toEqual(['assignment-not-next', 'order-not-next']);
    // What the other one allocated is enough.
    expect(onLedgerMoved(mine.state, NOW)).toEqual([]);
    expect(mine.state.pending.size).toBe(0);
  });

  test('that lost its place to another stream is made again at the next place', () => {
    const made = bench();
    settle(made, order(made, { stream: OTHER }));
    const mine = order(made);
    expect(shown(mine)).toEqual(['assign s/web/api pool 1', 'shard 1 [33, 66)']);
    const decision = {
      trigger: 'order',
      position: 0,
      reorderPoint: 32,
      orderUpTo: 33,
      rate: 0,
      reserve: 'floor',
      forecastAtMs: 0,
      decidedAtMs: 0,
    } as const;
    const [source] = [...(made.shards.sources.get('s')?.keys() ?? [])];
    const theirs = {
      kind: 'ShardAllocated',
      source: source as number,
      start: 33,
      end: 40,
      stream: OTHER,
      pool: POOL,
      incarnation: LIFE,
      order: 2,
      decision,
    } as const;
    expect(append(made, theirs)).toBe('accepted');
    expect(land(made, mine)).toEqual(['accepted', 'not-at-cursor']);
    expect(shown(onLedgerMoved(made.state, NOW))).toEqual(['shard 1 [40, 73)']);
  });

  test('begins behind the ones this allocator has under way for other streams', () => {
    const made = bench();
    settle(made, order(made));
    const mobile = order(made, { stream: OTHER });
    const batch = order(made, { stream: 's/batch/api' });
    expect(shown([...mobile, ...batch])).toEqual([
      'assign s/mobile/api pool 1',
      'shard 1 [33, 66)',
      'assign s/batch/api pool 1',
      'shard 1 [66, 99)',
    ]);
    expect(land(made, [...mobile, ...batch])).toEqual(['accepted', 'accepted', 'accepted', 'accepted']);
    expect(made.state.ahead.size).toBe(0);
  });

  test('of several shards counts as under way until the last of them is read back', () => {
    const made = bench();
    const [shard] = holding(made, STREAM, 100);
    append(made, {
      kind: 'ShardReturned',
      shard: shard as number,
      incarnation: LIFE,
      slices: [
        { start: 0, end: 20 },
        { start: 40, end: 60 },
      ],
    });
    append(made, { kind: 'RangeClaimed', name: 's', generation: 0, partition: 0, start: 100, end: 9_000 });
    append(made, { kind: 'RangeOpened', claimPartition: 0, claimOffset: 2 });
    const cut = order(made, { seenOffset: seen(made) });
    expect(shown(cut)).toEqual(['shard 2 [40, 60)', 'shard 3 [0, 13)']);
    land(made, cut.slice(0, 1));
    expect(onLedgerMoved(made.state, NOW)).toEqual([]);
    land(made, cut.slice(1));
    expect(onLedgerMoved(made.state, NOW)).toEqual([]);
    expect(made.state.pending.size).toBe(0);
  });

  test('claims ahead, so that the next orders need not wait for a range', () => {
    const made = bench({ max: 10n ** 6n });
    expect(settle(made, order(made, { waiting: 100 }))).toContain('claim [0, 2128)');
    const report = { waiting: 1_900, seenOffset: seen(made) };
    expect(settle(made, order(made, report))).toEqual(['shard 2 [133, 2066)', 'claim [2128, 33056)']);
  });
});

describe('what is on its way to a pool', () => {
  test('counts until the pool reports that it has seen it', () => {
    const made = bench();
    settle(made, order(made));
    expect(order(made, { seenOffset: 1 })).toEqual([]);
    expect(shown(order(made, { seenOffset: 2, stock: 5 }))).toContain('shard 2 [33, 61)');
  });

  test('does not count where it was recalled, or addressed to a former life', () => {
    const made = bench();
    settle(made, order(made));
    append(made, { kind: 'ShardRecalled', shard: 2, because: 'drain' });
    expect(shown(order(made, { seenOffset: 1 }))).toContain('shard 2 [33, 66)');
    onPoolJoined(made.state, POOL, 'life-2', NOW);
    expect(shown(order(made, { seenOffset: 1, incarnation: 'life-2' }, NOW + REDECIDE_MS))).toEqual(['shard 2 [66, 99)']);
  });
});

describe('a stream that moved to another pool', () => {
  test('is assigned to the one that asks now, and served there', () => {
    const made = bench();
    settle(made, order(made));
    onPoolJoined(made.state, 'pool-2', 'life-9', NOW);
    const moved = order(made, { pool: 'pool-2', incarnation: 'life-9', seenOffset: 2 });
    expect(shown(moved)).toEqual(['assign s/web/api pool-2 2', 'shard 2 [33, 66)']);
    expect(land(made, moved)).toEqual(['accepted', 'accepted']);
  });

  test('waits, where it keeps an order, until the pool it left gave its shards back', () => {
    const made = bench({ order: 'stream' });
    settle(made, order(made));
    onPoolJoined(made.state, 'pool-2', 'life-9', NOW);
    expect(settle(made, order(made, { pool: 'pool-2', incarnation: 'life-9', seenOffset: 2 }))).toEqual(['assign s/web/api pool-2 2']);
    expect(made.state.pending.size).toBe(1);
    append(made, { kind: 'ShardReturned', shard: 2, incarnation: LIFE, slices: [{ start: 7, end: 33 }] });
    expect(shown(onLedgerMoved(made.state, NOW))).toEqual(['shard 2 [7, 33)', 'shard 3 [33, 40)']);
  });
});

describe('the life of a pool', () => {
  const served = (): Bench => {
    const made = bench();
    settle(made, order(made));
    return made;
  };

  test('that follows another one ends it: what the former one holds is lost', () => {
    const made = served();
    const losses = onPoolJoined(made.state, POOL, 'life-2', NOW);
    expect(shown(losses)).toEqual(['lost life-1']);
    expect(shown(onTick(made.state, NOW))).toEqual(['lost life-1']);
    expect(land(made, losses)).toEqual(['accepted']);
    expect(onTick(made.state, NOW)).toEqual([]);
  });

  test('is not ended by a late copy of the event of a former one', () => {
    const made = bench();
    onPoolJoined(made.state, POOL, 'life-2', NOW);
    settle(made, order(made, { incarnation: 'life-2' }));
    // Who speaks in it hears that it is over, though nothing was left of it: else it would wait for ever.
    expect(shown(onPoolJoined(made.state, POOL, LIFE, NOW))).toEqual(['lost life-1']);
    expect(made.state.pools.get(POOL)).toBe('life-2');
    expect(onTick(made.state, NOW + 100 * REDECIDE_MS)).toEqual([]);
    append(made, { kind: 'PoolLost', pool: POOL, incarnation: LIFE, atMs: NOW });
    expect(onPoolJoined(made.state, POOL, LIFE, NOW)).toEqual([]);
  });

  test('that is spoken in beside the one that follows it may hold a lease: no loss of the pool is declared until it can have ended', () => {
    const made = bench({}, { orderLeaseMs: 7_000 });
    settle(made, order(made));
    onPoolJoined(made.state, POOL, 'life-2', NOW);
    expect(onPoolJoined(made.state, POOL, LIFE, NOW + 6_000)).toEqual([]);
    expect(onTick(made.state, NOW + 12_999)).toEqual([]);
    expect(shown(onTick(made.state, NOW + 13_000))).toEqual(['lost life-1']);
  });

  test('is lived again by a pool that lives no other: a primary that is in charge again after its copy was', () => {
    const made = served();
    onPoolJoined(made.state, POOL, 'life-2', NOW);
    onPoolLeft(made.state, POOL, 'life-2');
    expect(onPoolJoined(made.state, POOL, LIFE, NOW)).toEqual([]);
    expect(made.state.pools.get(POOL)).toBe(LIFE);
    expect(shown(order(made, { seenOffset: seen(made) }))).toEqual(['shard 2 [33, 66)']);
  });

  test('that was declared lost is not lived again', () => {
    const made = served();
    settle(made, onPoolJoined(made.state, POOL, 'life-2', NOW));
    onPoolLeft(made.state, POOL, 'life-2');
    expect(onPoolJoined(made.state, POOL, LIFE, NOW)).toEqual([]);
    expect(made.state.pools.get(POOL)).toBeUndefined();
  });

  test('is not ended by an allocator that starts, and hears of all lives one after the other', () => {
    const made = served();
    const state = emptyAllocation({ shards: made.shards, ranges: () => made.ranges, partitionCount: 1 });
    expect(onPoolJoined(state, POOL, 'life-0', NOW)).toEqual([]);
    expect(onPoolJoined(state, POOL, LIFE, NOW)).toEqual([]);
    expect(onTick(state, NOW + 100 * REDECIDE_MS)).toEqual([]);
  });

  test('that nobody told of is given the time of its event to arrive, then it is lost', () => {
    const made = served();
    const state = emptyAllocation({ shards: made.shards, ranges: () => made.ranges, partitionCount: 1 });
    expect(onPoolJoined(state, POOL, 'life-0', NOW)).toEqual([]);
    expect(onTick(state, NOW + 4 * REDECIDE_MS - 1)).toEqual([]);
    expect(shown(onTick(state, NOW + 4 * REDECIDE_MS))).toEqual(['lost life-1']);
  });

  test('that was declared lost is given nothing, though it may not know it yet', () => {
    const made = served();
    append(made, { kind: 'PoolLost', pool: POOL, incarnation: LIFE, atMs: NOW });
    expect(order(made, { seenOffset: seen(made) })).toEqual([]);
    expect(made.state.pending.size).toBe(0);
  });

  test('that leaves is given nothing until the pool joins again', () => {
    const made = served();
    onPoolLeft(made.state, POOL, 'life-0');
    expect(made.state.pools.get(POOL)).toBe(LIFE);
    onPoolLeft(made.state, POOL, LIFE);
    expect(order(made, { seenOffset: seen(made) })).toEqual([]);
    onPoolJoined(made.state, POOL, 'life-2', NOW);
    expect(shown(order(made, { seenOffset: seen(made), incarnation: 'life-2' }))).toEqual(['shard 2 [33, 66)']);
  });
});

describe('a fence', () => {
  test('is proposed at every tick until it is read back', () => {
    const made = bench();
    settle(made, order(made));
    append(made, { kind: 'SequenceRebased', name: 's', previous: 0, claimed: -1, definition: defineSequence({}) });
    expect(shown(onTick(made.state, NOW))).toEqual(['fence 2']);
    const again = onTick(made.state, NOW);
    expect(shown(again)).toEqual(['fence 2']);
    land(made, again);
    expect(onTick(made.state, NOW)).toEqual([]);
  });

  test('is followed by ranges of the new generation only', () => {
    const made = bench();
    settle(made, order(made));
    append(made, { kind: 'SequenceRebased', name: 's', previous: 0, claimed: -1, definition: defineSequence({ max: 500n }) });
    expect(settle(made, order(made, { seenOffset: seen(made) }))).toEqual(['claim [0, 500)', 'open 3', 'shard 2 [0, 33)']);
  });
});

describe('a forecast', () => {
  test('moves the reorder point, and a stream at or below it orders', () => {
    const made = bench();
    settle(made, forecast(made, { stock: 33, rate: 4, meanSqrtRate: 2, horizons: [demandOf(20)] }));
    expect(made.shards.openShards.size).toBe(0);
    const proposals = settle(made, forecast(made, { stock: 33, rate: 4, meanSqrtRate: 2, horizons: [demandOf(33)] }));
    // 33 + 3600 ÷ 55 × 2 × √4 = 294.8 less the 33 that are there
    expect(proposals.at(-1)).toBe('shard 1 [0, 262)');
    const [shard] = made.shards.openShards.values();
    expect(shard?.decision).toMatchObject({ reorderPoint: 33, orderUpTo: 295, reserve: 'peak', rate: 4, forecastAtMs: NOW });
  });

  test('for a ride-through counts only where the sequence asks for one', () => {
    const horizons = [demandOf(10), demandOf(5_000, 60_000)];
    const [without, with60s] = [bench(), bench({ rideThroughMs: 60_000 })];
    expect(forecast(without, { stock: 100, horizons })).toEqual([]);
    settle(with60s, forecast(with60s, { stock: 100, horizons }));
    expect([...with60s.shards.openShards.values()][0]?.decision).toMatchObject({ reorderPoint: 5_000, reserve: 'ride-through' });
  });

  test('that is absurd is treated as none, or as the most that is plausible', () => {
    const nonsense = { rate: Number.NaN, meanSqrtRate: Number.NEGATIVE_INFINITY, leadTimeMs: Number.NaN, horizons: [demandOf(Number.NaN)] };
    const made = bench();
    expect(settle(made, forecast(made, nonsense)).at(-1)).toBe('shard 1 [0, 33)');
    const all = Number.POSITIVE_INFINITY;
    const hungry = bench();
    settle(hungry, forecast(hungry, { rate: all, meanSqrtRate: all, requestSize: all, leadTimeMs: all, horizons: [demandOf(all)] }));
    const taken = sizesOf(hungry).reduce((sum, size) => sum + size, 0);
    expect(taken).toBeGreaterThan(2 ** 36);
    expect(taken).toBeLessThan(2 ** 38);
  });

  test('that is absurd leaves fifteen parts of sixteen of a small sequence to others, and what callers wait for is allocated besides', () => {
    const all = { horizons: [demandOf(1e12)], requestSize: 1e12 };
    const small = bench({ max: 1_600_000n });
    settle(small, forecast(small, all));
    expect(sizesOf(small)).toEqual([100_000]);
    // No more before half of it is gone.
    expect(forecast(small, { ...all, stock: 60_000, seenOffset: small.shards.nextOffset - 1, cutoffMs: NOW + 1 }, NOW + 1_000)).toEqual([]);
    settle(
      small,
      forecast(small, { ...all, stock: 40_000, seenOffset: small.shards.nextOffset - 1, cutoffMs: NOW + 2 }, NOW + 2_000),
      NOW + 2_000,
    );
    expect(sizesOf(small)).toEqual([100_000, 53_750]);
    const asked = bench({ max: 1_600_000n });
    settle(asked, order(asked, { waiting: 1_000_000 }));
    expect(sizesOf(asked).reduce((sum, size) => sum + size, 0)).toBeGreaterThanOrEqual(1_000_000);
  });

  test('keeps the rate of the moment only while callers wait', () => {
    const made = bench();
    order(made, { fastRate: 1_000, waiting: 5 });
    forecast(made, { rate: 2, waiting: 5 });
    expect(made.state.plans.get(STREAM)?.fastRate).toBe(1_000);
    forecast(made, { rate: 2, cutoffMs: NOW + 1 });
    expect(made.state.plans.get(STREAM)?.fastRate).toBe(2);
  });
});

describe('an announced burst', () => {
  const BEGIN = NOW + 10_000;
  const END = BEGIN + 20_000;
  const LEAD_MS = 1_000;
  const burst = { kind: 'BurstDeclared', stream: STREAM, rate: 5_000, fromMs: BEGIN, untilMs: END } as const;
  /** From here on an order is placed in time even if it has to be decided again. */
  const IN_TIME = BEGIN - LEAD_MS - 8 * REDECIDE_MS;
  const known = (): Bench => {
    const made = bench();
    settle(made, forecast(made, { stock: 1_000, leadTimeMs: LEAD_MS }));
    return made;
  };
  const told = (made: Bench, nowMs: number) => forecast(made, { stock: 1_000, leadTimeMs: LEAD_MS }, nowMs);

  test('raises the reserve at once while it is on', () => {
    const made = known();
    expect(onAnnouncement(made.state, { ...burst, fromMs: NOW }, NOW)).not.toEqual([]);
    expect(made.state.pending.size).toBe(1);
  });

  test('does nothing long before it begins, and ends by itself', () => {
    const made = known();
    expect(onAnnouncement(made.state, burst, NOW)).toEqual([]);
    expect(told(made, IN_TIME - 1)).toEqual([]);
    expect(told(made, END)).toEqual([]);
    expect(told(made, END - 1)).not.toEqual([]);
  });

  test('finds stock for a lead time when it begins, though its stream was silent until then', () => {
    const made = known();
    onAnnouncement(made.state, burst, NOW);
    expect(onTick(made.state, IN_TIME - 1)).toEqual([]);
    settle(made, onTick(made.state, IN_TIME), IN_TIME);
    const open = made.state.shards.streams.get(STREAM)?.open ?? [];
    expect(open.reduce((sum, shard) => sum + shard.end - shard.start, 1_000)).toBeGreaterThanOrEqual((burst.rate * LEAD_MS) / 1_000);
  });

  test('is left to the owner by a standby', () => {
    const made = known();
    made.state.isOwned = false;
    onAnnouncement(made.state, burst, NOW);
    expect(onTick(made.state, IN_TIME)).toEqual([]);
  });

  test('is forgotten when it is over', () => {
    const made = known();
    onAnnouncement(made.state, burst, NOW);
    expect(onTick(made.state, END)).toEqual([]);
    expect([made.state.announced.size, made.state.plans.get(STREAM)?.declared]).toEqual([0, []]);
  });

  test('is taken back by the same one with a rate of nothing', () => {
    const made = known();
    onAnnouncement(made.state, burst, NOW);
    onAnnouncement(made.state, { ...burst, rate: 0 }, NOW);
    expect(onTick(made.state, BEGIN)).toEqual([]);
  });

  test('does not replace another one of the same stream', () => {
    const made = known();
    onAnnouncement(made.state, burst, NOW);
    onAnnouncement(made.state, { ...burst, fromMs: END + 60_000, untilMs: END + 120_000, rate: 7_000 }, NOW);
    expect(onTick(made.state, IN_TIME)).not.toEqual([]);
  });
});

describe('a surplus', () => {
  const LATER = NOW + 60_000;
  const idle = (made: Bench, stock: number, nowMs = LATER, report: Parameters<typeof forecastOf>[0] = {}) =>
    forecast(
      made,
      { stock, seenOffset: seen(made), cutoffMs: nowMs, rate: 4, meanSqrtRate: 2, leadTimeMs: 1_000, horizons: [demandOf(32)], ...report },
      nowMs,
    );
  /** A stream of which the allocator knew at `NOW`, with shards of these sizes. */
  const rich = (attributes: Parameters<typeof bench>[0], ...sizes: number[]): { made: Bench; offsets: number[] } => {
    const made = bench(attributes);
    const offsets = holding(made, STREAM, ...sizes);
    forecast(made, { stock: 40, seenOffset: seen(made), cutoffMs: NOW });
    return { made, offsets };
  };

  test('is recalled as whole shards that fit into it, largest first', () => {
    // 294 stay (32 + 262): of 1,000 there are 706 too many.
    const { made, offsets } = rich({}, 100, 200, 400, 300);
    expect(shown(idle(made, 1_000))).toEqual([`recall ${offsets[2]} surplus`, `recall ${offsets[3]} surplus`]);
  });

  test('counts the oldest shard as what is left of it', () => {
    const { made, offsets } = rich({}, 5_000, 150, 150);
    // 600 are left of the oldest: they fit into the 606 that are too many, unlike its 5,000.
    expect(shown(idle(made, 900))).toEqual([`recall ${offsets[0]} surplus`]);
  });

  test('is not recalled again within a minute, nor what is recalled already', () => {
    const { made } = rich({}, ...Array.from({ length: 20 }, () => 100));
    const first = idle(made, 2_000);
    expect(new Set(land(made, first))).toEqual(new Set(['accepted']));
    expect(idle(made, 2_000, LATER + 59_999)).toEqual([]);
    const second = idle(made, 2_000, LATER + 60_000);
    expect(new Set(land(made, second))).toEqual(new Set(['accepted']));
    expect([first.length, second.length]).toEqual([8, 8]);
  });

  test('of a stream that is new here is left for a minute: its forecast knows no demand yet', () => {
    const made = bench();
    holding(made, STREAM, 500, 500);
    expect(idle(made, 1_000)).toEqual([]);
    expect(idle(made, 1_000, LATER + 60_000)).not.toEqual([]);
  });

  test('is recalled in at most eight shards at once', () => {
    const { made } = rich({}, ...Array.from({ length: 12 }, () => 100), 500);
    expect(idle(made, 1_700)).toHaveLength(SHARDS_PER_ORDER_MAX);
  });

  test('that lies in one large shard is replaced: a small one first, and once that is there the large one fits', () => {
    const { made, offsets } = rich({}, 1_000);
    const first = idle(made, 1_000);
    expect(shown(first)).toContain('claim [1000, 5704)');
    expect(settle(made, first, LATER).at(-1)).toBe('shard 2 [1000, 1294)');
    const [, replacement] = made.shards.openShards.values();
    expect(replacement?.decision).toMatchObject({ trigger: 'replace', orderUpTo: 294 });
    expect(shown(idle(made, 1_294, LATER + 1_000))).toEqual([`recall ${offsets[0]} surplus`]);
  });

  test('is replaced once, though the rate grew a little meanwhile', () => {
    const { made, offsets } = rich({}, 1_000);
    settle(made, idle(made, 1_000), LATER);
    const grown = { rate: 4.1, meanSqrtRate: 2.1 };
    expect(shown(idle(made, 1_294, LATER + 1_000, grown))).toEqual([`recall ${offsets[0]} surplus`]);
  });

  test('that is smaller than what stays is not worth a replacement', () => {
    const { made } = rich({}, 580);
    expect(idle(made, 580, LATER, { rate: 1, meanSqrtRate: 1, horizons: [demandOf(250)] })).toEqual([]);
  });

  test('of an ordered stream goes back from the newest shard down, and nothing is replaced', () => {
    const { made, offsets } = rich({ order: 'stream' }, 400, 300, 200, 100);
    expect(shown(idle(made, 1_000))).toEqual([
      `recall ${offsets[3]} surplus`,
      `recall ${offsets[2]} surplus`,
      `recall ${offsets[1]} surplus`,
    ]);
    const large = rich({ order: 'stream' }, 10, 1_000);
    expect(idle(large.made, 1_010)).toEqual([]);
  });
});

describe('the last ordinals of a sequence', () => {
  /** Everything is claimed and cut: the stream holds 60, the other one two shards of 20. */
  const used = (): { made: Bench; own: number[]; others: number[] } => {
    const made = bench({ max: 100n });
    return { made, own: holding(made, STREAM, 60), others: holding(made, OTHER, 20, 20) };
  };

  test('are recalled from streams that do not need them when callers wait', () => {
    const { made, others } = used();
    expect(shown(order(made, { waiting: 5, seenOffset: seen(made) }))).toEqual(others.map((shard) => `recall ${shard} exhaustion`));
  });

  test('are left where they are while nobody waits', () => {
    const { made } = used();
    expect(order(made, { seenOffset: seen(made) })).toEqual([]);
    expect(made.state.pending.size).toBe(1);
  });

  test('are recalled once, and again only when the recall vanished', () => {
    const { made, others } = used();
    const report = { waiting: 5, seenOffset: seen(made) };
    const recalls = order(made, report);
    expect(order(made, report)).toEqual([]);
    expect(onLedgerMoved(made.state, NOW + 1)).toEqual([]);
    land(made, recalls.slice(0, 1));
    expect(shown(onTick(made.state, NOW + REDECIDE_MS))).toEqual([`recall ${others[1]} exhaustion`]);
  });

  test('go to who waits once they came back', () => {
    const { made, others } = used();
    land(made, order(made, { waiting: 5, seenOffset: seen(made) }));
    append(made, { kind: 'ShardReturned', shard: others[0] as number, incarnation: LIFE, slices: [{ start: 70, end: 80 }] });
    expect(shown(onLedgerMoved(made.state, NOW))).toEqual(['shard 2 [70, 80)']);
  });

  test('are gathered by the stream first by name where two wait, so that each does not hold what the other waits for', () => {
    const { made, own, others } = used();
    const mobile = order(made, { stream: OTHER, stock: 10, waiting: 50, seenOffset: seen(made) });
    expect(shown(mobile)).toEqual(own.map((shard) => `recall ${shard} exhaustion`));
    expect(order(made, { stock: 10, waiting: 50, seenOffset: seen(made) })).toEqual([]);
    land(made, mobile);
    append(made, { kind: 'ShardReturned', shard: own[0] as number, incarnation: LIFE, slices: [{ start: 50, end: 60 }] });
    expect(settle(made, onLedgerMoved(made.state, NOW))).toEqual(['shard 3 [50, 60)']);
    expect(others.every((shard) => made.shards.openShards.get(shard)?.recalled === false)).toBe(true);
  });

  test('are not recalled from an ordered stream where they lie below what this one has', () => {
    const made = bench({ max: 100n, order: 'stream' });
    const [shard] = holding(made, OTHER, 40);
    holding(made, STREAM, 60);
    expect(order(made, { waiting: 5, seenOffset: seen(made) })).toEqual([]);
    append(made, { kind: 'ShardReturned', shard: shard as number, incarnation: LIFE, slices: [{ start: 20, end: 40 }] });
    expect(settle(made, order(made, { stream: OTHER, waiting: 5, seenOffset: seen(made) }))).toContain('shard 2 [20, 40)');
  });
});

function sizesOf({ shards }: Bench): number[] {
  return [...shards.openShards.values()].map(({ start, end }) => end - start);
}

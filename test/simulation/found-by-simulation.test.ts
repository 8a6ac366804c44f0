/** What the simulator found in the stages and the ledger, each as the shortest history that shows it. */
import { describe, expect, test } from 'vitest';
import { emptyRanges, replayRanges } from '../../core/ledger/ranges.ts';
import { replayShards } from '../../core/ledger/shards.ts';
import { emptyShards } from '../../core/ledger/shards-state.ts';
import { ORDINAL_MAX, RANGE_SIZE_MAX } from '../../core/limits.ts';
import { defineSequence } from '../../core/sequence.ts';
import { partitionOf } from '../../core/stream.ts';
import { emptyAllocation, onForecast, onOrder, onPoolJoined, onTick } from '../../pipelines/allocation.ts';
import { emptyFilling, onCaughtUp } from '../../pipelines/filling.ts';
import { emptyPlacement, onPoolSaid, placementStep } from '../../pipelines/placement.ts';
import type { MemberEvent } from '../../schemas/messages.ts';
import { OWNS_NOTHING } from '../../workers/runtime/members/member-record.ts';
import {
  append,
  type Bench,
  bench,
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
} from '../pipelines/allocation-fixture.ts';

const LATER = NOW + 10 * REDECIDE_MS;
const seen = (made: Bench): number => made.shards.nextOffset - 1;

describe('a forecast that is noise', () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e300])('orders whole ordinals all the same: %s', (noise) => {
    const made = bench();
    const horizon = { horizonMs: noise, median: noise, upper: noise, cap: noise, insured: noise };
    const forecast = forecastOf({ rate: noise, meanSqrtRate: noise, leadTimeMs: noise, horizons: [horizon, horizon] });
    settle(made, onForecast(made.state, forecast, NOW));
    settle(made, onOrder(made.state, orderOf({ waiting: 5, fastRate: noise }), LATER), LATER);
    const shards = [...made.shards.openShards.values()];
    expect(shards.length).toBeGreaterThan(0);
    for (const { start, end } of shards) expect([Number.isSafeInteger(start), Number.isSafeInteger(end)]).toEqual([true, true]);
  });

  test('claims no more than one range may hold', () => {
    const made = bench();
    const huge = { horizonMs: 1, median: ORDINAL_MAX, upper: ORDINAL_MAX, cap: ORDINAL_MAX, insured: ORDINAL_MAX };
    land(made, onForecast(made.state, forecastOf({ horizons: [huge] }), NOW));
    expect(made.ranges.live.get('s')?.next).toBeLessThanOrEqual(RANGE_SIZE_MAX);
  });
});

describe('the last ordinals of a sequence', () => {
  test('are recalled from a stream that waited when it reported last and was served since', () => {
    const made = bench({ max: 100n });
    onOrder(made.state, orderOf({ waiting: 5 }), NOW);
    const [shard] = holding(made, STREAM, 100);
    const proposals = settleOnce(made, orderOf({ stream: OTHER, waiting: 5, seenOffset: seen(made) }), LATER);
    expect(proposals).toContain(`recall ${shard} exhaustion`);
  });

  test('stay with waiting callers until their pool had the time to serve them', () => {
    const made = bench({ max: 100n });
    const allocated = settle(made, onOrder(made.state, orderOf({ waiting: 90 }), NOW));
    expect(allocated.some((each) => each.startsWith('shard 1'))).toBe(true);
    const wanted = orderOf({ stream: OTHER, waiting: 90, seenOffset: seen(made) });
    expect(settleOnce(made, wanted, NOW + 1).filter((each) => each.startsWith('recall'))).toEqual([]);
    expect(shown(onTick(made.state, LATER)).filter((each) => each.startsWith('recall'))).not.toEqual([]);
  });

  test('are gathered by one of two streams that both lack some, not kept apart by both', () => {
    const made = bench({ max: 100n });
    const [first] = holding(made, OTHER, 50);
    const [second] = holding(made, STREAM, 50);
    const lacking = { stock: 50, waiting: 60, seenOffset: seen(made) };
    const proposals = [
      ...settleOnce(made, orderOf({ stream: OTHER, ...lacking }), LATER),
      ...settleOnce(made, orderOf({ stream: STREAM, ...lacking }), LATER),
    ].filter((each) => each.startsWith('recall'));
    // By name, s/mobile/api comes before s/web/api.
    expect(proposals).toContain(`recall ${second} exhaustion`);
    expect(proposals).not.toContain(`recall ${first} exhaustion`);
  });
});

describe('an ordered stream', () => {
  test('gets nothing in another life while its former one still holds shards', () => {
    const made = bench({ order: 'stream' });
    const [shard = -1] = holding(made, STREAM, 50);
    append(made, { kind: 'RangeClaimed', name: 's', generation: 0, partition: 0, start: 50, end: 100 });
    append(made, { kind: 'RangeOpened', claimPartition: 0, claimOffset: 2 });
    onPoolJoined(made.state, 'other', 'life-2', NOW);
    const moved = orderOf({ pool: 'other', incarnation: 'life-2', seenOffset: seen(made) });
    expect(settle(made, onOrder(made.state, moved, LATER), LATER)).toEqual(['assign s/web/api other 2']);
    append(made, { kind: 'ShardReturned', shard, incarnation: LIFE, slices: [] });
    const again = settle(made, onOrder(made.state, { ...moved, seenOffset: seen(made) }, 2 * LATER), 2 * LATER);
    expect(again.some((each) => each.startsWith('shard 2'))).toBe(true);
  });

  test('is refused such a shard by the ledger itself', () => {
    const made = bench({ order: 'stream' });
    const [shard = -1] = holding(made, STREAM, 50);
    const source = [...(made.shards.sources.get('s')?.keys() ?? [])][0];
    expect(source).toBeUndefined();
    append(made, { kind: 'RangeClaimed', name: 's', generation: 0, partition: 0, start: 50, end: 100 });
    append(made, { kind: 'RangeOpened', claimPartition: 0, claimOffset: 2 });
    append(made, { kind: 'StreamAssigned', stream: STREAM, pool: 'other', assignment: 2 });
    const decision = made.shards.openShards.get(shard)?.decision as never;
    const [fresh = -1] = made.shards.sources.get('s')?.keys() ?? [];
    const cut = {
      kind: 'ShardAllocated',
      source: fresh,
      start: 50,
      end: 60,
      stream: STREAM,
      pool: 'other',
      incarnation: 'life-2',
      order: 2,
      decision,
    } as const;
    expect(append(made, cut)).toBe('held-by-other-life');
  });

  test('is not cut in the partition it was in before an alter', () => {
    const name = 's';
    const partitionCount = 2;
    const small = partitionOf(name, partitionCount);
    const streams = ['a', 'b', 'c', 'd', 'e', 'f'].map((service) => `s/web/${service}`);
    const stream = streams.find((each) => partitionOf(each, partitionCount) !== small) as string;
    const ranges = [emptyRanges(0), emptyRanges(1)];
    const log = ranges[small] as ReturnType<typeof emptyRanges>;
    replayRanges(log, 0, { kind: 'SequenceDefined', name, previous: -1, definition: defineSequence({ order: 'stream' }) });
    const state = emptyAllocation({
      shards: emptyShards(small),
      ranges: (p) => ranges[p] as ReturnType<typeof emptyRanges>,
      partitionCount,
    });
    onPoolJoined(state, POOL, LIFE, NOW);
    expect(onOrder(state, orderOf({ stream }), NOW)).toEqual([]);
  });
});

describe('a stream that two partitions know, as its sequence was altered', () => {
  test('leaves a pool that drains in the partition where it is cut now', () => {
    const partitionCount = 2;
    const name = 's';
    const ranges = [emptyRanges(0), emptyRanges(1)];
    const rangesOf = (partition: number) => ranges[partition] as ReturnType<typeof emptyRanges>;
    const own = partitionOf(name, partitionCount);
    replayRanges(rangesOf(own), 0, { kind: 'SequenceDefined', name, previous: -1, definition: defineSequence({}) });
    const stream =
      ['a', 'b', 'c', 'd', 'e'].map((service) => `s/web/${service}`).find((each) => partitionOf(each, partitionCount) === 1) ?? '';
    const stages = [0, 1].map((partition) => {
      const shards = emptyShards(partition);
      replayShards(shards, 0, { kind: 'StreamAssigned', stream, pool: POOL, assignment: 1 }, rangesOf);
      const state = emptyAllocation({ shards, ranges: rangesOf, partitionCount });
      for (const pool of [POOL, 'pool-2']) onPoolJoined(state, pool, `${pool}#1`, NOW);
      return state;
    });
    const placement = emptyPlacement(NOW);
    for (const pool of [POOL, 'pool-2']) onPoolSaid(placement, heartbeat(pool), NOW);
    placement.draining = new Set([POOL]);
    const { moves, proposals } = placementStep(placement, stages, LATER);
    expect(moves).toMatchObject([{ stream, from: POOL, to: 'pool-2', reason: 'drain' }]);
    expect(proposals).toContainEqual(expect.objectContaining({ log: 'shards', partition: 1 }));
  });
});

describe('a filler that starts anew beside a living store', () => {
  test('loads what is open for this life, and takes out at once what is wanted back', () => {
    const made = bench();
    const [kept = -1, recalled = -1] = holding(made, STREAM, 10, 20);
    append(made, { kind: 'ShardRecalled', shard: recalled, because: 'surplus' });
    const effects = onCaughtUp(emptyFilling(POOL, LIFE), made.shards, NOW);
    expect(effects).toMatchObject([
      { kind: 'load', shard: { shard: kept } },
      { kind: 'revoke', shard: recalled },
    ]);
  });

  test('asks for a new life where its own was declared lost', () => {
    const made = bench();
    append(made, { kind: 'PoolLost', pool: POOL, incarnation: LIFE, atMs: NOW });
    expect(onCaughtUp(emptyFilling(POOL, LIFE), made.shards, NOW)).toEqual([{ kind: 'remint' }]);
  });
});

function heartbeat(member: string): MemberEvent {
  const pool = { role: 'pool', event: 'heartbeat', poolKind: 'throughput', endpoint: '', atMs: NOW, incarnation: `${member}#1` } as const;
  return { kind: 'MemberEvent', ...OWNS_NOTHING, ...pool, member, slots: [] };
}

function settleOnce(made: Bench, order: Parameters<typeof onOrder>[1], nowMs: number): string[] {
  const proposals = onOrder(made.state, order, nowMs);
  land(made, proposals);
  return shown(proposals);
}

/** Slots of a Redis Cluster: where a stream belongs, and that placement puts it nowhere else. */
import { describe, expect, it } from 'vitest';
import { placeNewcomer } from '../../../core/placement/newcomer.ts';
import { planPlacement } from '../../../core/placement/plan.ts';
import { mayServe, slotOf, slotsHeard, slotsSaid } from '../../../core/placement/slots.ts';
import type { PoolSnapshot, StreamSnapshot } from '../../../core/placement/snapshot.ts';

const CAPACITY = { operationsPerSecond: 1_000, values: 1e6, bytes: 1e9 };
const LIMITS = { drainMovesMax: 100, balanceMovesMax: 100, coolDownMs: 0 };

function pool(name: string, slots?: readonly number[], busy = 0): PoolSnapshot {
  return {
    ...{ pool: name, kind: 'throughput', state: 'living', capacity: CAPACITY, joinedAtMs: 0 },
    measured: { operationsPerSecond: busy, values: 0, bytes: 0, latencyP99Ms: 1 },
    slots: slots === undefined ? undefined : slotsHeard(slots),
  };
}

function stream(name: string, on: string | undefined, rate = 100): StreamSnapshot {
  const predicted = { operationsPerSecond: rate, values: 0, bytes: 0 };
  return { stream: name, kind: 'throughput', pool: on, predicted, movedAtMs: Number.NEGATIVE_INFINITY, isMovable: true };
}

const CLUSTER = [pool('a', [0, 5460]), pool('b', [5461, 10922]), pool('c', [10923, 16383])];
const STREAMS = Array.from({ length: 60 }, (_, index) => `orders/web/shop-${index}`);
const ownerOf = (id: string, pools: readonly PoolSnapshot[]) => pools.find(({ slots }) => mayServe(slots, id))?.pool;

describe('slots', () => {
  it('are those that Redis computes for the key of the stock', () => {
    // As CLUSTER KEYSLOT {…}:stock of Redis 7.0 says.
    expect(slotOf('123456789')).toBe(12_739);
    expect(slotOf('foo')).toBe(12_182);
    expect(slotOf('user1000')).toBe(3_443);
  });

  it('are read as they were said', () => {
    const ranges = [
      { from: 0, to: 99 },
      { from: 200, to: 200 },
    ];
    expect(slotsHeard(slotsSaid(ranges))).toEqual(ranges);
    expect(slotsHeard([])).toEqual([]);
    // What ends within a range says nothing of it.
    expect(slotsHeard([0, 99, 200])).toEqual([{ from: 0, to: 99 }]);
  });

  it('are served from the first to the last of a range', () => {
    const slot = slotOf('foo');
    expect([slot - 1, slot, slot + 1].map((only) => mayServe(slotsHeard([only, only]), 'foo'))).toEqual([false, true, false]);
    expect(mayServe(slotsHeard([0, slot - 1, slot + 1, 16_383]), 'foo')).toBe(false);
    expect(mayServe(slotsHeard([0, 0, slot, 16_383]), 'foo')).toBe(true);
    expect(mayServe(slotsHeard([0, slot, 16_383, 16_383]), 'foo')).toBe(true);
  });

  it('say nothing of a pool that is in no Cluster, and everything of one that has none', () => {
    expect(mayServe(undefined, 'orders/web/cart')).toBe(true);
    expect(mayServe([], 'orders/web/cart')).toBe(false);
  });
});

describe('placement on a Cluster', () => {
  it('puts a stream that is new on the owner of its slot, however full the others are not', () => {
    for (const id of STREAMS) {
      const owner = ownerOf(id, CLUSTER);
      const busy = CLUSTER.map((each) => (each.pool === owner ? pool(each.pool, slotsSaid(each.slots ?? []), 500) : each));
      expect(placeNewcomer(id, 'throughput', busy)).toBe(owner);
      expect(
        placeNewcomer(
          id,
          'throughput',
          CLUSTER.filter((each) => each.pool !== owner),
        ),
      ).toBeUndefined();
    }
    const { assignments } = planPlacement({ nowMs: 0, pools: CLUSTER, streams: STREAMS.map((id) => stream(id, undefined)) }, LIMITS);
    expect(assignments).toHaveLength(STREAMS.length);
    for (const { stream: id, pool: to } of assignments) expect(to).toBe(ownerOf(id, CLUSTER));
  });

  it('moves nothing between primaries for balance, whatever the loads are', () => {
    const streams = STREAMS.map((id) => stream(id, ownerOf(id, CLUSTER), ownerOf(id, CLUSTER) === 'a' ? 500 : 1));
    expect(planPlacement({ nowMs: 0, pools: CLUSTER, streams }, LIMITS)).toMatchObject({ moves: [], strays: 0 });
  });

  it('leads streams to the new owner of their slot, as many at a time as may be, and no others', () => {
    const now = [pool('a', [0, 1_000]), pool('b', [1_001, 10_922]), pool('c', [10_923, 16_383])];
    const streams = STREAMS.map((id) => stream(id, ownerOf(id, CLUSTER)));
    const strays = STREAMS.filter((id) => ownerOf(id, CLUSTER) !== ownerOf(id, now));
    expect(strays.length).toBeGreaterThan(5);
    const plan = planPlacement({ nowMs: 0, pools: now, streams }, { ...LIMITS, balanceMovesMax: 0 });
    expect(plan.strays).toBe(strays.length);
    expect(plan.moves.map((move) => [move.stream, move.from, move.to, move.reason])).toEqual(
      [...strays].sort().map((id) => [id, 'a', 'b', 'slot']),
    );
    expect(
      planPlacement({ nowMs: 0, pools: now, streams }, { ...LIMITS, drainMovesMax: 2 }).moves.filter(({ reason }) => reason === 'slot'),
    ).toHaveLength(2);
  });

  it('lets a stream stay where nobody owns its slot', () => {
    const holed = [pool('a', [0, 100]), pool('b', [5_461, 16_383])];
    const id = STREAMS.find((each) => slotOf(each) > 100 && slotOf(each) < 5_461) as string;
    expect(planPlacement({ nowMs: 0, pools: holed, streams: [stream(id, 'a')] }, LIMITS)).toMatchObject({ moves: [], strays: 1 });
  });

  it('goes on as before with pools that are in no Cluster, and takes streams from a Cluster to them and back', () => {
    const id = STREAMS[0] as string;
    const owner = ownerOf(id, CLUSTER) as string;
    const mixed = [
      ...CLUSTER.map((each) => ({ ...each, state: each.pool === owner ? ('draining' as const) : each.state })),
      pool('single'),
    ];
    expect(planPlacement({ nowMs: 0, pools: mixed, streams: [stream(id, owner)] }, LIMITS).moves).toMatchObject([{ to: 'single' }]);
    const back = [...CLUSTER, { ...pool('single'), state: 'draining' as const }];
    expect(planPlacement({ nowMs: 0, pools: back, streams: [stream(id, 'single')] }, LIMITS).moves).toMatchObject([{ to: owner }]);
  });
});

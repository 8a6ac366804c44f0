/** What a placement plan promises, whatever the pools and streams are. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type PlacementLimits, type PlacementPlan, planPlacement } from '../../../core/placement/plan.ts';
import { type PlacementSnapshot, type PoolSnapshot, relativeLoad, type StreamSnapshot } from '../../../core/placement/snapshot.ts';

const COOL_DOWN_MS = 60_000;
const LIMITS: PlacementLimits = { drainMovesMax: 5, balanceMovesMax: 4, coolDownMs: COOL_DOWN_MS };
const NOW = 1_000_000;
const CALM = { operationsPerSecond: 0, values: 0, bytes: 0, latencyP99Ms: 1 };

const poolsArb = fc
  .array(
    fc.record({ capacity: fc.integer({ min: 50, max: 500 }), state: fc.constantFrom('living', 'living', 'living', 'draining', 'lost') }),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((pools) =>
    pools.map(
      ({ capacity, state }, index): PoolSnapshot => ({
        pool: `pool-${index}`,
        kind: 'throughput',
        state: state as PoolSnapshot['state'],
        capacity: { operationsPerSecond: capacity, values: 1e9, bytes: 1e9 },
        measured: CALM,
        joinedAtMs: 0,
      }),
    ),
  );

const snapshotArb: fc.Arbitrary<PlacementSnapshot> = fc
  .tuple(
    poolsArb,
    fc.array(
      fc.record({ rate: fc.integer({ min: 0, max: 60 }), at: fc.integer({ min: -1, max: 5 }), ago: fc.integer({ min: 0, max: 120_000 }) }),
      {
        maxLength: 40,
      },
    ),
  )
  .map(([pools, streams]) => ({
    nowMs: NOW,
    pools,
    streams: streams.map(
      ({ rate, at, ago }, index): StreamSnapshot => ({
        stream: `orders/web/s${index}`,
        kind: 'throughput',
        pool: at < 0 ? undefined : `pool-${at % pools.length}`,
        predicted: { operationsPerSecond: rate, values: 0, bytes: 1 },
        movedAtMs: NOW - ago,
        isMovable: index % 7 !== 3,
      }),
    ),
  }));

/** The snapshot once the plan was carried out, so much later. */
function carriedOut(snapshot: PlacementSnapshot, { assignments, moves }: PlacementPlan, laterMs: number): PlacementSnapshot {
  const to = new Map([
    ...assignments.map(({ stream, pool }) => [stream, pool] as const),
    ...moves.map((move) => [move.stream, move.to] as const),
  ]);
  const moved = new Set(moves.map(({ stream }) => stream));
  return {
    ...snapshot,
    nowMs: snapshot.nowMs + laterMs,
    streams: snapshot.streams.map((each) => ({
      ...each,
      pool: to.get(each.stream) ?? each.pool,
      movedAtMs: moved.has(each.stream) ? snapshot.nowMs : each.movedAtMs,
    })),
  };
}

function loadsOf({ pools, streams }: PlacementSnapshot): number[] {
  return pools
    .filter(({ state }) => state === 'living')
    .map(({ pool, capacity }) => {
      const mine = streams.filter((each) => each.pool === pool);
      const operationsPerSecond = mine.reduce((sum, { predicted }) => sum + predicted.operationsPerSecond, 0);
      return relativeLoad({ operationsPerSecond, values: 0, bytes: mine.length }, capacity);
    });
}

/** Nobody new, and nobody who must leave: only balance is left to do. */
function onlyBalance(snapshot: PlacementSnapshot): PlacementSnapshot {
  const pools = snapshot.pools.map((pool) => ({ ...pool, state: 'living' as const }));
  return { ...snapshot, pools, streams: snapshot.streams.map((each) => ({ ...each, pool: each.pool ?? 'pool-0' })) };
}

describe('a placement plan', () => {
  test('is the same for the same view, in whatever order its parts came', () => {
    fc.assert(
      fc.property(snapshotArb, (snapshot) => {
        const turned = { ...snapshot, pools: [...snapshot.pools].reverse(), streams: [...snapshot.streams].reverse() };
        expect(JSON.stringify(planPlacement(turned, LIMITS))).toBe(JSON.stringify(planPlacement(snapshot, LIMITS)));
      }),
    );
  });

  test('for balance never raises the largest load', () => {
    fc.assert(
      fc.property(snapshotArb.map(onlyBalance), (snapshot) => {
        const then = carriedOut(snapshot, planPlacement(snapshot, LIMITS), 0);
        expect(Math.max(...loadsOf(then))).toBeLessThanOrEqual(Math.max(...loadsOf(snapshot)) + 1e-9);
      }),
    );
  });

  test('comes to an end: plans carried out one after the other leave nothing to be done', () => {
    fc.assert(
      fc.property(snapshotArb, (first) => {
        let snapshot = first;
        for (let round = 0; round < 200; round++) {
          const plan = planPlacement(snapshot, LIMITS);
          if (plan.moves.length === 0 && plan.assignments.length === 0 && round > 0) return;
          snapshot = carriedOut(snapshot, plan, COOL_DOWN_MS + 120_000);
        }
        throw new Error('still moving after 200 plans');
      }),
    );
  });

  test('moves no stream for balance twice within the cool-down, none that must stay, and no more than it may', () => {
    fc.assert(
      fc.property(snapshotArb, (snapshot) => {
        const { moves } = planPlacement(snapshot, LIMITS);
        expect(new Set(moves.map(({ stream }) => stream)).size).toBe(moves.length);
        expect(moves.filter(({ reason }) => reason === 'drain').length).toBeLessThanOrEqual(LIMITS.drainMovesMax);
        expect(moves.filter(({ reason }) => reason !== 'drain').length).toBeLessThanOrEqual(LIMITS.balanceMovesMax);
        for (const { stream, from, to, reason } of moves) {
          const moved = snapshot.streams.find((each) => each.stream === stream);
          expect(moved?.isMovable).toBe(true);
          if (reason !== 'drain') expect(NOW - (moved?.movedAtMs ?? 0)).toBeGreaterThanOrEqual(COOL_DOWN_MS);
          expect(from).not.toBe(to);
          expect(snapshot.pools.find(({ pool }) => pool === to)?.state).toBe('living');
        }
      }),
    );
  });

  test('empties a draining pool of all that may move, and gives it nothing', () => {
    fc.assert(
      fc.property(snapshotArb, (first) => {
        fc.pre(first.pools.some(({ state }) => state === 'living'));
        let snapshot = first;
        for (let round = 0; round < 60; round++) snapshot = carriedOut(snapshot, planPlacement(snapshot, LIMITS), COOL_DOWN_MS + 120_000);
        const draining = snapshot.pools.filter(({ state }) => state === 'draining').map(({ pool }) => pool);
        expect(snapshot.streams.filter(({ pool, isMovable }) => isMovable && draining.includes(pool ?? ''))).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });

  test('stays as it is when forecasts err by a tenth', () => {
    const pools = [0, 1, 2].map(
      (index): PoolSnapshot => ({
        pool: `pool-${index}`,
        kind: 'throughput',
        state: 'living',
        capacity: { operationsPerSecond: 1_000, values: 1e9, bytes: 1e9 },
        measured: CALM,
        joinedAtMs: 0,
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 90, max: 110 }), { minLength: 15, maxLength: 15 }), (rates) => {
        const streams = rates.map(
          (rate, index): StreamSnapshot => ({
            stream: `orders/web/s${index}`,
            kind: 'throughput',
            pool: `pool-${index % 3}`,
            predicted: { operationsPerSecond: rate, values: 0, bytes: 1 },
            movedAtMs: 0,
            isMovable: true,
          }),
        );
        expect(planPlacement({ nowMs: NOW, pools, streams }, LIMITS).moves).toEqual([]);
      }),
    );
  });
});

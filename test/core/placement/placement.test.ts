/** Placement by example: why a stream goes where it goes, in words. */
import { describe, expect, test } from 'vitest';
import { placeNewcomer } from '../../../core/placement/newcomer.ts';
import { planPlacement } from '../../../core/placement/plan.ts';
import type { PoolSnapshot, StreamSnapshot } from '../../../core/placement/snapshot.ts';
import { partitionOf } from '../../../core/stream.ts';

const LIMITS = { drainMovesMax: 10, balanceMovesMax: 10, coolDownMs: 60_000 };
const NOW = 10_000_000;

function pool(name: string, said: Partial<PoolSnapshot> & { readonly busy?: number; readonly latencyP99Ms?: number } = {}): PoolSnapshot {
  const { busy = 0, latencyP99Ms = 1, ...rest } = said;
  const capacity = { operationsPerSecond: 1_000, values: 1e9, bytes: 1e9 };
  const measured = { operationsPerSecond: busy, values: 0, bytes: 0, latencyP99Ms };
  return { pool: name, kind: 'throughput', state: 'living', capacity, measured, joinedAtMs: 0, ...rest };
}

function stream(name: string, at: string | undefined, rate: number): StreamSnapshot {
  const predicted = { operationsPerSecond: rate, values: 0, bytes: 1 };
  return { stream: `orders/web/${name}`, kind: 'throughput', pool: at, predicted, movedAtMs: Number.NEGATIVE_INFINITY, isMovable: true };
}

describe('placement', () => {
  test('brings a pool that is over its band down to the mean, and says in numbers why', () => {
    const streams = [200, 200, 200, 200].map((rate, index) => stream(`s${index}`, 'pool-a', rate));
    const { moves } = planPlacement({ nowMs: NOW, pools: [pool('pool-a'), pool('pool-b')], streams }, LIMITS);
    expect(moves.map(({ from, to, reason }) => `${from} ${to} ${reason}`)).toEqual(['pool-a pool-b over', 'pool-a pool-b over']);
    expect(moves[0]?.why).toBe('pool-a is at 0.80 of its capacity, the mean is 0.40; pool-b comes from 0.0000 to 0.20');
  });

  test('leaves alone what is uneven and far from any capacity', () => {
    const streams = [20, 20].map((rate, index) => stream(`s${index}`, 'pool-a', rate));
    expect(planPlacement({ nowMs: NOW, pools: [pool('pool-a'), pool('pool-b')], streams }, LIMITS).moves).toEqual([]);
  });

  test('pulls streams to a pool that joined although no other is over its band', () => {
    const full = Array.from({ length: 9 }, (_, index) => `pool-${index}`);
    const streams = full.flatMap((at, index) => Array.from({ length: 10 }, (_, each) => stream(`s${index}-${each}`, at, 50)));
    const pools = [...full.map((name) => pool(name)), pool('pool-new', { joinedAtMs: NOW - 1_000 })];
    const { moves } = planPlacement({ nowMs: NOW, pools, streams }, LIMITS);
    expect(new Set(moves.map(({ to, reason }) => `${to} ${reason}`))).toEqual(new Set(['pool-new joined']));
    // Each of the others gives one before any gives a second.
    expect(new Set(moves.map(({ from }) => from)).size).toBe(9);
  });

  test('sends newcomers away from pools that drain, answer late, are full or busier, and spreads them over the others by name', () => {
    const pools = [
      pool('drains', { state: 'draining' }),
      pool('slow', { latencyP99Ms: 80 }),
      pool('full', { busy: 950 }),
      pool('busy', { busy: 500 }),
      pool('a', { busy: 100 }),
      pool('b', { busy: 120 }),
    ];
    const placed = Array.from({ length: 40 }, (_, index) => placeNewcomer(`orders/web/s${index}`, 'throughput', pools));
    expect(new Set(placed)).toEqual(new Set(['a', 'b']));
    expect(placed).toEqual(
      Array.from({ length: 40 }, (_, index) => placeNewcomer(`orders/web/s${index}`, 'throughput', [...pools].reverse())),
    );
    expect(placeNewcomer('orders/web/s', 'throughput', pools.slice(0, 3))).toBeUndefined();
    expect(placeNewcomer('orders/web/s', 'transaction', pools)).toBeUndefined();
  });

  test('calls pools alike up to a twentieth of their capacity, and lets the stream choose by its name among theirs', () => {
    const pools = [pool('c', { busy: 50 }), pool('b'), pool('d', { busy: 51 }), pool('a', { busy: 50 })];
    for (let index = 0; index < 40; index++) {
      const name = `orders/web/s${index}`;
      expect(placeNewcomer(name, 'throughput', pools)).toBe(['a', 'b', 'c'][partitionOf(name, 3)]);
    }
  });
});

/** What a pool's own word says: how full it is, and whether it takes more. */
import { describe, expect, test } from 'vitest';
import { acceptsMore, type Load, type PoolSnapshot, relativeLoad } from '../../../core/placement/snapshot.ts';
import { NOTHING, pool } from './placement-fixture.ts';

const CAPACITY: Load = { operationsPerSecond: 1_000, values: 1_000_000, bytes: 4_000 };
/** A pool of this capacity that said this last. */
function saying(said: Partial<PoolSnapshot['measured']>, state: PoolSnapshot['state'] = 'living'): PoolSnapshot {
  return pool('a', { state, capacity: CAPACITY, measured: { ...NOTHING, latencyP99Ms: 1, ...said } });
}

describe('the load of a pool', () => {
  test.each<[Partial<Load>, number]>([
    [{}, 0],
    [{ operationsPerSecond: 500, values: 100_000, bytes: 40 }, 0.5],
    [{ operationsPerSecond: 10, values: 250_000, bytes: 40 }, 0.25],
    [{ operationsPerSecond: 10, values: 250_000, bytes: 6_000 }, 1.5],
  ])('of %o is %d: the share of what is closest to its end', (load, share) => {
    expect(relativeLoad({ ...NOTHING, ...load }, CAPACITY)).toBe(share);
  });
});

describe('a pool', () => {
  test.each<[string, PoolSnapshot, boolean]>([
    ['lives and has room', saying({}), true],
    ['drains', saying({}, 'draining'), false],
    ['is lost', saying({}, 'lost'), false],
    ['answers in 50 ms', saying({ latencyP99Ms: 50 }), true],
    ['answers in more', saying({ latencyP99Ms: 51 }), false],
    ['is at nine tenths of its operations', saying({ operationsPerSecond: 900 }), true],
    ['is above them', saying({ operationsPerSecond: 901 }), false],
    ['is at nine tenths of its memory', saying({ bytes: 3_600 }), true],
    ['is above that', saying({ bytes: 3_601 }), false],
  ])('that %s takes more or not', (_, of, expected) => {
    expect(acceptsMore(of)).toBe(expected);
  });
});

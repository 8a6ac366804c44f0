/** Several allocators and pools: who answers, who stands by, where a stream stays, and when a silent pool is lost. */
import { describe, expect, it } from 'vitest';
import { emptyAllocation, onOrder, onPoolGone, onPoolJoined, onPoolLeft, onTick } from '../../pipelines/allocation.ts';
import { append, type Bench, bench, holding, LIFE, land, NOW, orderOf, POOL, REDECIDE_MS, STREAM, shown } from './allocation-fixture.ts';

const STANDBY_MS = 400;
const LEASE_MS = 7_000;

/** A second allocator over the same ledger, which does not own the partition. */
function standbyOf(made: Bench, options: { readonly orderLeaseMs?: number; readonly moveAfterMs?: number } = {}): Bench {
  const { ranges, shards } = made;
  const state = emptyAllocation({ shards, ranges: () => ranges, partitionCount: 1, isOwned: false, standbyMs: STANDBY_MS, ...options });
  onPoolJoined(state, POOL, LIFE, NOW - 60_000);
  return { state, ranges, shards };
}

describe('a standby', () => {
  it('leaves an order to the owner of the partition', () => {
    const standby = standbyOf(bench());
    expect(onOrder(standby.state, orderOf(), NOW)).toEqual([]);
    expect(onTick(standby.state, NOW + STANDBY_MS - 1)).toEqual([]);
  });

  it('answers it when nobody did', () => {
    const standby = standbyOf(bench());
    onOrder(standby.state, orderOf(), NOW);
    const proposals = onTick(standby.state, NOW + STANDBY_MS);
    expect(shown(proposals)).toContainEqual(expect.stringMatching(/^claim \[0,/));
    expect(standby.state.takeOvers).toBe(1);
    expect(standby.state.tookOverAtMs).toBe(NOW + STANDBY_MS);
  });

  it('does nothing when the owner answered meanwhile', () => {
    const made = bench();
    const standby = standbyOf(made);
    onOrder(standby.state, orderOf(), NOW);
    holding(made, STREAM, 1_000);
    expect(onTick(standby.state, NOW + STANDBY_MS)).toEqual([]);
    expect(standby.state.takeOvers).toBe(0);
  });

  it('answers at the next tick once the partition is its own', () => {
    const standby = standbyOf(bench());
    onOrder(standby.state, orderOf(), NOW);
    standby.state.isOwned = true;
    expect(onTick(standby.state, NOW + 1)).not.toEqual([]);
    expect(standby.state.takeOvers).toBe(0);
  });

  it('closes a former life only when its owner does not', () => {
    const made = bench();
    holding(made, STREAM, 100);
    const standby = standbyOf(made);
    onPoolJoined(standby.state, POOL, 'life-2', NOW);
    expect(onTick(standby.state, NOW)).toEqual([]);
    expect(shown(onTick(standby.state, NOW + STANDBY_MS))).toEqual([`lost ${LIFE}`]);
  });
});

describe('a stream with a pool that lives', () => {
  const elsewhere = { pool: 'pool-2', incarnation: 'life-b', waiting: 5 };

  function shared(): Bench {
    const made = bench();
    holding(made, STREAM, 100);
    const state = emptyAllocation({ shards: made.shards, ranges: () => made.ranges, partitionCount: 1, moveAfterMs: 1_500 });
    onPoolJoined(state, POOL, LIFE, NOW - 60_000);
    onPoolJoined(state, 'pool-2', 'life-b', NOW - 60_000);
    return { ...made, state };
  }

  it('stays there although another pool orders for it', () => {
    expect(onOrder(shared().state, orderOf(elsewhere), NOW)).toEqual([]);
  });

  it('moves when its callers go on asking elsewhere', () => {
    const { state } = shared();
    onOrder(state, orderOf(elsewhere), NOW);
    expect(shown(onOrder(state, orderOf(elsewhere), NOW + 1_500))).toContain(`assign ${STREAM} pool-2 2`);
  });

  it('moves at once when its own pool is away', () => {
    const { state } = shared();
    onPoolLeft(state, POOL, LIFE);
    expect(shown(onOrder(state, orderOf(elsewhere), NOW))).toContain(`assign ${STREAM} pool-2 2`);
  });
});

describe('a pool that is gone', () => {
  it('loses all of its lives, and comes back with a new one', () => {
    const made = bench();
    holding(made, STREAM, 100);
    onPoolGone(made.state, POOL);
    const losses = onTick(made.state, NOW);
    expect(shown(losses)).toEqual([`lost ${LIFE}`]);
    land(made, losses);
    expect(onTick(made.state, NOW + 1)).toEqual([]);
    expect(onPoolJoined(made.state, POOL, LIFE, NOW + 2)).toEqual([]);
    expect(made.state.pools.has(POOL)).toBe(false);
    onPoolJoined(made.state, POOL, 'life-2', NOW + 3);
    expect(made.state.pools.get(POOL)).toBe('life-2');
  });

  it('is not declared lost while a former life may still serve in order', () => {
    const made = bench();
    holding(made, STREAM, 100);
    const { ranges, shards } = made;
    const state = emptyAllocation({ shards, ranges: () => ranges, partitionCount: 1, orderLeaseMs: LEASE_MS });
    onPoolJoined(state, POOL, LIFE, NOW - 60_000);
    expect(onPoolJoined(state, POOL, 'life-2', NOW)).toEqual([]);
    expect(onTick(state, NOW + LEASE_MS - 1)).toEqual([]);
    expect(shown(onTick(state, NOW + LEASE_MS))).toEqual([`lost ${LIFE}`]);
    expect(append(made, { kind: 'PoolLost', pool: POOL, incarnation: LIFE, atMs: NOW })).toBe('accepted');
    expect(onTick(state, NOW + LEASE_MS + REDECIDE_MS)).toEqual([]);
  });
});

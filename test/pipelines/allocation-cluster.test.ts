/** An allocator whose pools are primaries of a Redis Cluster: it allocates where callers are led, and knows pools that come back. */
import { describe, expect, test } from 'vitest';
import { moveStream, onForecast, onOrder, onPoolGone, onPoolJoined, onTick } from '../../pipelines/allocation.ts';
import { emptyPlacement, isServedBy, onPoolSaid, placementStep, placeOf } from '../../pipelines/placement.ts';
import type { MemberEvent } from '../../schemas/messages.ts';
import { OWNS_NOTHING } from '../../workers/runtime/members/member-record.ts';
import { type Bench, bench, forecastOf, holding, LIFE, NOW, orderOf, POOL, STREAM, settle, shown } from './allocation-fixture.ts';

const OTHER_POOL = 'pool-2';
const OTHER_LIFE = 'life-2';

function said(member: string, incarnation: string, slots: readonly number[], cluster = 'cluster'): MemberEvent {
  const pool = { role: 'pool', event: 'heartbeat', poolKind: 'throughput', endpoint: '', atMs: NOW } as const;
  return { kind: 'MemberEvent', ...OWNS_NOTHING, ...pool, member, incarnation, cluster, slots };
}

/** Two primaries; `own` and `other` are what they say of their slots. */
function primaries(own: readonly number[], other: readonly number[]) {
  const made = bench();
  const { state } = made;
  const placement = emptyPlacement(NOW);
  state.place = (stream) => placeOf(placement, state, stream);
  state.serves = (pool, stream) => isServedBy(placement, pool, stream);
  onPoolJoined(state, OTHER_POOL, OTHER_LIFE, NOW - 10_000);
  const say = (mine: readonly number[], others: readonly number[]): void => {
    onPoolSaid(placement, said(POOL, LIFE, mine), NOW);
    onPoolSaid(placement, said(OTHER_POOL, OTHER_LIFE, others), NOW);
  };
  say(own, other);
  const step = (made: Bench, nowMs: number) => placementStep(placement, [made.state], nowMs);
  return { made, say, step };
}

const ALL = [0, 16_383];
const otherOrder = (waiting: number) => orderOf({ pool: OTHER_POOL, incarnation: OTHER_LIFE, waiting });

describe('the pool of a stream on a Cluster', () => {
  test('is the owner of its slot: what another primary says of the stream is passed over', () => {
    const { made } = primaries([], ALL);
    expect(onOrder(made.state, orderOf({ waiting: 5 }), NOW)).toEqual([]);
    expect(onForecast(made.state, forecastOf({ rate: 100 }), NOW)).toEqual([]);
    expect(settle(made, onOrder(made.state, otherOrder(5), NOW))).toContain(`assign ${STREAM} ${OTHER_POOL} 1`);
  });

  test('changes as soon as the new owner orders, although the former one lives and serves others', () => {
    const { made, say } = primaries(ALL, []);
    holding(made, STREAM, 100);
    expect(onOrder(made.state, otherOrder(5), NOW)).toEqual([]);
    say([], ALL);
    expect(settle(made, onOrder(made.state, otherOrder(5), NOW))).toContain(`assign ${STREAM} ${OTHER_POOL} 2`);
    // What the former owner holds is recalled, and comes back to the ledger.
    onTick(made.state, NOW + 1_000);
    expect(shown(onTick(made.state, NOW + 5_000))).toContainEqual(expect.stringMatching(/^recall \d+ drain$/));
  });

  test('changes without an order, too, and the move says why', () => {
    const { made, say, step } = primaries(ALL, []);
    holding(made, STREAM, 100);
    expect(step(made, NOW + 1_000).moves).toEqual([]);
    say([0, 100], [101, 16_383]);
    const { proposals, moves } = step(made, NOW + 2_000);
    expect(moves).toMatchObject([{ stream: STREAM, from: POOL, to: OTHER_POOL, reason: 'slot' }]);
    expect(moves[0]?.why).toMatch(/does not own slot \d+ any more/);
    settle(made, proposals);
    // Once everybody is where he belongs nothing is looked for any more.
    for (const atMs of [3_000, 4_000, 5_000]) expect(step(made, NOW + atMs).moves).toEqual([]);
  });

  test('gets nothing for a plan of before the slot was moved', () => {
    const { made, say } = primaries(ALL, []);
    holding(made, STREAM, 100);
    say([], ALL);
    expect(moveStream(made.state, STREAM, POOL, NOW)).toEqual([]);
    expect(settle(made, onForecast(made.state, forecastOf({ rate: 1_000 }), NOW))).toEqual([]);
  });
});

describe('a pool that was gone and comes back in the life it had', () => {
  test('goes on where nothing was lost with it', () => {
    const made = bench();
    onPoolGone(made.state, POOL);
    expect(onOrder(made.state, orderOf({ waiting: 5 }), NOW)).toEqual([]);
    onPoolJoined(made.state, POOL, LIFE, NOW);
    expect(settle(made, onOrder(made.state, orderOf({ waiting: 5 }), NOW))).toContain(`assign ${STREAM} ${POOL} 1`);
  });

  test('needs a new life where something was, or is about to be', () => {
    const made = bench();
    holding(made, STREAM, 100);
    onPoolGone(made.state, POOL);
    onPoolJoined(made.state, POOL, LIFE, NOW);
    expect(made.state.pools.has(POOL)).toBe(false);
    settle(made, onTick(made.state, NOW + 60_000));
    onPoolJoined(made.state, POOL, LIFE, NOW + 60_000);
    expect(made.state.pools.has(POOL)).toBe(false);
    onPoolJoined(made.state, POOL, 'life-3', NOW + 60_000);
    expect(made.state.pools.get(POOL)).toBe('life-3');
  });

  test('does not end the life that followed', () => {
    const made = bench();
    onPoolGone(made.state, POOL);
    onPoolJoined(made.state, POOL, 'life-3', NOW);
    onPoolJoined(made.state, POOL, LIFE, NOW);
    expect(made.state.pools.get(POOL)).toBe('life-3');
  });
});

/** Plans by hand: what is moved, in which order, up to which level, and what is said of it. Loads are in thousandths of a pool. */
import { describe, expect, test } from 'vitest';
import { type PlacementLimits, type PlacementPlan, planPlacement } from '../../../core/placement/plan.ts';
import { slotOf } from '../../../core/placement/slots.ts';
import type { PoolSnapshot, StreamSnapshot } from '../../../core/placement/snapshot.ts';
import { NOTHING, pool, stream } from './placement-fixture.ts';

const NOW_MS = 10_000_000;
const LIMITS: PlacementLimits = { drainMovesMax: 100, balanceMovesMax: 100, coolDownMs: 60_000 };
const JOINED_MS = 15 * 60_000;

/** Streams of these rates on a pool, named after it and in this order. */
const on = (at: string, ...rates: readonly number[]): StreamSnapshot[] => rates.map((rate, index) => stream(`${at}${index}`, at, rate));
/** A load that stays where it is. */
const fixed = (at: string, rate: number): StreamSnapshot => stream(`${at}-fixed`, at, rate, { isMovable: false });
const times = (count: number, rate: number): number[] => new Array<number>(count).fill(rate);

function planned(pools: readonly PoolSnapshot[], streams: readonly StreamSnapshot[], limits: Partial<PlacementLimits> = {}): PlacementPlan {
  return planPlacement({ nowMs: NOW_MS, pools, streams }, { ...LIMITS, ...limits });
}

const shown = ({ moves }: PlacementPlan): string[] => moves.map(({ stream: id, from, to, reason }) => `${id} ${from} ${to} ${reason}`);
const ABC = [pool('a'), pool('b'), pool('c')];

describe('a move for balance', () => {
  test('begins above a fifth over the mean, and ends at a twentieth over it', () => {
    // The mean is 500: at 600 nothing is done; from 625 down to 525, although more would fit.
    expect(shown(planned(ABC, [...on('a', ...times(24, 25)), fixed('b', 450), fixed('c', 450)]))).toEqual([]);
    const over = [...on('a', 25, 25, 25, 25, 5), fixed('a', 520), fixed('b', 437.5), fixed('c', 437.5)];
    expect(shown(planned(ABC, over))).toEqual(['a0 a b over', 'a1 a c over', 'a2 a b over', 'a3 a c over']);
  });

  test('fills a pool that has room up to a twentieth below the mean', () => {
    // The mean is 525, and 500 is 525 ÷ 1.05.
    expect(shown(planned([pool('a'), pool('b')], [...on('a', 5, 100, 5), fixed('a', 540), fixed('b', 400)]))).toEqual(['a1 a b over']);
  });

  test('leaves alone what differs by no more than a twentieth of the capacity, however many times that is', () => {
    expect(shown(planned([pool('a'), pool('b')], on('a', ...times(10, 10))))).toEqual([]);
    expect(shown(planned([pool('a'), pool('b')], on('a', ...times(10, 10.2))))).not.toEqual([]);
  });

  test('takes nothing from a pool that is not above the mean itself, for one that has room', () => {
    expect(shown(planned(ABC, [fixed('a', 500), ...on('b', ...times(10, 25))]))).toEqual([]);
  });

  test('goes from the fullest to the emptiest, of equals by name, and no more often than it may', () => {
    const pools = ['p1', 'p2', 'p3', 'p4', 'p5'].map((name) => pool(name));
    const full = [...on('p1', ...times(7, 100)), ...on('p2', ...times(9, 100))];
    const streams = [...full, fixed('p3', 100), fixed('p4', 50), fixed('p5', 100)];
    const inOrder = ['p20 p2 p4 over', 'p21 p2 p3 over', 'p10 p1 p5 over'];
    expect(shown(planned(pools, streams, { balanceMovesMax: 3 }))).toEqual(inOrder);
    expect(shown(planned(pools, streams, { balanceMovesMax: 1 }))).toEqual(inOrder.slice(0, 1));
    expect(shown(planned(pools, streams, { balanceMovesMax: 0 }))).toEqual([]);
  });

  test('takes the stream that relieves its pool most and does not make the other the fuller one, of equals the first by name', () => {
    const once = { balanceMovesMax: 1 };
    expect(shown(planned(ABC, on('a', 30, 600, 200, 60, 200, 10), once))).toEqual(['a2 a b over']);
    // What changes its pool by a thousandth at most stays.
    expect(shown(planned(ABC, [fixed('a', 800), ...on('a', 0, 0.9)], once))).toEqual([]);
    expect(shown(planned(ABC, [fixed('a', 800), ...on('a', 0, 1.1)], once))).toEqual(['a1 a b over']);
  });

  test('goes to no pool that takes nothing new, however empty it is', () => {
    const pools = [pool('a'), pool('b', { measured: { ...NOTHING, latencyP99Ms: 80 } }), pool('c')];
    const plan = planned(pools, [...on('a', ...times(8, 100)), fixed('c', 300)]);
    expect(new Set(plan.moves.map(({ to }) => to))).toEqual(new Set(['c']));
  });

  test('looks at living pools of one kind alone', () => {
    const full = [...on('a', ...times(8, 100)), ...on('b', ...times(8, 100))];
    expect(shown(planned([pool('a'), pool('b'), pool('t', { kind: 'transaction' })], full))).toEqual([]);
    const drains = [pool('a'), pool('b'), pool('c', { state: 'draining' })];
    expect(shown(planned(drains, [...on('c', ...times(9, 100)), fixed('a', 100), fixed('b', 100)], { drainMovesMax: 0 }))).toEqual([]);
    // Neither does what drains, or is lost, count into the mean.
    for (const state of ['draining', 'lost'] as const)
      expect(shown(planned([pool('a'), pool('b'), pool('c', { state })], full))).toEqual([]);
  });

  test('moves a stream again once its cool-down is over, to the millisecond', () => {
    const agoBy = (ms: number) => on('a', ...times(4, 200)).map((each) => ({ ...each, movedAtMs: NOW_MS - ms }));
    expect(shown(planned([pool('a'), pool('b')], agoBy(LIMITS.coolDownMs - 1)))).toEqual([]);
    expect(shown(planned([pool('a'), pool('b')], agoBy(LIMITS.coolDownMs)))).toEqual(['a0 a b over', 'a1 a b over']);
  });

  test('says that a pool joined for a quarter of an hour', () => {
    const full = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6'];
    const streams = full.flatMap((name) => on(name, ...times(10, 50)));
    const said = (joinedAtMs: number) => {
      const [move] = planned([...full.map((name) => pool(name)), pool('new', { joinedAtMs })], streams).moves;
      return [move?.reason, move?.why];
    };
    const source = 'p1 is at 0.50 of its capacity, the mean is 0.43';
    expect(said(NOW_MS - JOINED_MS + 1)).toEqual(['joined', `${source}; new joined and comes from 0.0000 to 0.0500`]);
    expect(said(NOW_MS - JOINED_MS)).toEqual(['joined', `${source}; new comes from 0.0000 to 0.0500`]);
  });
});

describe('a move that must be', () => {
  test('empties pools that drain as far as it may, and says how many are left and how full the other is', () => {
    const pools = [pool('a', { state: 'draining' }), pool('b', { state: 'draining' }), pool('c')];
    const streams = [...on('a', 20, 30), ...on('b', 1, 1, 1), fixed('c', 50)];
    const { moves } = planned(pools, streams, { drainMovesMax: 3 });
    expect(moves).toMatchObject([
      { stream: 'a0', from: 'a', to: 'c', reason: 'drain', fromLoad: 0.05, toLoad: 0.05 },
      { stream: 'a1', from: 'a', to: 'c', reason: 'drain', fromLoad: 0.03, toLoad: 0.07 },
      { stream: 'b0', from: 'b', to: 'c', reason: 'drain', fromLoad: 0.003, toLoad: 0.1 },
    ]);
    expect(moves.map(({ why }) => why)).toEqual([
      'a drains, 2 streams left; c is the least loaded at 0.0500',
      'a drains, 1 streams left; c is the least loaded at 0.0700',
      'b drains, 3 streams left; c is the least loaded at 0.10',
    ]);
    expect(planned(pools, streams).moves).toHaveLength(5);
  });

  test('brings streams to the owners of their slots with what draining left of the limit, and says which slot', () => {
    const ids = ['s0', 's1', 's2'];
    const pools = [pool('a', { slots: [] }), pool('b', { slots: [{ from: 0, to: 16_383 }] }), pool('d', { state: 'draining' })];
    const streams = [...ids.map((id) => stream(id, 'a', 10)), ...on('d', 10)];
    const plan = planned(pools, streams, { drainMovesMax: 2, balanceMovesMax: 0 });
    expect(plan.strays).toBe(3);
    expect(shown(plan)).toEqual(['d0 d b drain', 's0 a b slot']);
    expect(plan.moves[1]?.why).toBe(`a does not own slot ${slotOf('s0')} any more`);
  });
});

describe('an assignment', () => {
  test('fills the least loaded pool first, and what is assigned counts at once', () => {
    const streams = [fixed('a', 15), ...[1, 2, 3, 4].map((index) => stream(`new${index}`, undefined, 10)), stream('stray', 'gone', 1)];
    expect(planned([pool('b'), pool('a')], streams)).toMatchObject({
      assignments: [
        { stream: 'new1', pool: 'b' },
        { stream: 'new2', pool: 'b' },
        { stream: 'new3', pool: 'a' },
        { stream: 'new4', pool: 'b' },
        { stream: 'stray', pool: 'a' },
      ],
      moves: [],
    });
    expect(planned([pool('b', { state: 'lost' })], streams).assignments).toEqual([]);
  });
});

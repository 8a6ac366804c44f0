/** The pools while a plan is made: who sits where, and what each carries with one stream more or less. */
import { describe, expect, test } from 'vitest';
import { leastLoaded, ratioOf, rise, seated, seatsOf, sit } from '../../../core/placement/seats.ts';
import type { Load } from '../../../core/placement/snapshot.ts';
import { CAPACITY, NOTHING, pool, stream } from './placement-fixture.ts';

const TENTHS: Load = { operationsPerSecond: 100, values: 1e8, bytes: 1e8 };

describe('streams', () => {
  test('sit on their pool, and need another where they have none, or one that is lost or was never heard of', () => {
    const seats = seatsOf([pool('b', { state: 'lost' }), pool('a'), pool('c', { state: 'draining' })]);
    const [onA, onC] = [stream('s3', 'a'), stream('s1', 'c')];
    const homeless = seated(
      { nowMs: 0, pools: [], streams: [stream('s5', 'b'), onA, stream('s2', 'gone'), onC, stream('s4', undefined)] },
      seats,
    );
    expect(homeless.map((each) => each.stream)).toEqual(['s2', 's4', 's5']);
    expect([...seats.values()].map((seat) => [seat.pool.pool, seat.accepts, [...seat.streams]])).toEqual([
      ['a', true, [onA]],
      ['b', false, []],
      ['c', false, [onC]],
    ]);
    expect(seated({ nowMs: 0, pools: [], streams: [] }, seats)).toEqual([]);
  });
});

describe('a seat', () => {
  test.each(['operationsPerSecond', 'values', 'bytes'] as const)(
    'carries the %s of its streams, and nothing once all of them left',
    (part) => {
      const [seat] = [...seatsOf([pool('a')]).values()];
      if (seat === undefined) throw new Error('no seat');
      const of = (tenths: number) => ({ predicted: { ...NOTHING, [part]: tenths * TENTHS[part] } });
      const [small, large] = [stream('s1', 'a', 0, of(1)), stream('s2', 'a', 0, of(3))];
      sit(seat, large);
      expect(ratioOf(seat)).toBeCloseTo(0.3, 12);
      expect(ratioOf(seat, small)).toBeCloseTo(0.4, 12);
      expect(ratioOf(seat, small, -1)).toBeCloseTo(0.2, 12);
      sit(seat, small);
      expect(ratioOf(seat)).toBeCloseTo(0.4, 12);
      rise(seat, large);
      expect(ratioOf(seat)).toBeCloseTo(0.1, 12);
      // A forecast that rose while the stream sat there takes away more than there is, but not below nothing.
      expect(ratioOf(seat, large, -1)).toBe(0);
      rise(seat, small);
      expect([seat.streams.size, seat.load]).toEqual([0, NOTHING]);
    },
  );

  test('is chosen that is least loaded with the stream on it, of equals the first by name', () => {
    const seats = seatsOf([pool('d'), pool('c'), pool('b'), pool('a', { capacity: { ...CAPACITY, operationsPerSecond: 500 } })]);
    const newcomer = stream('s1', undefined, 100);
    const chosen = (): string | undefined => leastLoaded(seats.values(), newcomer)?.pool.pool;
    // Of the small pool they are a fifth.
    expect(chosen()).toBe('b');
    for (const [name, rate] of [
      ['b', 200],
      ['c', 20],
      ['d', 10],
    ] as const) {
      const seat = seats.get(name);
      if (seat !== undefined) sit(seat, stream(`on-${name}`, name, rate));
    }
    expect(chosen()).toBe('d');
    expect(leastLoaded([...seats.values()].reverse(), newcomer)?.pool.pool).toBe('d');
  });

  test("is chosen of the stream's kind, where its slot is, and where more is taken", () => {
    const pools = [pool('a', { kind: 'transaction' }), pool('b', { slots: [] }), pool('c', { state: 'draining' })];
    expect(leastLoaded(seatsOf(pools).values(), stream('s1', undefined))).toBeUndefined();
    expect(leastLoaded(seatsOf([...pools, pool('d')]).values(), stream('s1', undefined))?.pool.pool).toBe('d');
    expect(leastLoaded(seatsOf(pools).values(), { ...stream('s1', undefined), kind: 'transaction' })?.pool.pool).toBe('a');
  });
});

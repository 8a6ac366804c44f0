/** What a seed means: the same faults in the same order, dense enough, and never two that wait for each other. */
import { describe, expect, test } from 'vitest';
import type { Fault, Touched } from './faults/fault.ts';
import { type Storm, Storms, type StormsOptions } from './storms.ts';

const fault = (name: string, touches: readonly Touched[], more: Partial<Fault> = {}): Fault => ({
  ...{ name, touches, weight: 1, begin: () => ({ target: name, holdMs: 0, heal: () => undefined }) },
  ...more,
});
const FAULTS = (['kafka', 'redis', 'postgres', 'etcd', 'filler', 'gateway'] as const).map((each) => fault(`${each} ill`, [each]));
const OPENING = fault('no allocator', ['allocator']);

function drawn(options: Partial<StormsOptions> = {}, count = 10): Storm[] {
  const storms = new Storms({ seed: 7, size: 16, together: 0.8, faults: FAULTS, openings: [OPENING], ...options });
  return Array.from({ length: count }, () => storms.next());
}

describe('storms', () => {
  test('are the same for the same seed, with the same chances for each fault, and others for another', () => {
    expect(drawn()).toEqual(drawn());
    expect(drawn({ seed: 8 })).not.toEqual(drawn());
  });

  test('have 12 to 16 faults, which touch what none of the three before them touched', () => {
    for (const { faults } of drawn()) {
      expect(faults.length).toBeGreaterThanOrEqual(12);
      expect(faults.length).toBeLessThanOrEqual(16);
      for (const [index, { fault: each }] of faults.entries())
        expect(faults.slice(Math.max(0, index - 3), index).filter((other) => other.fault.touches[0] === each.touches[0])).toEqual([]);
    }
  });

  test('open with an allocator that is gone, alone; most of the others begin while something is on', () => {
    const storms = drawn();
    for (const { faults } of storms) {
      expect(faults[0]).toMatchObject({ fault: OPENING, isAlone: true, joins: false });
      expect(faults[1]).toMatchObject({ joins: false, afterMs: 1_000 });
    }
    const others = storms.flatMap(({ faults }) => faults.slice(2));
    expect(others.filter(({ joins }) => joins).length / others.length).toBeGreaterThan(0.7);
  });

  test('are single faults where they have the size of one, and one kind of fault where there is no other', () => {
    expect(drawn({ size: 1 }).every(({ faults }) => faults.length === 1 && faults[0]?.isAlone)).toBe(true);
    const [storm] = drawn({ faults: FAULTS.slice(0, 1), openings: [] });
    expect(new Set(storm?.faults.map(({ fault: { name } }) => name))).toEqual(new Set(['kafka ill']));
  });

  test('have what happens once in the first of them only, after its opening', () => {
    const once = fault('upgrade', ['gateway'], { isOnce: true, weight: 100 });
    const places = drawn({ faults: [...FAULTS, once] }).map(({ faults }) => faults.findIndex((each) => each.fault === once));
    expect(places[0]).toBeGreaterThan(0);
    expect(places.slice(1).every((place) => place === -1)).toBe(true);
  });
});

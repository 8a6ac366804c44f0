import { describe, expect, test } from 'vitest';
import { type Rng, seededRng } from '../../core/rng.ts';

const drawn = (rng: Rng, count: number): number[] => Array.from({ length: count }, () => rng.next());

describe('a seeded generator', () => {
  test('repeats itself from the same seed, so that a failing run can be run again', () => {
    expect(drawn(seededRng(7), 20)).toEqual(drawn(seededRng(7), 20));
    expect(drawn(seededRng(7), 20)).not.toEqual(drawn(seededRng(8), 20));
  });

  test('draws what it always drew', () => {
    expect(drawn(seededRng(1), 3)).toEqual([0.6270739405881613, 0.002735721180215478, 0.5274470399599522]);
  });

  test('takes seeds of 32 bits: what lies beyond wraps', () => {
    expect(drawn(seededRng(2 ** 32 + 5), 3)).toEqual(drawn(seededRng(5), 3));
    expect(drawn(seededRng(-1), 3)).toEqual(drawn(seededRng(2 ** 32 - 1), 3));
  });

  test('spreads over [0, 1)', () => {
    const numbers = drawn(seededRng(42), 10_000);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    for (let tenth = 0; tenth < 10; tenth++) {
      const share = numbers.filter((n) => Math.floor(n * 10) === tenth).length;
      expect(share).toBeGreaterThan(900);
      expect(share).toBeLessThan(1_100);
    }
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { areSortedSlicesOf, coalesced, type Interval, sizeOf, totalSize, without } from '../../core/interval.ts';

const of = (start: number, end: number): Interval => ({ start, end });

describe('intervals', () => {
  test('have the size of what they hold, their end excluded', () => {
    expect(sizeOf(of(3, 10))).toBe(7);
    expect(totalSize([of(0, 3), of(10, 11)])).toBe(4);
    expect(totalSize([])).toBe(0);
  });

  test('are slices of a whole when sorted, apart, inside it and not empty', () => {
    const whole = of(10, 20);
    expect(areSortedSlicesOf([], whole)).toBe(true);
    expect(areSortedSlicesOf([of(10, 12), of(12, 20)], whole)).toBe(true);
    expect(areSortedSlicesOf([of(9, 12)], whole)).toBe(false);
    expect(areSortedSlicesOf([of(15, 21)], whole)).toBe(false);
    expect(areSortedSlicesOf([of(12, 12)], whole)).toBe(false);
    expect(areSortedSlicesOf([of(12, 15), of(14, 16)], whole)).toBe(false);
    expect(areSortedSlicesOf([of(15, 16), of(12, 13)], whole)).toBe(false);
  });

  test('coalesce into the fewest, sorted', () => {
    expect(coalesced([of(8, 9), of(0, 3), of(3, 5), of(7, 7)])).toEqual([of(0, 5), of(8, 9)]);
    expect(coalesced([of(0, 9), of(2, 3)])).toEqual([of(0, 9)]);
    expect(coalesced([])).toEqual([]);
  });

  test('leave of a whole what is not in its slices', () => {
    expect(without(of(0, 10), [of(0, 2), of(5, 6)])).toEqual([of(2, 5), of(6, 10)]);
    expect(without(of(0, 10), [of(0, 10)])).toEqual([]);
    expect(without(of(0, 10), [])).toEqual([of(0, 10)]);
  });

  test('are divided by a whole without loss, whatever the slices', () => {
    const cuts = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 12 }).map((all) => all.sort((a, b) => a - b));
    fc.assert(
      fc.property(cuts, (points) => {
        const slices = points.slice(1).flatMap((end, i) => (i % 2 === 0 ? [of(points[i] as number, end)] : []));
        const whole = of(0, 60);
        expect(areSortedSlicesOf(slices, whole)).toBe(true);
        const rest = without(whole, slices);
        expect(totalSize(slices) + totalSize(rest)).toBe(60);
        expect(coalesced([...rest, ...slices])).toEqual([whole]);
      }),
    );
  });
});

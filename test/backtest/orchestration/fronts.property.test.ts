import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FrontPoint, frontOf } from '../../../backtest/orchestration/fronts.ts';

const small = fc.integer({ min: 0, max: 9 });
const points = fc.array(fc.record({ cost: small, other: small }), { maxLength: 30 });

describe('a Pareto front', () => {
  it('has on it whom nobody beats, and beside it whom somebody does or who is another of the same', () => {
    fc.assert(
      fc.property(points, (all) => {
        const marks = frontOf(all);
        for (const [i, point] of all.entries()) {
          const beaten = all.some((each, k) => isBetter(each, point) || (k < i && isSame(each, point)));
          expect(marks[i]).toBe(!beaten);
        }
      }),
    );
  });
});

function isBetter(a: FrontPoint, b: FrontPoint): boolean {
  return a.cost <= b.cost && a.other <= b.other && !isSame(a, b);
}

function isSame(a: FrontPoint, b: FrontPoint): boolean {
  return a.cost === b.cost && a.other === b.other;
}

/** Which values two generations share, compared with writing them all down. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineSequence, valueAt } from '../../../../core/sequence.ts';
import { runsOf, sharedValues, type ValueRun } from '../../../../workers/runtime/value-space/value-runs.ts';

function written({ start, step, count }: ValueRun): bigint[] {
  return Array.from({ length: Number(count) }, (_, i) => start + BigInt(i) * step);
}

const runs = fc
  .record({ start: fc.bigInt(-60n, 60n), size: fc.bigInt(1n, 12n), isFalling: fc.boolean(), count: fc.bigInt(1n, 40n) })
  .map(({ start, size, isFalling, count }) => ({ start, step: isFalling ? -size : size, count }));

describe('values that two runs share', () => {
  it('are those that are in both lists, whatever their steps', () => {
    fc.assert(
      fc.property(runs, runs, (a, b) => {
        const inB = new Set(written(b));
        const both = written(a)
          .filter((value) => inB.has(value))
          .sort((x, y) => Number(x - y));
        const expected = both.length === 0 ? undefined : { lowest: both[0], highest: both.at(-1), count: BigInt(both.length) };
        expect(sharedValues(a, b)).toEqual(expected);
      }),
    );
  });

  it('are found at once where a generation has 2^53 ordinals', () => {
    const whole = { start: 1n, step: 1n, count: 2n ** 53n };
    expect(sharedValues(whole, { start: 10n, step: 7n, count: 3n })).toEqual({ lowest: 10n, highest: 24n, count: 3n });
  });
});

describe('the runs of a generation', () => {
  it('hold exactly the values of its ordinals, through a wrap as well', () => {
    const definition = defineSequence({ start: 5n, min: 1n, max: 9n, increment: 2n, cycle: true });
    for (const [start, end] of [
      [0, 2],
      [1, 6],
      [2, 40],
    ] as const) {
      const values = new Set(Array.from({ length: end - start }, (_, i) => valueAt(definition, start + i)));
      expect(new Set(runsOf(definition, { start, end }).flatMap(written))).toEqual(values);
    }
  });
});

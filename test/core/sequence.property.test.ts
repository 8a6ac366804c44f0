import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { capacityOf, defineSequence, periodOf, runLength, type SequenceDefinition, valueAt } from '../../core/sequence.ts';

/** Small sequences of every shape, so that a walk along their values meets their bounds. */
const definition: fc.Arbitrary<SequenceDefinition> = fc
  .record({
    min: fc.bigInt({ min: -40n, max: 10n }),
    span: fc.bigInt({ min: 0n, max: 40n }),
    step: fc.bigInt({ min: 1n, max: 40n }),
    at: fc.bigInt({ min: 0n, max: 40n }),
    down: fc.boolean(),
    cycle: fc.boolean(),
  })
  .map(({ min, span, step, at, down, cycle }) => {
    const size = span === 0n || step <= span ? step : span;
    return defineSequence({
      min,
      max: min + span,
      start: min + (span === 0n ? 0n : at % (span + 1n)),
      increment: down ? -size : size,
      cycle,
    });
  });

/** SQL's nextval, one value at a time. */
function* walked({ start, increment, min, max, cycle }: SequenceDefinition): Generator<bigint, void> {
  for (let value = start; ; ) {
    yield value;
    value += increment;
    if (value >= min && value <= max) continue;
    if (!cycle) return;
    value = increment > 0n ? min : max;
  }
}

describe('the value of an ordinal', () => {
  test('is what a walk with SQL nextval meets there, and the walk ends where the capacity does', () => {
    fc.assert(
      fc.property(definition, (each) => {
        let ordinal = 0;
        for (const value of walked(each)) {
          if (ordinal === 150) break;
          expect(valueAt(each, ordinal++)).toBe(value);
        }
        if (!each.cycle) expect(ordinal).toBe(capacityOf(each));
      }),
      { numRuns: 300 },
    );
  });

  test('repeats in a cycle after a period, and not before', () => {
    fc.assert(
      fc.property(definition, fc.nat(500), (each, ordinal) => {
        fc.pre(each.cycle);
        const from = ordinal + 100;
        const period = Number(periodOf(each));
        const pass = Array.from({ length: period }, (_, i) => valueAt(each, from + i));
        expect(new Set(pass).size).toBe(period);
        expect(valueAt(each, from + period)).toBe(pass[0]);
      }),
    );
  });

  test('grows by the increment along a run, and only there', () => {
    fc.assert(
      fc.property(definition, fc.nat(120), fc.integer({ min: 1, max: 60 }), (each, ordinal, count) => {
        fc.pre(each.cycle || ordinal + count <= capacityOf(each));
        const length = runLength(each, ordinal, count);
        for (let i = 1; i < length; i++) expect(valueAt(each, ordinal + i)).toBe(valueAt(each, ordinal) + BigInt(i) * each.increment);
        if (length < count && periodOf(each) > 1n)
          expect(valueAt(each, ordinal + length)).not.toBe(valueAt(each, ordinal) + BigInt(length) * each.increment);
      }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineSequence, valueAt } from '../../../../core/sequence.ts';
import type { ValueRule } from '../../../../pipelines/ports.ts';
import { valueRuleOf } from '../../../../workers/runtime/shared/value-rule.ts';

/** What a store makes of a rule, written down once more with big integers. */
function valueBy({ start, increment, firstPass, period, passStart }: ValueRule, ordinal: number): bigint {
  if (period === 0 || ordinal < firstPass) return BigInt(start) + BigInt(ordinal) * BigInt(increment);
  return BigInt(passStart) + (BigInt(ordinal - firstPass) % BigInt(period)) * BigInt(increment);
}

describe('the rule by which a store computes values', () => {
  it('says what the sequence says, for every ordinal', () => {
    const attributes = fc.record({
      min: fc.bigInt({ min: -500n, max: 0n }),
      span: fc.bigInt({ min: 1n, max: 500n }),
      step: fc.bigInt({ min: 1n, max: 20n }),
      descends: fc.boolean(),
      cycle: fc.boolean(),
      from: fc.nat(1_000),
    });
    fc.assert(
      fc.property(attributes, fc.nat(5_000), ({ min, span, step, descends, cycle, from }, ordinal) => {
        const size = span < step ? step : span;
        const max = min + size;
        const start = min + (BigInt(from) % (size + 1n));
        const definition = defineSequence({ min, max, start, increment: descends ? -step : step, cycle });
        const value = valueAt(definition, ordinal);
        if (!cycle && (value < min || value > max)) return;
        expect(valueBy(valueRuleOf(definition), ordinal)).toBe(value);
      }),
    );
  });
});

/** Whatever the block, the values written are start, start + increment, …, digit for digit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VALUE_MAX, VALUE_MIN } from '../../../core/limits.ts';
import { nextAnswerText } from '../../../workers/gateway/next-answer.ts';

const COUNT_MAX = 40;
const increment = fc.oneof(fc.bigInt(-1_100n, 1_100n), fc.bigInt(-(2n ** 40n), 2n ** 40n)).filter((n) => n !== 0n);
const start = fc.oneof(fc.bigInt(-3_000n, 3_000n), fc.bigInt(999_000n, 1_001_000n), fc.bigInt(VALUE_MIN / 2n, VALUE_MAX / 2n));
const block = fc.record({ start, increment, count: fc.integer({ min: 1, max: COUNT_MAX }) });

describe('the answer of next', () => {
  it('is JSON that says exactly the values of its blocks', () => {
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 3 }), (blocks) => {
        const text = nextAnswerText({ sequence: 'orders', order: 'none', blocks, stalled: false }, 'values');
        const values = blocks.flatMap((each) =>
          Array.from({ length: each.count }, (_, k) => String(each.start + BigInt(k) * each.increment)),
        );
        const asText = blocks.map((each) => ({ start: String(each.start), count: each.count, increment: String(each.increment) }));
        expect(JSON.parse(text)).toEqual({ sequence: 'orders', blocks: asText, values });
      }),
    );
  });
});

import { describe, expect, test } from 'vitest';
import { ORDINAL_MAX, VALUE_MAX, VALUE_MIN } from '../../core/limits.ts';
import {
  capacityOf,
  checkName,
  defineSequence,
  inPeriod,
  PLAIN_ATTRIBUTES,
  periodOf,
  runLength,
  type SequenceAttributes,
  valueAt,
} from '../../core/sequence.ts';

function values(attributes: SequenceAttributes, count: number, from = 0): bigint[] {
  const definition = defineSequence(attributes);
  return Array.from({ length: count }, (_, i) => valueAt(definition, from + i));
}

function expectInvalid(attributes: SequenceAttributes, attribute: string, message: RegExp): void {
  expect(() => defineSequence(attributes)).toThrow(
    expect.objectContaining({ code: 'SEQ_INVALID_DEFINITION', message: expect.stringMatching(message), details: { attribute } }),
  );
}

describe('the defaults of SQL', () => {
  test('count up from 1 to the largest bigint', () => {
    expect(defineSequence({})).toEqual({
      ...PLAIN_ATTRIBUTES,
      start: 1n,
      increment: 1n,
      min: 1n,
      max: 2n ** 63n - 1n,
      cycle: false,
      order: 'none',
      targetStallsPpm: 10,
      rideThroughMs: 0,
      rideThroughClass: 'expected',
      answersKept: 'day',
    });
    expect(values({}, 3)).toEqual([1n, 2n, 3n]);
  });

  test('count down from -1 to the smallest bigint', () => {
    expect(defineSequence({ increment: -1n })).toMatchObject({ start: -1n, min: -(2n ** 63n), max: -1n });
    expect(values({ increment: -2n }, 3)).toEqual([-1n, -3n, -5n]);
  });

  test('start at min when counting up and at max when counting down', () => {
    expect(defineSequence({ min: 100n }).start).toBe(100n);
    expect(defineSequence({ increment: -1n, max: 100n }).start).toBe(100n);
  });

  test('give way to what is said', () => {
    const said = { start: 5n, increment: 2n, min: -5n, max: 50n, cycle: true, order: 'stream', targetStallsPpm: 0 } as const;
    expect(defineSequence({ ...said, rideThroughMs: 60_000, rideThroughClass: 'insured' })).toMatchObject(said);
  });

  test.each<SequenceAttributes>([
    { increment: 99n, min: 1n, max: 100n },
    { increment: -99n, min: 1n, max: 100n },
    { start: VALUE_MIN, min: VALUE_MIN, max: VALUE_MAX, increment: VALUE_MAX },
    { targetStallsPpm: 1_000_000, rideThroughMs: 86_400_000, rideThroughClass: 'insured', answersKept: 'ever', order: 'sequence' },
    { targetStallsPpm: 0, rideThroughMs: 0, rideThroughClass: 'expected', answersKept: 'day', order: 'stream', cycle: true },
    { burnCost: 'low', durability: 'answered', pool: 'transaction' },
    { burnCost: 'high', durability: 'stock', pool: 'analytics' },
    { guarantee: 'gapless' },
    { guarantee: 'gapless', pool: 'transaction', cycle: false, order: 'none', burnCost: 'none' },
    { format: 'INV-{YYYY}-{value:06}', reset: 'yearly', timeZone: 'Europe/Berlin', periodStart: '2026-01-01' },
  ])('give way to %o, as far as it may go', (said) => {
    expect(defineSequence(said)).toMatchObject(said);
  });
});

describe('a definition is refused', () => {
  test.each<[SequenceAttributes, string, RegExp]>([
    [{ increment: 0n }, 'increment', /is 0: use a positive or a negative step/],
    [{ min: 10n, max: 9n }, 'min', /10 is above max 9: lower min or raise max/],
    [{ start: 0n }, 'start', /0 is outside 1\.\.9223372036854775807: move start, min or max/],
    [{ start: 11n, max: 10n }, 'start', /11 is outside 1\.\.10: move start, min or max/],
    [{ increment: -1n, start: 1_000n }, 'start', /a descending sequence has max -1 unless you raise it/],
    [{ increment: -1n, min: -10n, start: -11n }, 'start', /-11 is outside -10\.\.-1: move start, min or max/],
    [{ increment: 100n, min: 1n, max: 100n }, 'increment', /100 is larger than the span 1\.\.100: use a smaller step/],
    [{ increment: -100n, min: 1n, max: 100n }, 'increment', /-100 is larger than the span/],
    [{ max: VALUE_MAX + 1n }, 'max', /64-bit signed/],
    [{ increment: -1n, min: VALUE_MIN - 1n }, 'min', /64-bit signed/],
    [{ increment: VALUE_MAX + 1n }, 'increment', /64-bit signed/],
    [{ start: VALUE_MAX + 1n }, 'start', /64-bit signed/],
    [{ order: 'random' as 'none' }, 'order', /is random: use none, stream or sequence/],
    [{ targetStallsPpm: -1 }, 'targetStallsPpm', /use 0\.\.1000000/],
    [{ targetStallsPpm: 1_000_001 }, 'targetStallsPpm', /is 1000001/],
    [{ targetStallsPpm: 0.5 }, 'targetStallsPpm', /is 0\.5/],
    [{ rideThroughMs: 86_400_001 }, 'rideThroughMs', /use 0\.\.86400000/],
    [{ rideThroughMs: Number.NaN }, 'rideThroughMs', /is NaN/],
    [{ rideThroughMs: -1 }, 'rideThroughMs', /is -1/],
    [{ rideThroughClass: 'hopeful' as 'expected' }, 'rideThroughClass', /is hopeful: use expected or insured/],
    [{ start: VALUE_MIN - 1n, min: VALUE_MIN }, 'start', /is -9223372036854775809: values are 64-bit signed/],
    [{ answersKept: 'week' as 'day' }, 'answersKept', /is week: use day or ever/],
    [{ burnCost: 'some' as 'low' }, 'burnCost', /is some: use none, low or high/],
    [{ guarantee: 'dense' as 'gapless' }, 'guarantee', /is dense: use unique or gapless/],
    [{ guarantee: 'gapless', cycle: true }, 'cycle', /is on: .*use a reset/],
    [{ guarantee: 'gapless', order: 'stream' }, 'order', /is stream: .*keeps no order/],
    [{ durability: 'memory' as 'stock' }, 'durability', /is memory: use stock or answered/],
    [{ pool: 'swimming' as 'auto' }, 'pool', /is swimming: use auto, throughput, transaction, analytics/],
    [{ guarantee: 'gapless', pool: 'analytics' }, 'pool', /analytics cannot keep guarantee gapless: only the transaction pool can/],
    [{ durability: 'answered', pool: 'throughput' }, 'pool', /throughput cannot keep durability answered: only the transaction pool can/],
  ])('%o names %s', expectInvalid);

  test('but not for a single value, whatever its step', () => {
    expect(capacityOf(defineSequence({ min: 7n, max: 7n, increment: 5n }))).toBe(1);
    expect(values({ min: 7n, max: 7n, increment: 5n, cycle: true }, 3)).toEqual([7n, 7n, 7n]);
  });
});

describe('capacity', () => {
  test('is what lies between start and the bound ahead', () => {
    expect(capacityOf(defineSequence({ max: 10n }))).toBe(10);
    expect(capacityOf(defineSequence({ start: 3n, increment: 4n, max: 12n }))).toBe(3);
    expect(capacityOf(defineSequence({ increment: -3n, min: -10n }))).toBe(4);
    expect(capacityOf(defineSequence({ start: 10n, max: 10n }))).toBe(1);
  });

  test('is at most 2^53 - 1, so that ordinals are exact numbers', () => {
    expect(capacityOf(defineSequence({}))).toBe(ORDINAL_MAX);
    expect(capacityOf(defineSequence({ max: 2n ** 53n - 1n }))).toBe(ORDINAL_MAX);
    expect(capacityOf(defineSequence({ max: 2n ** 53n - 2n }))).toBe(ORDINAL_MAX - 1);
    expect(capacityOf(defineSequence({ max: 3n, cycle: true }))).toBe(ORDINAL_MAX);
  });

  test('reaches the bounds of a bigint without rounding', () => {
    expect(values({ start: VALUE_MAX - 1n }, 2)).toEqual([VALUE_MAX - 1n, VALUE_MAX]);
    expect(values({ increment: -1n, start: VALUE_MIN + 1n }, 2)).toEqual([VALUE_MIN + 1n, VALUE_MIN]);
    expect(values({ min: VALUE_MIN, increment: 1_000n }, 2, ORDINAL_MAX - 2)[0]).toBe(VALUE_MIN + BigInt(ORDINAL_MAX - 2) * 1_000n);
  });
});

describe('a cycle', () => {
  test('goes on at min after max, not at start', () => {
    expect(values({ start: 4n, min: 1n, max: 5n, cycle: true }, 8)).toEqual([4n, 5n, 1n, 2n, 3n, 4n, 5n, 1n]);
  });

  test('goes on at max after min when it counts down', () => {
    expect(values({ start: 2n, increment: -1n, min: 1n, max: 3n, cycle: true }, 6)).toEqual([2n, 1n, 3n, 2n, 1n, 3n]);
  });

  test('keeps its step, which may not meet the bound', () => {
    expect(values({ start: 1n, increment: 3n, max: 9n, cycle: true }, 5)).toEqual([1n, 4n, 7n, 1n, 4n]);
    expect(values({ increment: -7n, min: -50n, max: 50n, start: 3n, cycle: true }, 10).at(-1)).toBe(43n);
  });

  test('has the period of its values, from bound to bound', () => {
    expect(periodOf(defineSequence({ max: 60n, cycle: true }))).toBe(60n);
    expect(periodOf(defineSequence({ increment: 3n, max: 9n, cycle: true }))).toBe(3n);
    expect(periodOf(defineSequence({ increment: -3n, min: 1n, max: 10n, cycle: true }))).toBe(4n);
  });

  test('is exact far out', () => {
    const definition = defineSequence({ max: 60n, cycle: true });
    expect(valueAt(definition, ORDINAL_MAX)).toBe(BigInt(ORDINAL_MAX % 60) + 1n);
  });
});

describe('a period', () => {
  test('begins at the bound behind, as a cycle does, wherever the first one began', () => {
    const up = defineSequence({ start: 500n, min: 100n, max: 999n, reset: 'yearly', timeZone: 'UTC', periodStart: '2026-01-01' });
    expect(inPeriod(up, '2027-01-01')).toEqual({ ...up, start: 100n, periodStart: '2027-01-01' });
    expect(inPeriod(defineSequence({ start: -500n, increment: -1n, min: -999n, max: -100n }), '').start).toBe(-100n);
  });
});

describe('a run', () => {
  test('is as long as asked for where nothing wraps', () => {
    expect(runLength(defineSequence({ max: 10n }), 3, 100)).toBe(100);
  });

  test('ends where a cycle wraps', () => {
    const up = defineSequence({ start: 4n, max: 5n, cycle: true });
    expect([0, 1, 2, 6].map((ordinal) => runLength(up, ordinal, 10))).toEqual([2, 1, 5, 1]);
    expect(runLength(up, 2, 3)).toBe(3);
    const byThree = defineSequence({ increment: 3n, max: 9n, cycle: true });
    expect([0, 1, 2, 3].map((ordinal) => runLength(byThree, ordinal, 10))).toEqual([3, 2, 1, 3]);
    const down = defineSequence({ increment: -2n, min: 1n, max: 9n, cycle: true });
    expect([0, 4, 5].map((ordinal) => runLength(down, ordinal, 10))).toEqual([5, 1, 5]);
  });
});

describe('a name', () => {
  test.each(['a', 'Orders_2024', 'a.b-c', '9lives', 'x'.repeat(63)])('may be %s', (name) => {
    expect(() => checkName('sequence', name)).not.toThrow();
  });

  test.each(['', '.hidden', '-x', '_x', 'a/b', 'a b', 'ä', 'a\n', '*', 'x'.repeat(64), 7, undefined, null])('may not be %j', (name) => {
    expect(() => checkName('service', name)).toThrow(
      expect.objectContaining({ code: 'SEQ_INVALID_NAME', message: expect.stringMatching(/^service /) }),
    );
  });

  test.each([
    ['a "b"', 'sequence "a \\"b\\"" is not a name: use 1 to 63 letters'],
    [7, 'sequence 7 is not a name'],
    [undefined, 'sequence undefined is not a name'],
  ])('that is wrong is shown as it came: %j', (name, shown) => {
    expect(() => checkName('sequence', name)).toThrow(shown);
  });

  test('that is wrong is not repeated at length', () => {
    expect(() => checkName('client type', 'x'.repeat(5_000))).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{0,300}$/s) }),
    );
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Formatter } from '../../../core/format/formatter.ts';
import type { ResetPeriod } from '../../../core/format/template.ts';

const KEY = Uint8Array.from({ length: 16 }, (_, i) => 7 * i);
const JULY = { year: 2026, month: 7, day: 1 };

function formatter(template: string, reset: ResetPeriod = 'none'): Formatter {
  return new Formatter({ template, reset, key: KEY });
}

describe('a format', () => {
  test('writes prefix, year and padded value, and reads them back', () => {
    const invoices = formatter('INV-{YYYY}-{value:06}', 'yearly');
    expect(invoices.write(42n, { year: 2026, month: 1, day: 1 })).toBe('INV-2026-000042');
    expect(invoices.read('INV-2026-000042')).toEqual({ value: 42n, period: { year: 2026, month: 1, day: 1 } });
  });

  test('lets a value be longer than its padding, and reads no number with a zero too many', () => {
    const orders = formatter('{value:03}');
    expect(orders.write(12_345n)).toBe('12345');
    expect(orders.read('0012345')).toBeUndefined();
    expect(orders.read('012')).toEqual({ value: 12n });
  });

  test('keeps braces that are written twice, and what a regular expression would take for its own', () => {
    const odd = formatter('{{a.b}}({value})');
    expect(odd.write(7n)).toBe('{a.b}(7)');
    expect(odd.read('{aXb}(7)')).toBeUndefined();
  });

  test('ends in check characters over the digits before, and reads no number that was mistyped', () => {
    const invoices = formatter('{YYYY}{MM}-{value:04}-{check:mod97-10}', 'monthly');
    const text = invoices.write(815n, JULY);
    expect(text).toBe('202607-0815-04');
    expect(invoices.read(text)).toEqual({ value: 815n, period: JULY });
    expect(invoices.read('202607-0851-04')).toBeUndefined();
  });

  test('hides how many there are behind a key, for every value once', () => {
    const ids = formatter('ord_{opaque:8}');
    const texts = Array.from({ length: 2_000 }, (_, value) => ids.write(BigInt(value)));
    expect(new Set(texts).size).toBe(2_000);
    expect(texts[0]).toMatch(/^ord_[0-9A-HJKMNP-TV-Z]{8}$/);
    expect(
      new Formatter({ template: 'ord_{opaque:8}', reset: 'none', key: KEY.map((byte) => byte + 1) }).read(texts[9] ?? '')?.value,
    ).not.toBe(9n);
    expect(ids.valueEnd).toBe(2n ** 40n);
  });

  test('reads what it wrote, for any value and day', () => {
    const formats = [formatter('{value}'), formatter('A{YY}{MM}{DD}/{YYYY}-{value:09}{check:mod11-2}', 'daily'), formatter('{opaque:13}')];
    const days = fc.record({
      year: fc.integer({ min: 2000, max: 2099 }),
      month: fc.integer({ min: 1, max: 12 }),
      day: fc.integer({ min: 1, max: 28 }),
    });
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), days, fc.constantFrom(...formats), (value, period, format) => {
        expect(format.read(format.write(value, period))?.value).toBe(value);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['INV-{YYYY}', 'yearly', /has 0 values: write \{value\} or \{opaque\} exactly once/],
    ['{value}{value}', 'none', /has 2 values/],
    ['{value}-{YYYY}', 'none', /has \{YYYY\}: a date needs a periodic reset/],
    ['{YYYY}-{DD}-{value}', 'yearly', /has \{DD\}: a yearly reset does not tell it apart/],
    ['{YYYY}-{value}', 'monthly', /lacks \{MM\}: with a monthly reset values start again/],
    ['{YY}-{value}', 'yearly', /lacks \{YYYY\}/],
    ['{check:mod97-10}{value}', 'none', /has a check in its middle/],
    ['{value}{check:luhn}', 'none', /checks by luhn: use one of mod11-2/],
    ['{value:6}', 'none', /has \{value:6\}/],
    ['{opaque:3}', 'none', /asks for 3: use 4 to 13/],
    ['{value', 'none', /has a single \{/],
    ['a}{value}', 'none', /has a single \}/],
    [`${'x'.repeat(130)}{value}`, 'none', /has 137 characters: use at most 128/],
  ] as const)('refuses %s with a reset %s, and says what to write', (template, reset, message) => {
    expect(() => formatter(template, reset)).toThrow(message);
  });
});

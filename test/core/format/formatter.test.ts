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

  test.each([
    ['{value}{check:mod97-10}', '81578'],
    ['{value:06}{check:mod1271-36}', '00081597'],
    ['{value}{check:mod11-2}', '8150'],
    ['ab{value}-{check:mod37,36}', 'ab815-I'],
    ['ab{value}-{check:mod661-26}', 'ab815-YX'],
    ['ab{value}-{check:mod27,26}', 'ab815-C'],
    ['ab{value}-{check:mod97-10}', 'ab815-78'],
    ['ab{value}{check:mod37-2}', 'ab815J'],
    ['ab{value}{check:mod11,10}', 'ab8150'],
  ])('reads a value that check characters follow: %s', (template, text) => {
    const checked = formatter(template);
    expect(checked.write(815n)).toBe(text);
    expect(checked.read(text)).toStrictEqual({ value: 815n });
  });

  test.each([
    ['{opaque:4}', ['50PH', 'Y2PX', 'MZTF', 'DZMH'], 2n ** 20n],
    ['{opaque:8}', ['VN73CNB6', 'AE71ZAD6', 'BZBDYG5K', 'D7H409MF'], 2n ** 40n],
    ['{opaque:12}', ['KJ4AHYFVTKRQ', 'BGNZWA6MP6W5', '8JEZPEBWHQEE', 'R19CNJPRX92Z'], 2n ** 60n],
    ['{opaque}', ['0VBM7PCQZAPG7', '4891ECZ9KSSNH', '29JVJTEQ6G3AY', '362H74YAPT0JG'], 2n ** 63n],
  ])('hides values behind a key alike in every version: %s', (template, texts, valueEnd) => {
    const ids = formatter(template);
    expect([0n, 1n, 2n, 1_000_000n].map((value) => ids.write(value))).toEqual(texts);
    expect(texts.map((text) => ids.read(text)?.value)).toEqual([0n, 1n, 2n, 1_000_000n]);
    expect(ids.valueEnd).toBe(valueEnd);
  });

  test('reads no opaque text beyond its domain, and has no end of values where nothing is hidden', () => {
    // 2^63 is the first that is not hidden.
    for (const text of ['8000000000000', 'ZZZZZZZZZZZZZ']) expect(formatter('{opaque}').read(text)).toBeUndefined();
    expect(formatter('{value}').valueEnd).toBeUndefined();
  });

  test('writes an opaque value as it is where no key is known, and reads it back', () => {
    const plain = new Formatter({ template: '{opaque:4}', reset: 'none' });
    expect([0n, 31n, 32n].map((value) => plain.write(value))).toEqual(['0000', '000Z', '0010']);
    expect(plain.read('0010')).toEqual({ value: 32n });
    expect(plain.valueEnd).toBeUndefined();
  });

  test('writes values below zero with their sign before the padding, and reads them back', () => {
    const below = formatter('T{value:03}');
    expect([-5n, -1234n, 0n].map((value) => below.write(value))).toEqual(['T-005', 'T-1234', 'T000']);
    expect(['T-005', 'T-1234', 'T000', 'T-000', 'T-5', 'T--005', 'xT-005', 'T-005x'].map((text) => below.read(text)?.value)).toEqual([
      ...[-5n, -1234n, 0n],
      ...Array(5).fill(undefined),
    ]);
  });

  test('writes a date in full, in short, by month and by day, with zeros before', () => {
    const days = formatter('{YYYY}/{YY}/{MM}/{DD}:{value}', 'daily');
    const text = '0805/05/03/09:1';
    expect(days.write(1n, { year: 805, month: 3, day: 9 })).toBe(text);
    expect(days.read(text)).toEqual({ value: 1n, period: { year: 805, month: 3, day: 9 } });
    expect(days.read('0805/06/03/09:1')).toBeUndefined();
    expect(days.write(1n)).toBe('///:1');
    expect(formatter('{YYYY}{MM}-{value}', 'monthly').read('202607-1')?.period).toEqual(JULY);
  });

  test('takes every character of a regular expression as it is', () => {
    const odd = '^a.*b+c?(d)[e]{{2}}|$\\n';
    const text = odd.replace('{{', '{').replace('}}', '}');
    expect(formatter(`${odd}{value}`).write(7n)).toBe(`${text}7`);
    expect(formatter(`${odd}{value}`).read(`${text}7`)).toEqual({ value: 7n });
    expect(formatter('a|{value}').read('a')).toBeUndefined();
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

  test('is not made of a template that is wrong', () => {
    expect(() => formatter('INV-{YYYY}', 'yearly')).toThrow('has 0 values: write {value} or {opaque} exactly once');
  });
});

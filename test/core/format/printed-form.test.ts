/** How a definition's values are printed: what must be said for it, what is refused, and that a print belongs to one period. */
import { describe, expect, test } from 'vitest';
import { printingOf } from '../../../core/format/printed-form.ts';
import { defineSequence, inPeriod, type SequenceAttributes } from '../../../core/sequence.ts';

const KEY = '000102030405060708090a0b0c0d0e0f';
const YEARLY = { reset: 'yearly', timeZone: 'Europe/Berlin', periodStart: '2026-01-01' } as const;

describe('a printed form', () => {
  test('writes and reads the values of its own period only', () => {
    const year = defineSequence({ ...YEARLY, format: 'INV-{YYYY}-{value:06}' });
    const next = inPeriod(year, '2027-01-01');
    expect(printingOf(year)?.write(123n)).toBe('INV-2026-000123');
    expect(printingOf(next)?.write(123n)).toBe('INV-2027-000123');
    expect(printingOf(year)?.read('INV-2026-000123')).toBe(123n);
    expect(printingOf(next)?.read('INV-2026-000123')).toBeUndefined();
  });

  test('hides values by its own key', () => {
    const ids = defineSequence({ format: 'ord_{opaque}', opaqueKey: KEY });
    const others = defineSequence({ format: 'ord_{opaque}', opaqueKey: KEY.replace('0f', 'f0') });
    const text = printingOf(ids)?.write(2n ** 63n - 1n) ?? '';
    expect(text).toMatch(/^ord_[0-9A-HJKMNP-TV-Z]{13}$/);
    expect(printingOf(ids)?.read(text)).toBe(2n ** 63n - 1n);
    expect(printingOf(others)?.read(text)).not.toBe(2n ** 63n - 1n);
  });

  test('is none where values are numbers only', () => {
    expect(printingOf(defineSequence({}))).toBeUndefined();
  });

  test('is made once for a definition', () => {
    const orders = defineSequence({ format: '{value:04}' });
    expect(printingOf(orders)).toBe(printingOf(orders));
  });

  test.each<[SequenceAttributes, RegExp]>([
    [{ reset: 'yearly' }, /^timeZone is missing: say whose midnight counts/],
    [{ reset: 'yearly', timeZone: 'Berlin' }, /^timeZone Berlin is not known here: use a name such as Europe\/Berlin/],
    [{ reset: 'yearly', timeZone: 'Europe/Berlin' }, /^periodStart is missing: use the first day .* YYYY-MM-DD/],
    [{ reset: 'yearly', timeZone: 'Europe/Berlin', periodStart: '2026-02-30' }, /^periodStart is 2026-02-30/],
    [{ periodStart: '2026-01-01' }, /^periodStart is 2026-01-01: without resets there are no periods/],
    [{ ...YEARLY, format: 'INV-{value}' }, /lacks \{YYYY\}: with a yearly reset values start again/],
    [{ format: '{opaque}' }, /^opaqueKey is missing: a format with \{opaque\} needs a key/],
    [{ format: '{opaque}', opaqueKey: 'secret' }, /^opaqueKey is no key: use 32 hexadecimal digits, in small letters/],
    [{ format: '{opaque}', opaqueKey: KEY.toUpperCase() }, /^opaqueKey is no key/],
    [{ format: '{value}', opaqueKey: 'secret' }, /^opaqueKey is no key/],
    [{ format: '{opaque:4}', opaqueKey: KEY }, /^max is 9223372036854775807: the format hides values up to 1048575/],
    [{ format: '{opaque:4}', opaqueKey: KEY, max: 2n ** 20n }, /^max is 1048576: the format hides values up to 1048575/],
    [{ format: '{opaque:4}', opaqueKey: KEY, min: -5n, max: 9n }, /^min is -5: .* use min 0 or more/],
    [{ reset: 'weekly' as 'daily', timeZone: 'UTC' }, /^reset is weekly: use none, daily, monthly, yearly/],
    [{ burnCost: 'huge' as 'high' }, /^burnCost is huge/],
    [{ guarantee: 'exact' as 'unique' }, /^guarantee is exact/],
    [{ guarantee: 'gapless', order: 'sequence' }, /^order is sequence/],
  ])('is refused where it contradicts itself: case %#', (attributes, message) => {
    expect(() => defineSequence(attributes)).toThrow(message);
  });

  test('that is refused names the attribute which is wrong', () => {
    for (const [attribute, attributes] of [
      ['reset', { reset: 'weekly' as 'daily' }],
      ['opaqueKey', { format: '{opaque}' }],
      ['format', { format: 'INV-{number}' }],
      ['max', { format: '{opaque:4}', opaqueKey: KEY }],
    ] as const) {
      const refused = { code: 'SEQ_INVALID_DEFINITION', details: { attribute } };
      expect(() => defineSequence(attributes)).toThrow(expect.objectContaining(refused));
    }
  });

  test('hides every value of its domain, from 0 up to the last one', () => {
    const ids = defineSequence({ format: '{opaque:4}', opaqueKey: KEY, min: 0n, max: 2n ** 20n - 1n });
    for (const value of [0n, 2n ** 20n - 1n]) expect(printingOf(ids)?.read(printingOf(ids)?.write(value) ?? '')).toBe(value);
  });

  test('reads nothing from what no format of it would have written', () => {
    const ids = defineSequence({ format: 'ord_{opaque:4}', opaqueKey: KEY, max: 9n });
    for (const text of ['', '7', 'ord_', 'ord_ABCI', 'ord_ABCDE', 'inv_ABCD']) expect(printingOf(ids)?.read(text)).toBeUndefined();
  });

  test('begins each period where a cycle would begin again', () => {
    expect(inPeriod(defineSequence({ ...YEARLY, start: 501n }), '2027-01-01')).toMatchObject({ start: 1n, periodStart: '2027-01-01' });
    expect(inPeriod(defineSequence({ ...YEARLY, increment: -1n, max: 900n }), '2027-01-01').start).toBe(900n);
  });
});

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
    [{ reset: 'yearly' }, /^timeZone is missing/],
    [{ reset: 'yearly', timeZone: 'Berlin' }, /^timeZone Berlin is not known here/],
    [{ reset: 'yearly', timeZone: 'Europe/Berlin' }, /^periodStart is missing/],
    [{ reset: 'yearly', timeZone: 'Europe/Berlin', periodStart: '2026-02-30' }, /^periodStart is 2026-02-30/],
    [{ periodStart: '2026-01-01' }, /without resets there are no periods/],
    [{ ...YEARLY, format: 'INV-{value}' }, /lacks \{YYYY\}: with a yearly reset values start again/],
    [{ format: '{opaque}' }, /^opaqueKey is missing/],
    [{ format: '{opaque}', opaqueKey: 'secret' }, /^opaqueKey is no key/],
    [{ format: '{opaque:4}', opaqueKey: KEY }, /^max is 9223372036854775807: the format hides values up to 1048575/],
    [{ format: '{opaque:4}', opaqueKey: KEY, min: -5n, max: 9n }, /^min is -5/],
    [{ reset: 'weekly' as 'daily', timeZone: 'UTC' }, /^reset is weekly/],
    [{ burnCost: 'huge' as 'high' }, /^burnCost is huge/],
    [{ guarantee: 'exact' as 'unique' }, /^guarantee is exact/],
    [{ guarantee: 'gapless', order: 'sequence' }, /^order is sequence/],
  ])('is refused where it contradicts itself: case %#', (attributes, message) => {
    expect(() => defineSequence(attributes)).toThrow(message);
  });

  test('begins each period where a cycle would begin again', () => {
    expect(inPeriod(defineSequence({ ...YEARLY, start: 501n }), '2027-01-01')).toMatchObject({ start: 1n, periodStart: '2027-01-01' });
    expect(inPeriod(defineSequence({ ...YEARLY, increment: -1n, max: 900n }), '2027-01-01').start).toBe(900n);
  });
});

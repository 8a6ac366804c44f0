/** Printed numbers, values that begin again at midnight, and gapless sequences that are defined before anything serves them. */
import { describe, expect, test } from 'vitest';
import { formattedValues, nextAnswerText } from '../../../workers/gateway/next-answer.ts';
import type { NextAnswer } from '../../../workers/runtime/service/service.ts';
import { opened, scratchDirectory } from './scratch-directory.ts';

const MIDNIGHT = Date.parse('2026-12-31T23:00:00Z');
const INVOICES = { format: 'INV-{YYYY}-{value:06}', reset: 'yearly', timeZone: 'Europe/Berlin' } as const;

/** A clock that stands where it is put: midnight comes when the test says so. */
function settableClock(nowMs: number) {
  const clock = { at: nowMs, nowMs: () => clock.at };
  return clock;
}

async function printed(answer: NextAnswer | Promise<NextAnswer>): Promise<string[]> {
  return formattedValues(await answer);
}

describe('a sequence with a format', () => {
  test('prints its values, tells who got a printed number, and prints alike under the same key', async () => {
    const clock = settableClock(MIDNIGHT - 60_000);
    const seqcast = await opened({ clock: () => clock });
    await seqcast.create('invoices', INVOICES);
    const first = await seqcast.next({ sequence: 'invoices', count: 2 });
    expect(JSON.parse(nextAnswerText(first, 'values'))).toMatchObject({
      period: '2026-01-01',
      values: ['1', '2'],
      formatted: ['INV-2026-000001', 'INV-2026-000002'],
    });
    expect(JSON.parse(nextAnswerText(first, 'formatted'))).not.toHaveProperty('values');
    expect(JSON.parse(nextAnswerText(first, 'blocks'))).not.toHaveProperty('formatted');
    expect(await seqcast.who('invoices', 'INV-2026-000002')).toMatchObject({ value: '2', formatted: 'INV-2026-000002', state: 'issued' });
    await expect(seqcast.who('invoices', 'INV-2025-000002')).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_VALUE' });
    const once = { sequence: 'invoices', count: 1, idempotencyKey: 'order-7' };
    expect(await printed(seqcast.next(once))).toEqual(await printed(seqcast.next(once)));
  });

  test('hides values behind a key that is made up once, and finds them again', async () => {
    const seqcast = await opened();
    await seqcast.create('tickets', { format: 'T-{opaque:10}-{check:mod37-2}', max: 1_000_000n });
    await seqcast.create('tickets', { format: 'T-{opaque:10}-{check:mod37-2}', max: 1_000_000n });
    const [text = ''] = await printed(seqcast.next({ sequence: 'tickets', count: 1 }));
    expect(text).toMatch(/^T-[0-9A-HJKMNP-TV-Z]{10}-[0-9A-Z*]$/);
    expect(await seqcast.who('tickets', text)).toMatchObject({ value: '1', formatted: text });
    const { opaqueKey } = seqcast.describe('tickets').definition;
    expect(opaqueKey).toMatch(/^[0-9a-f]{32}$/);
    expect((await seqcast.alter('tickets', { max: 2_000_000n })).definition.opaqueKey).toBe(opaqueKey);
  });

  test('is found by a number of digits only, after the value that reads like it', async () => {
    const seqcast = await opened();
    await seqcast.create('orders', { format: '7{value:04}' });
    expect(await printed(seqcast.next({ sequence: 'orders', count: 3 }))).toEqual(['70001', '70002', '70003']);
    expect(await seqcast.who('orders', 70_003n)).toMatchObject({ value: '3' });
    expect(await seqcast.who('orders', 3n)).toMatchObject({ value: '3', formatted: '70003' });
  });

  test('is had by applications as values and prints together', async () => {
    const seqcast = await opened();
    await seqcast.create('orders', { format: 'A{value}' });
    await seqcast.create('plain', {});
    const [orders, plain] = [seqcast.sequence('orders'), seqcast.sequence('plain')];
    expect(await orders.takeFormatted(2)).toEqual([
      { value: 1n, formatted: 'A1' },
      { value: 2n, formatted: 'A2' },
    ]);
    await expect(plain.takeFormatted(1)).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
    await Promise.all([orders.close(), plain.close()]);
  });
});

describe('a sequence that begins again each year', () => {
  test('gives out nothing of the old year after midnight, waits for the new one, and keeps old answers', async () => {
    const clock = settableClock(MIDNIGHT - 1);
    const seqcast = await opened({ clock: () => clock });
    await seqcast.create('invoices', { ...INVOICES, start: 501n });
    const old = { sequence: 'invoices', count: 1, idempotencyKey: 'last-of-the-year' };
    expect(await printed(seqcast.next(old))).toEqual(['INV-2026-000501']);
    expect(await printed(seqcast.next({ sequence: 'invoices', count: 1 }))).toEqual(['INV-2026-000502']);
    clock.at = MIDNIGHT;
    const late = seqcast.next({ sequence: 'invoices', count: 2 });
    expect(late).toBeInstanceOf(Promise);
    expect(await late).toMatchObject({ period: '2027-01-01', stalled: true });
    expect(await printed(late)).toEqual(['INV-2027-000001', 'INV-2027-000002']);
    expect(await printed(seqcast.next(old))).toEqual(['INV-2026-000501']);
    expect(await seqcast.who('invoices', 'INV-2026-000501')).toMatchObject({ value: '501', state: 'issued' });
    expect(await seqcast.who('invoices', 1n)).toMatchObject({ formatted: 'INV-2027-000001' });
    await seqcast.create('invoices', { ...INVOICES, start: 501n });
    const audit = await seqcast.audit();
    expect(audit.problems).toEqual([]);
    expect(audit.accounts.map(({ generation }) => generation)).toHaveLength(2);
  });

  test('begins the year that it is, where the process slept over two', async () => {
    const dataDir = scratchDirectory();
    const clock = settableClock(Date.parse('2026-03-01T00:00:00Z'));
    const first = await opened({ dataDir, clock: () => clock });
    await first.create('invoices', INVOICES);
    await first.next({ sequence: 'invoices', count: 1 });
    await first.close();
    clock.at = Date.parse('2029-02-01T00:00:00Z');
    const second = await opened({ dataDir, clock: () => clock });
    expect(await printed(second.next({ sequence: 'invoices', count: 1 }))).toEqual(['INV-2029-000001']);
    const { accounts } = await second.audit();
    expect(accounts).toHaveLength(2);
  });

  test('that is altered after midnight begins the new year, and before it goes on', async () => {
    const clock = settableClock(MIDNIGHT - 1);
    const seqcast = await opened({ clock: () => clock });
    await seqcast.create('invoices', { ...INVOICES, min: 10n });
    await seqcast.next({ sequence: 'invoices', count: 1 });
    expect((await seqcast.alter('invoices', { max: 9_999n })).definition.start).toBeGreaterThan(10n);
    clock.at = MIDNIGHT;
    expect((await seqcast.alter('invoices', { max: 99_999n })).definition).toMatchObject({ start: 10n, periodStart: '2027-01-01' });
  });

  test('that was used up in the old year has values again in the new one', async () => {
    const clock = settableClock(MIDNIGHT - 1);
    const seqcast = await opened({ clock: () => clock });
    await seqcast.create('few', { ...INVOICES, max: 3n });
    await seqcast.next({ sequence: 'few', count: 3 });
    await expect(seqcast.next({ sequence: 'few', count: 1 })).rejects.toMatchObject({ code: 'SEQ_EXHAUSTED' });
    clock.at = MIDNIGHT;
    expect(await printed(seqcast.next({ sequence: 'few', count: 3 }))).toEqual(['INV-2027-000001', 'INV-2027-000002', 'INV-2027-000003']);
  });
});

describe('a gapless sequence', () => {
  test('is defined and described, and says that its numbers are reserved', async () => {
    const dataDir = scratchDirectory();
    const first = await opened({ dataDir });
    await first.create('bills', { guarantee: 'gapless', format: 'B{value:05}' });
    expect(() => first.next({ sequence: 'bills', count: 1 })).toThrow(/bills is gapless: its numbers are taken by reservation/);
    await expect(first.alter('bills', { guarantee: 'unique' })).rejects.toMatchObject({ code: 'SEQ_INVALID_DEFINITION' });
    await first.create('orders', {});
    await first.next({ sequence: 'orders', count: 1 });
    await first.close();
    const second = await opened({ dataDir });
    expect(second.describe('bills').definition).toMatchObject({ guarantee: 'gapless', format: 'B{value:05}' });
    expect((await second.audit()).problems).toEqual([]);
  });
});

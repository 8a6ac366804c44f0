/** What a store of a transaction pool does at the edges: bounds, unknown ids, clocks that jump, grants, and groups with refusals in them. */
import { expect, test } from 'vitest';
import { TTL_MS_MAX, TTL_MS_MIN } from '../../core/reservation/bounds.ts';
import { cancelling, confirming, MINUTE_MS, ordinalsOf, reserving, type WithCalls } from './registrar-calls.ts';
import { aSeries } from './registrar-load.ts';

export function edges(withCalls: WithCalls): void {
  test('a time to live of 0, of less than a second or of a year is refused with its bounds', () =>
    withCalls(async ({ one, refused, reserve, series }) => {
      for (const ttlMs of [0, -1, TTL_MS_MIN - 1, TTL_MS_MAX + 1, 365 * 86_400_000, 1.5, Number.NaN])
        expect(await refused({ ...reserving(series, 'k'), ttlMs })).toBe('SEQ_INVALID_REQUEST');
      const outcome = await one({ ...reserving(series, 'k'), ttlMs: 0 });
      expect('refusal' in outcome && outcome.refusal.message).toMatch(/ttlMs is 0; .*1000 ms to 2592000000 ms/);
      for (const ttlMs of [TTL_MS_MIN, TTL_MS_MAX]) expect(await reserve(`k${ttlMs}`, { ttlMs })).toMatchObject({ expiresAtMs: ttlMs });
    }));

  test('a key, a payload hash, a count or words out of bounds are refused and change nothing', () =>
    withCalls(async ({ refused, reserve, registrar, series }) => {
      const before = await registrar.status(series);
      for (const key of ['', 'with space', 'ü', 'x'.repeat(256)]) expect(await refused(reserving(series, key))).toBe('SEQ_INVALID_REQUEST');
      for (const count of [0, -1, 1.5, 10_001]) expect(await refused({ ...reserving(series, 'k'), count })).toBe('SEQ_INVALID_COUNT');
      expect(await refused({ ...reserving(series, 'k'), payloadHash: '' })).toBe('SEQ_INVALID_REQUEST');
      expect(await refused({ ...reserving(series, 'k'), owner: 'line\nbreak' })).toBe('SEQ_INVALID_REQUEST');
      expect(await registrar.status(series)).toEqual(before);
      const held = await reserve('x'.repeat(255), { count: 10_000, owner: 'Ünal & Söhne' });
      expect(await refused(cancelling(held.id, 'x'.repeat(256)))).toBe('SEQ_INVALID_REQUEST');
      expect(await registrar.find(held.id)).toEqual(held);
    }));

  test('what was never an id, never a series, or of a former copy is unknown', () =>
    withCalls(async ({ refused, reserve, registrar, series }) => {
      const { id } = await reserve('k');
      for (const wrong of ['', 'nonsense', '1', `${series}-2-life-1`, '99-1-life-1', id.replace('life-1', 'life-2'), `${id}-`])
        expect(await refused(confirming(wrong))).toBe('SEQ_UNKNOWN_RESERVATION');
      expect(await registrar.find(id.replace('life-1', 'life-2'))).toBeUndefined();
      expect(await refused(reserving(99, 'k'))).toBe('SEQ_UNKNOWN_SEQUENCE');
      expect(await registrar.status(99)).toBeUndefined();
    }));

  test('a clock that jumps back expires nothing and brings nothing back', () =>
    withCalls(async ({ reserve, refused, registrar, writer }) => {
      const first = await reserve('first', { nowMs: 10 * MINUTE_MS });
      expect((await registrar.sweep(writer, 2 * MINUTE_MS)).expired).toEqual([]);
      const second = await reserve('second', { nowMs: 2 * MINUTE_MS });
      expect((await registrar.sweep(writer, 3 * MINUTE_MS)).expired.map(({ id }) => id)).toEqual([second.id]);
      expect((await registrar.sweep(writer, 11 * MINUTE_MS)).expired.map(({ id }) => id)).toEqual([first.id]);
      expect((await registrar.sweep(writer, 0)).expired).toEqual([]);
      for (const { id } of [first, second]) expect(await refused({ ...confirming(id), nowMs: 0 })).toBe('SEQ_RESERVATION_EXPIRED');
    }));

  test('more than is granted is refused for now, more than there will ever be for good', () =>
    withCalls(async ({ reserve, cancel, refused, registrar, writer, series }) => {
      const held = await reserve('a', { count: 8 });
      const three = { ...reserving(series, 'b'), count: 3 };
      expect(await refused(three)).toBe('SEQ_GRANT_AWAITED');
      await cancel(held);
      expect(await registrar.status(series)).toMatchObject({ granted: 10, free: 8 });
      await reserve('c', { count: 9 });
      await registrar.grant(writer, series, { start: 10, end: 12 });
      expect((await reserve('b', { count: 3 })).intervals).toEqual([{ start: 9, end: 12 }]);
      await registrar.grant(writer, series, { start: 12, end: 1_000_000 });
      for (let index = 0; index < 99; index++) await reserve(`d${index}`, { count: 10_000 });
      await reserve('e', { count: 9_987 });
      expect(await refused({ ...reserving(series, 'f'), count: 2 })).toBe('SEQ_EXHAUSTED');
      expect(ordinalsOf(await reserve('f'))).toEqual([999_999]);
      expect(await refused(reserving(series, 'g'))).toBe('SEQ_EXHAUSTED');
    }, 10));

  test('a grant that does not continue the last one is refused; one that was read before changes nothing', () =>
    withCalls(async ({ registrar, writer, series }) => {
      const ops = (await registrar.lineage()).ops;
      for (const grant of [
        { start: 11, end: 20 },
        { start: 5, end: 20 },
        { start: 10, end: 1_000_001 },
      ])
        await expect(registrar.grant(writer, series, grant)).rejects.toMatchObject({ code: 'SEQ_CONFLICT' });
      expect(await registrar.grant(writer, series, { start: 0, end: 10 })).toBe(ops);
      expect(await registrar.grant(writer, series, { start: 10, end: 20 })).toBe(ops + 1);
      expect(await registrar.status(series)).toMatchObject({ granted: 20 });
      await expect(registrar.grant(writer, 99, { start: 0, end: 1 })).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_SEQUENCE' });
    }, 10));

  test('a series opened again is the one it was, and with another capacity a contradiction', () =>
    withCalls(async ({ registrar, writer, series, reserve }) => {
      await reserve('k');
      const { ops } = await registrar.lineage();
      const again = await registrar.openSeries(writer, aSeries());
      expect(again).toMatchObject({ ops, status: { series, next: 1, sequence: 'invoices', generation: 7, label: '' } });
      await expect(registrar.openSeries(writer, aSeries({ capacity: 5 }))).rejects.toMatchObject({ code: 'SEQ_CONFLICT' });
      await expect(registrar.openSeries(writer, aSeries({ label: 'not/a label' }))).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
      expect((await registrar.openSeries(writer, aSeries({ label: '2027' }))).status).toMatchObject({ next: 0, label: '2027' });
    }));
}

export function groups(withCalls: WithCalls): void {
  test('is done in order, and what is refused in it disturbs nothing', () =>
    withCalls(async ({ registrar, writer, series, reserve }) => {
      const held = await reserve('held');
      const before = (await registrar.lineage()).ops;
      const { outcomes, ops } = await registrar.apply(writer, [
        cancelling(held.id),
        confirming(held.id),
        reserving(series, 'a'),
        { ...reserving(series, 'a'), payloadHash: 'another' },
        { ...reserving(series, 'b'), count: 0 },
        { ...reserving(series, 'c'), count: 2 },
        reserving(series, 'a'),
      ]);
      const told = outcomes.map((outcome) => ('refusal' in outcome ? outcome.refusal.code : ordinalsOf(outcome.reservation)));
      expect(told).toEqual([[0], 'SEQ_RESERVATION_CANCELLED', [0], 'SEQ_REQUEST_CONFLICT', 'SEQ_INVALID_COUNT', [1, 2], [0]]);
      expect(ops).toBe(before + 3);
      expect((await registrar.lineage()).ops).toBe(ops);
      expect(await registrar.apply(writer, [])).toEqual({ outcomes: [], ops });
    }));
}

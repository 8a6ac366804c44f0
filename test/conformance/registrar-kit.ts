/**
 * What every store of a transaction pool must do: the invariants T1 to T8 (held once, no gap, given up first, one answer for a key,
 * conflict, durable, fenced, exclusive), the edges, the reports, and what the lineage of lives rests on.
 */
import { describe, expect, test } from 'vitest';
import { TTL_MS_MIN } from '../../core/reservation/bounds.ts';
import type { RegisteredReservation, Registrar } from '../../pipelines/ports.ts';
import { chance, type Harness, using } from './harness.ts';
import { begun, type Calls, callsOf, cancelling, confirming, MINUTE_MS, ordinalsOf, reserving, type WithCalls } from './registrar-calls.ts';
import { edges, groups } from './registrar-edges-kit.ts';
import { aSeries } from './registrar-load.ts';
import { registrarProperty } from './registrar-property.ts';
import { lives, reopening, reports } from './registrar-reports-kit.ts';

export function registrarKit(harness: Harness<Registrar>): void {
  const withCalls: WithCalls = (scenario, granted) => using(harness, async (registrar) => scenario(await begun(registrar, granted)));
  describe('numbers', () => numbers(withCalls));
  describe('a key', () => keys(harness, withCalls));
  describe('the end of a reservation', () => ends(withCalls));
  describe('edges', () => edges(withCalls));
  describe('a group', () => groups(withCalls));
  describe('reports', () => reports(withCalls));
  describe('lives', () => lives(harness));
  describe.runIf(harness.reopen !== undefined)('opening again', () => reopening(harness));
  registrarProperty(harness);
}

function numbers(withCalls: WithCalls): void {
  test('count from 0 without a gap, and each is held once (T1)', () =>
    withCalls(async ({ reserve }) => {
      const all: number[] = [];
      for (const count of [1, 3, 2, 1]) all.push(...ordinalsOf(await reserve(`k${all.length}`, { count })));
      expect(all).toEqual([0, 1, 2, 3, 4, 5, 6]);
    }));

  test('that were cancelled go before fresh ones, lowest first, in as many intervals as it takes (T3)', () =>
    withCalls(async ({ reserve, cancel, registrar, series }) => {
      const held: RegisteredReservation[] = [];
      for (let index = 0; index < 6; index++) held.push(await reserve(`k${index}`));
      for (const index of [4, 1]) await cancel(held[index] as RegisteredReservation);
      expect(ordinalsOf(await reserve('a'))).toEqual([1]);
      const wide = await reserve('b', { count: 3 });
      expect(wide.intervals).toEqual([
        { start: 4, end: 5 },
        { start: 6, end: 8 },
      ]);
      await cancel(wide);
      expect(await registrar.status(series)).toMatchObject({ next: 8, free: 3 });
      expect(ordinalsOf(await reserve('c', { count: 2 }))).toEqual([4, 6]);
      expect(ordinalsOf(await reserve('d', { count: 2 }))).toEqual([7, 8]);
      expect(await registrar.status(series)).toMatchObject({ next: 9, free: 0, open: 7 });
    }));

  test('that are confirmed have no gap once nothing is open, whatever happened before (T2)', () =>
    withCalls(async ({ reserve, confirm, cancel, registrar, writer, series }) => {
      const below = chance(7);
      const open: RegisteredReservation[] = [];
      const confirmed: number[] = [];
      let key = 0;
      for (let step = 0; step < 150; step++) {
        const kind = below(10);
        const [one] = kind < 5 || open.length === 0 ? [] : open.splice(below(open.length), 1);
        if (one === undefined) open.push(await reserve(`k${key++}`, { count: 1 + below(3) }));
        else if (kind < 8) confirmed.push(...ordinalsOf(await confirm(one)));
        else await cancel(one);
      }
      await registrar.sweep(writer, MINUTE_MS);
      const { free = 0, next = 0 } = (await registrar.status(series)) ?? {};
      if (free > 0) confirmed.push(...ordinalsOf(await confirm(await reserve('fill', { count: free }))));
      expect(confirmed.sort((a, b) => a - b)).toEqual(Array.from({ length: next }, (_, index) => index));
    }));

  test('that are issued at once are confirmed when they are answered, and free ones go first', () =>
    withCalls(async ({ issue, reserve, cancel, refused, registrar, series }) => {
      await cancel(await reserve('a'));
      const issued = await issue(undefined, 3);
      expect(issued).toMatchObject({ state: 'confirmed', intervals: [{ start: 0, end: 3 }], expiresAtMs: undefined });
      expect(await refused(cancelling(issued.id))).toBe('SEQ_RESERVATION_CONFIRMED');
      expect(ordinalsOf(await issue(undefined))).toEqual([3]);
      expect(await registrar.status(series)).toMatchObject({ open: 0, free: 0, next: 4 });
    }));

  test('asked for by many at the same time are held once each', () =>
    withCalls(async ({ reserve, issue }) => {
      const asked = Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? reserve(`k${index}`, { count: 2 }) : issue(undefined)));
      const all = (await Promise.all(asked)).flatMap(ordinalsOf).sort((a, b) => a - b);
      expect(all).toEqual(Array.from({ length: 90 }, (_, index) => index));
    }));
}

function keys(harness: Harness<Registrar>, withCalls: WithCalls): void {
  test('gives one answer for ever: while open, confirmed, cancelled and expired (T4)', () =>
    withCalls(async ({ reserve, confirm, cancel, registrar, writer }) => {
      const held = await Promise.all(['open', 'confirmed', 'cancelled', 'expired'].map((key) => reserve(key, { count: 2 })));
      await confirm(held[1] as RegisteredReservation);
      await cancel(held[2] as RegisteredReservation);
      await registrar.sweep(writer, MINUTE_MS);
      for (const { key, id, intervals, expiresAtMs } of held) {
        const again = await reserve(key ?? '', { count: 2, nowMs: 5 * MINUTE_MS });
        const state = key === 'open' ? 'expired' : key;
        expect(again).toMatchObject({ id, intervals, expiresAtMs, state });
      }
    }));

  test('used by many at the same time makes one reservation', () =>
    withCalls(async ({ reserve, registrar, series }) => {
      const all = await Promise.all(Array.from({ length: 20 }, () => reserve('same')));
      expect(new Set(all.map(({ id }) => id)).size).toBe(1);
      expect(await registrar.status(series)).toMatchObject({ next: 1, open: 1, reservations: 1 });
    }));

  test('used for another payload, count or kind of call is a conflict, and stays one (T5)', () =>
    withCalls(async ({ reserve, confirm, refused, series }) => {
      const held = await reserve('k');
      const others = [
        { ...reserving(series, 'k'), payloadHash: 'another' },
        { ...reserving(series, 'k'), count: 2 },
        { kind: 'issue', series, key: 'k', payloadHash: 'payload', count: 1, owner: 'shop', nowMs: 0 } as const,
      ];
      for (const other of others) expect(await refused(other)).toBe('SEQ_REQUEST_CONFLICT');
      await confirm(held);
      for (const other of others) expect(await refused(other)).toBe('SEQ_REQUEST_CONFLICT');
    }));

  test('says whether the answer is a repeated one', () =>
    withCalls(async ({ one, series, registrar }) => {
      const ops = (await registrar.lineage()).ops;
      expect(await one(reserving(series, 'k'))).toMatchObject({ repeated: false });
      expect(await one(reserving(series, 'k'))).toMatchObject({ repeated: true });
      expect((await registrar.lineage()).ops).toBe(ops + 1);
    }));

  test('finds its reservation in another series of its scope, and in no other scope', () =>
    using(harness, async (registrar) => {
      const { writer, reserve, series, confirm } = await begun(registrar);
      const of = async (label: string, keyScope: string): Promise<Calls> => {
        const { status } = await registrar.openSeries(writer, aSeries({ label, keyScope }));
        await registrar.grant(writer, status.series, { start: 0, end: 100 });
        return callsOf(registrar, writer, status.series);
      };
      const nextYear = await of('2027', 'invoices');
      const elsewhere = await of('', 'invoices').then(() => of('credit', 'credit-notes'));
      const held = await reserve('order-17');
      const again = await nextYear.reserve('order-17');
      expect(again).toMatchObject({ id: held.id, series });
      expect(await nextYear.confirm(again)).toMatchObject({ id: held.id, state: 'confirmed' });
      expect(await confirm(held)).toMatchObject({ state: 'confirmed' });
      expect(await nextYear.refused({ ...reserving(nextYear.series, 'order-17'), payloadHash: 'another' })).toBe('SEQ_REQUEST_CONFLICT');
      expect(await elsewhere.reserve('order-17')).toMatchObject({ series: elsewhere.series, intervals: [{ start: 0, end: 1 }] });
      expect(await registrar.findByKey('invoices', 'order-17')).toMatchObject({ id: held.id });
      expect(await registrar.findByKey('nobody', 'order-17')).toBeUndefined();
    }));
}

function ends(withCalls: WithCalls): void {
  test('by confirm is told again when it is asked again, and excludes cancel (T8)', () =>
    withCalls(async ({ reserve, confirm, refused, one }) => {
      const held = await reserve('k');
      const confirmed = await confirm(held);
      expect(confirmed).toMatchObject({ id: held.id, state: 'confirmed', end: { atMs: 10, by: 'shop' } });
      expect(await one(confirming(held.id))).toEqual({ reservation: confirmed, repeated: true });
      expect(await refused(cancelling(held.id))).toBe('SEQ_RESERVATION_CONFIRMED');
    }));

  test('by cancel is told again when it is asked again, and excludes confirm (T8)', () =>
    withCalls(async ({ reserve, cancel, refused, registrar, series }) => {
      const held = await reserve('k');
      const cancelled = await cancel(held, 'the order was withdrawn');
      expect(cancelled.end).toEqual({ atMs: 20, by: 'shop', because: 'the order was withdrawn' });
      expect(await cancel(held, 'another reason')).toEqual(cancelled);
      expect(await refused(confirming(held.id))).toBe('SEQ_RESERVATION_CANCELLED');
      expect(await registrar.status(series)).toMatchObject({ open: 0, free: 1 });
    }));

  test('asked for both ways at once is one of them', () =>
    withCalls(async ({ reserve, one, registrar }) => {
      const held = await reserve('k');
      const outcomes = await Promise.all([confirming(held.id), cancelling(held.id), confirming(held.id), cancelling(held.id)].map(one));
      expect(outcomes.filter((outcome) => 'refusal' in outcome)).toHaveLength(2);
      expect(['confirmed', 'cancelled']).toContain((await registrar.find(held.id))?.state);
    }));

  test('by expiry is the sweeper’s alone: until it has run, a confirm is in time', () =>
    withCalls(async ({ reserve, one, registrar, writer }) => {
      const held = await reserve('k', { ttlMs: TTL_MS_MIN });
      expect(await registrar.find(held.id)).toMatchObject({ state: 'reserved', expiresAtMs: TTL_MS_MIN });
      expect((await registrar.sweep(writer, TTL_MS_MIN - 1)).expired).toEqual([]);
      const late = { kind: 'confirm', id: held.id, by: 'shop', nowMs: 10 * TTL_MS_MIN } as const;
      expect(await one(late)).toMatchObject({ reservation: { state: 'confirmed' } });
      expect((await registrar.sweep(writer, 20 * TTL_MS_MIN)).expired).toEqual([]);
    }));

  test('by expiry is final: no confirm any more, not before and not after somebody else has the number (T7)', () =>
    withCalls(async ({ reserve, confirm, cancel, refused, registrar, writer }) => {
      const held = await reserve('k', { ttlMs: TTL_MS_MIN });
      const swept = await registrar.sweep(writer, TTL_MS_MIN);
      expect(swept).toMatchObject({ expired: [{ id: held.id, state: 'expired', end: { atMs: TTL_MS_MIN } }], more: false });
      expect(await refused(confirming(held.id))).toBe('SEQ_RESERVATION_EXPIRED');
      const other = await reserve('other');
      expect(other.intervals).toEqual(held.intervals);
      expect(await refused(confirming(held.id))).toBe('SEQ_RESERVATION_EXPIRED');
      // Whoever cancels wants the number to be free, and it was: the new holder is not disturbed.
      expect(await cancel(held)).toMatchObject({ state: 'expired' });
      expect(await confirm(other)).toMatchObject({ state: 'confirmed' });
    }));

  test('racing with the sweeper is one of both', () =>
    withCalls(async ({ reserve, one, registrar, writer }) => {
      for (let round = 0; round < 10; round++) {
        const held = await reserve(`k${round}`, { ttlMs: TTL_MS_MIN });
        const [swept, confirmed] = await Promise.all([registrar.sweep(writer, TTL_MS_MIN), one(confirming(held.id))]);
        const state = swept.expired.some(({ id }) => id === held.id) ? 'expired' : 'confirmed';
        expect('refusal' in confirmed).toBe(state === 'expired');
        expect(await registrar.find(held.id)).toMatchObject({ state });
      }
    }));
}

/** What a store of a transaction pool reports, and what it keeps: void and reused ordinals, lives, and everything across an opening. */
import { expect, test } from 'vitest';
import { TTL_MS_MIN } from '../../core/reservation/bounds.ts';
import type { RegisteredReservation, Registrar } from '../../pipelines/ports.ts';
import { acrossReopening, type Harness, using } from './harness.ts';
import { begun, callsOf, confirming, MINUTE_MS, ordinalsOf, reserving, type WithCalls } from './registrar-calls.ts';
import { aSeries } from './registrar-load.ts';

export function reports(withCalls: WithCalls): void {
  test('of voids say of every ordinal that is not confirmed who had it last, why and when', () =>
    withCalls(async ({ reserve, confirm, cancel, registrar, writer, series }) => {
      const [a, b, c, d, e] = await Promise.all([reserve('a'), reserve('b', { count: 3 }), reserve('c'), reserve('d'), reserve('e')]);
      await confirm(a);
      await cancel(b, 'typed twice');
      await registrar.sweep(writer, 0);
      await confirm(d);
      const all = await registrar.voids(series, { from: 0, limit: 100 });
      expect(all.map(({ start, end, reservation: { id, state } }) => [start, end, id, state])).toEqual([
        [1, 4, b.id, 'cancelled'],
        [4, 5, c.id, 'reserved'],
        [6, 7, e.id, 'reserved'],
      ]);
      expect(all[0]?.reservation).toMatchObject({ owner: 'shop', end: { by: 'shop', because: 'typed twice', atMs: 20 } });
      expect((await registrar.voids(series, { from: 2, limit: 1 })).map(({ start, end }) => [start, end])).toEqual([[2, 4]]);
      expect((await registrar.voids(series, { from: 5, limit: 9 })).map(({ start }) => start)).toEqual([6]);
      expect(await registrar.voids(series, { from: 7, limit: 9 })).toEqual([]);
    }));

  test('of reuse name every holder of an ordinal, before and after', () =>
    withCalls(async ({ reserve, confirm, cancel, registrar, writer, series }) => {
      const first = await reserve('first', { count: 2 });
      await cancel(first, 'wrong customer');
      const second = await reserve('second', { ttlMs: TTL_MS_MIN });
      await registrar.sweep(writer, TTL_MS_MIN);
      const third = await confirm(await reserve('third', { count: 3 }));
      const reuses = await registrar.reuses(series, { from: 1, limit: 10 });
      expect(reuses.map(({ number, start, end, before, after }) => [number, start, end, before.id, after.id])).toEqual([
        [1, 0, 1, first.id, second.id],
        [2, 0, 1, second.id, third.id],
        [3, 1, 2, first.id, third.id],
      ]);
      expect(reuses[1]).toMatchObject({ before: { state: 'expired' }, after: { state: 'confirmed' } });
      expect((await registrar.reuses(series, { from: 2, limit: 1 })).map(({ number }) => number)).toEqual([2]);
      expect((await registrar.holders(series, 0)).map(({ id }) => id)).toEqual([first.id, second.id, third.id]);
      expect((await registrar.holders(series, 1)).map(({ id }) => id)).toEqual([first.id, third.id]);
      expect((await registrar.holders(series, 2)).map(({ id }) => id)).toEqual([third.id]);
      expect(await registrar.holders(series, 3)).toEqual([]);
      expect(await registrar.voids(series, { from: 0, limit: 10 })).toEqual([]);
    }));
}

export function lives(harness: Harness<Registrar>): void {
  test('are kept in order, the last one writes, and every other one is fenced', () =>
    using(harness, async (registrar) => {
      expect(await registrar.lineage()).toEqual({ lives: [], ops: 0 });
      const first = await begun(registrar);
      const held = await first.reserve('k');
      await registrar.recordLife('life-2');
      const fenced = { code: 'SEQ_FENCED' };
      const { series } = first;
      await expect(registrar.apply(first.writer, [confirming(held.id)])).rejects.toMatchObject(fenced);
      await expect(registrar.sweep(first.writer, MINUTE_MS)).rejects.toMatchObject(fenced);
      await expect(registrar.grant(first.writer, series, { start: 0, end: 1 })).rejects.toMatchObject(fenced);
      await expect(registrar.openSeries(first.writer, aSeries({ label: 'x' }))).rejects.toMatchObject(fenced);
      expect(await registrar.lineage()).toEqual({ lives: ['life-1', 'life-2'], ops: 3 });
      const second = callsOf(registrar, { life: 'life-2', ops: 3 }, series);
      expect(await second.confirm(held)).toMatchObject({ id: held.id, life: 'life-1' });
      expect((await second.reserve('other')).id).toBe(`${series}-2-life-2`);
    }));

  test('are fenced, too, where there are fewer changes than their writer was told of: that is a copy that lags', () =>
    using(harness, async (registrar) => {
      const { one, series, reserve, writer } = await begun(registrar);
      await reserve('k');
      const { ops } = await registrar.lineage();
      const fenced = { code: 'SEQ_FENCED' };
      await expect(registrar.apply({ ...writer, ops: ops + 1 }, [reserving(series, 'other')])).rejects.toMatchObject(fenced);
      await expect(registrar.sweep({ ...writer, ops: ops + 1 }, MINUTE_MS)).rejects.toMatchObject(fenced);
      expect((await registrar.lineage()).ops).toBe(ops);
      expect((await registrar.apply({ ...writer, ops }, [reserving(series, 'other')])).ops).toBe(ops + 1);
      expect(await one(reserving(series, 'k'))).toMatchObject({ repeated: true });
    }));

  test('are recorded once each', () =>
    using(harness, async (registrar) => {
      await registrar.recordLife('life-1');
      await registrar.recordLife('life-2');
      await expect(registrar.recordLife('life-1')).rejects.toMatchObject({ code: 'SEQ_CONFLICT' });
      await expect(registrar.recordLife('not a life')).rejects.toMatchObject({ code: 'SEQ_INVALID_REQUEST' });
      expect((await registrar.lineage()).lives).toEqual(['life-1', 'life-2']);
    }));
}

export function reopening(harness: Harness<Registrar>): void {
  test('finds everything that was answered, and goes on from there (T6)', async () => {
    const kept: RegisteredReservation[] = [];
    let before: unknown;
    let series = 0;
    await acrossReopening(
      harness,
      async (registrar) => {
        const calls = await begun(registrar);
        series = calls.series;
        kept.push(await calls.reserve('open', { count: 2 }), await calls.confirm(await calls.reserve('confirmed')));
        kept.push(await calls.cancel(await calls.reserve('cancelled', { count: 3 })), await calls.issue(undefined));
        before = [await registrar.lineage(), await registrar.status(series), await registrar.reuses(series, { from: 1, limit: 9 })];
      },
      async (registrar) => {
        expect([await registrar.lineage(), await registrar.status(series), await registrar.reuses(series, { from: 1, limit: 9 })]).toEqual(
          before,
        );
        for (const each of kept) expect(await registrar.find(each.id)).toEqual(each);
        const calls = await begun(registrar, 1_000_000, 'life-2');
        expect(await calls.reserve('open', { count: 2 })).toEqual(kept[0]);
        expect(await calls.confirm(kept[0] as RegisteredReservation)).toMatchObject({ state: 'confirmed', life: 'life-1' });
        expect(ordinalsOf(await calls.reserve('fresh', { count: 3 }))).toEqual([4, 5, 6]);
      },
    );
  });
}

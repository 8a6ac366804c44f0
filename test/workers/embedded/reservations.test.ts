/** Numbers without a gap in one process: held, confirmed, given up and used again, over restarts, resets and a database that is another. */
import Database from 'libsql';
import { describe, expect, test } from 'vitest';
import { open } from '../../../workers/embedded.ts';
import type { Reserved } from '../../../workers/runtime/reservations/reservation-service.ts';
import type { Roles } from '../../../workers/runtime/service/roles.ts';
import type { Seqcast } from '../../../workers/runtime/service/seqcast.ts';
import { opened, scratchDirectory } from './scratch-directory.ts';

const MIDNIGHT = Date.parse('2026-12-31T23:00:00Z');
const HOUR_MS = 3_600_000;

function settableClock(nowMs: number) {
  const clock = { at: nowMs, nowMs: () => clock.at };
  return clock;
}

function reserve(seqcast: Seqcast, key: string, more: { count?: number; ttlMs?: number; owner?: string } = {}): Promise<Reserved> {
  return seqcast.reservations().reserve({ sequence: 'invoices', key, count: 1, ttlMs: HOUR_MS, owner: 'billing', ...more });
}

function confirm(seqcast: Seqcast, { id }: { readonly id: string }) {
  return seqcast.reservations().confirm({ sequence: 'invoices', id, by: 'billing' });
}

function cancel(seqcast: Seqcast, { id }: { readonly id: string }, because: string) {
  return seqcast.reservations().cancel({ sequence: 'invoices', id, by: 'billing', because });
}

async function voids(seqcast: Seqcast) {
  return (await seqcast.reservations().voids({ sequence: 'invoices', from: 1, limit: 1_000 })).entries;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + 5_000; !(await holds()); ) {
    if (performance.now() > endMs) throw new Error('it did not come to pass');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a gapless sequence', () => {
  test('is watched like any other: as a stream with its demand and its decisions, and by metrics', async () => {
    const seqcast = await opened();
    await seqcast.create('invoices', { guarantee: 'gapless' });
    const [first, second, third] = [await reserve(seqcast, 'a', { count: 3 }), await reserve(seqcast, 'b'), await reserve(seqcast, 'c')];
    await seqcast.reservations().confirm({ id: first.id, by: 'billing' });
    await cancel(seqcast, second, 'rolled back');
    await reserve(seqcast, 'a', { count: 3 });
    await reserve(seqcast, 'd');
    await expect(seqcast.reservations().confirm({ sequence: 'receipts', id: third.id, by: '' })).rejects.toMatchObject({
      code: 'SEQ_UNKNOWN_RESERVATION',
    });
    expect(await seqcast.reservations().find(undefined, third.id)).toMatchObject({ sequence: 'invoices', state: 'reserved' });
    const stream = () => seqcast.status().streams.find((each) => each.pool === 'transaction-0');
    // Four fresh numbers and one that was given up; the repeated call took none.
    expect(stream()).toMatchObject({ requestsTotal: 5, issuedTotal: 5, returnedTotal: 0 });
    expect(seqcast.explain(stream()?.stream ?? '').decisions.length).toBeGreaterThan(0);
    // What was asked for has come to the forecast.
    await until(async () => (await seqcast.metrics()).includes('seqcast_forecast_streams 1\n'));
    const metrics = await seqcast.metrics();
    for (const [outcome, count] of Object.entries({ reserved: 4, repeated: 1, confirmed: 1, cancelled: 1 })) {
      expect(metrics).toContain(`seqcast_reservations_total{sequence="invoices",outcome="${outcome}"} ${count}\n`);
    }
    expect(metrics).toContain('seqcast_open_reservations{sequence="invoices"} 2\n');
    expect(metrics).toContain('seqcast_given_up_values{sequence="invoices"} 0\n');
    expect(metrics).toMatch(/seqcast_reservation_commit_seconds_count [1-9]/);
  });

  test('gives up numbers out again before fresh ones, and can say of each number who had it and why it was given up', async () => {
    const seqcast = await opened();
    await seqcast.create('invoices', { guarantee: 'gapless', format: 'INV-{value:04}' });
    const [first, second, third] = [await reserve(seqcast, 'a'), await reserve(seqcast, 'b', { count: 2 }), await reserve(seqcast, 'c')];
    expect([first.formatted, second.formatted, third.formatted]).toEqual([['INV-0001'], ['INV-0002', 'INV-0003'], ['INV-0004']]);
    await confirm(seqcast, first);
    await cancel(seqcast, second, 'rolled back');
    expect(await voids(seqcast)).toMatchObject([
      { number: 2, value: 2n, formatted: 'INV-0002', state: 'cancelled', why: 'rolled back', by: 'billing', reservation: second.id },
      { number: 3, state: 'cancelled' },
      { number: 4, state: 'reserved', why: 'not confirmed yet', reservation: third.id },
    ]);
    const again = await reserve(seqcast, 'd', { count: 3, owner: 'shop' });
    expect(again.values).toEqual([2n, 3n, 5n]);
    await confirm(seqcast, again);
    await confirm(seqcast, third);
    expect(await voids(seqcast)).toEqual([]);
    const { entries } = await seqcast.reservations().reuses({ sequence: 'invoices', from: 1, limit: 10 });
    expect(entries).toMatchObject([
      { reuse: 1, number: 2, count: 2, values: [2n, 3n], before: { reservation: second.id, why: 'rolled back' }, after: { owner: 'shop' } },
    ]);
    expect(await seqcast.who('invoices', 'INV-0003')).toMatchObject({
      state: 'issued',
      holder: { reservation: again.id, owner: 'shop', key: 'd', state: 'confirmed' },
      formerHolders: [{ reservation: second.id, state: 'cancelled', because: 'rolled back' }],
    });
    const { ok, accounts } = await seqcast.audit();
    expect([ok, accounts[0]]).toMatchObject([true, { issued: 5, reserved: 0, givenUp: 0, inDoubt: 0, burnt: 0, balanced: true }]);
  });

  test('answers a key alike for ever, and refuses it for another request', async () => {
    const seqcast = await opened();
    await seqcast.create('invoices', { guarantee: 'gapless' });
    const first = await reserve(seqcast, 'order-7');
    expect(await reserve(seqcast, 'order-7')).toMatchObject({ id: first.id, values: first.values, repeated: true });
    await confirm(seqcast, first);
    await confirm(seqcast, first);
    expect(await reserve(seqcast, 'order-7')).toMatchObject({ id: first.id, state: 'confirmed', repeated: true });
    await expect(reserve(seqcast, 'order-7', { count: 2 })).rejects.toMatchObject({ code: 'SEQ_REQUEST_CONFLICT' });
    await expect(cancel(seqcast, first, 'too late')).rejects.toMatchObject({ code: 'SEQ_RESERVATION_CONFIRMED' });
    await expect(seqcast.reservations().find('invoices', '1-99-x')).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_RESERVATION' });
  });

  test('refuses next, as a sequence that may have gaps refuses reserve', async () => {
    const seqcast = await opened();
    await seqcast.create('invoices', { guarantee: 'gapless' });
    await seqcast.create('orders', {});
    expect(() => seqcast.next({ sequence: 'invoices', count: 1 })).toThrow(expect.objectContaining({ code: 'SEQ_UNSUPPORTED' }));
    const asked = seqcast.reservations().reserve({ sequence: 'orders', key: 'a', count: 1, ttlMs: 1_000, owner: '' });
    await expect(asked).rejects.toMatchObject({ code: 'SEQ_UNSUPPORTED' });
  });

  test('expires what was not confirmed in time, by its sweeper and not by a look at the clock', async () => {
    const clock = settableClock(MIDNIGHT);
    const seqcast = await opened({ clock: () => clock });
    await seqcast.create('invoices', { guarantee: 'gapless' });
    const held = await reserve(seqcast, 'a', { ttlMs: 1_000 });
    clock.at += 2_000;
    await until(async () => (await seqcast.reservations().find('invoices', held.id)).state === 'expired');
    await expect(confirm(seqcast, held)).rejects.toMatchObject({ code: 'SEQ_RESERVATION_EXPIRED' });
    expect(await voids(seqcast)).toMatchObject([{ value: 1n, state: 'expired', by: 'sweeper' }]);
    expect((await reserve(seqcast, 'b')).values).toEqual([1n]);
  });

  test('waits for a grant that does not suffice, and says when there is nothing left', async () => {
    const seqcast = await opened();
    await seqcast.create('invoices', { guarantee: 'gapless', max: 12_000n });
    const large = await Promise.all([reserve(seqcast, 'a', { count: 6_000 }), reserve(seqcast, 'b', { count: 6_000 })]);
    expect(large.flatMap(({ values }) => values).sort((a, b) => Number(a - b))).toEqual(
      Array.from({ length: 12_000 }, (_, i) => BigInt(i + 1)),
    );
    await expect(reserve(seqcast, 'c')).rejects.toMatchObject({ code: 'SEQ_EXHAUSTED' });
    await cancel(seqcast, large[0], 'too many');
    expect((await reserve(seqcast, 'd')).values).toHaveLength(1);
    expect((await seqcast.audit()).accounts[0]).toMatchObject({
      claimed: 12_000,
      issued: 0,
      reserved: 6_001,
      givenUp: 5_999,
      balanced: true,
    });
  });

  test('closes the shards that are confirmed whole, and its account stays the same', async () => {
    const seqcast = await opened();
    await seqcast.create('invoices', { guarantee: 'gapless', max: 300n });
    for (let i = 0; i < 30; i++) await confirm(seqcast, await reserve(seqcast, `${i}`, { count: 10 }));
    const { reader } = (seqcast as unknown as { readonly roles: Roles }).roles;
    const open = () => reader.shards.flatMap((shards) => [...shards.openShards.values()]);
    expect(open().length).toBeGreaterThan(0);
    await until(async () => open().length === 0);
    expect(await seqcast.audit()).toMatchObject({ ok: true, accounts: [{ claimed: 300, issued: 300, stock: 0, burnt: 0, inDoubt: 0 }] });
  });
});

describe('a restart', () => {
  test('goes on with the next number, knows every key, and lets what was held be confirmed', async () => {
    const dataDir = scratchDirectory();
    const first = await open({ dataDir });
    await first.create('invoices', { guarantee: 'gapless' });
    const [done, held, given] = [await reserve(first, 'a'), await reserve(first, 'b'), await reserve(first, 'c')];
    await confirm(first, done);
    await cancel(first, given, 'changed my mind');
    await first.close();

    const second = await opened({ dataDir });
    expect(await reserve(second, 'a')).toMatchObject({ id: done.id, state: 'confirmed' });
    expect(await confirm(second, held)).toMatchObject({ state: 'confirmed', values: [2n] });
    expect((await reserve(second, 'd', { count: 2 })).values).toEqual([3n, 4n]);
    const { ok, accounts } = await second.audit();
    expect([ok, accounts[0]]).toMatchObject([true, { issued: 2, reserved: 2, burnt: 0, inDoubt: 0 }]);
  });

  test('stops the pool alone where the database is not the one that was written last, and says how to reconcile', async () => {
    const dataDir = scratchDirectory();
    const first = await open({ dataDir });
    await first.create('invoices', { guarantee: 'gapless' });
    await first.create('orders', {});
    await confirm(first, await reserve(first, 'a'));
    await first.close();
    const database = new Database(`${dataDir}/seqcast.db`);
    // As a restore of these tables from a backup of last night would.
    database.exec("DELETE FROM pool_life; INSERT INTO pool_life VALUES (1, 'another')");
    database.close();

    const second = await opened({ dataDir });
    await expect(reserve(second, 'b')).rejects.toMatchObject({ code: 'SEQ_LINEAGE_BROKEN' });
    expect(second.notices().join()).toMatch(/transaction-0 gives out no numbers without a gap.*Bring back the database/s);
    expect((await second.next({ sequence: 'orders', count: 1 })).blocks).toHaveLength(1);
  });
});

describe('a gapless sequence that begins again each year', () => {
  test('starts at 1 after midnight, finds keys of the old year, and still confirms what was held before', async () => {
    const clock = settableClock(MIDNIGHT - 60_000);
    const seqcast = await opened({ clock: () => clock });
    await seqcast.create('invoices', { guarantee: 'gapless', format: 'INV-{YYYY}-{value:03}', reset: 'yearly', timeZone: 'Europe/Berlin' });
    const [old, held] = [await reserve(seqcast, 'a'), await reserve(seqcast, 'b')];
    await confirm(seqcast, old);
    clock.at = MIDNIGHT + 1_000;
    expect(await reserve(seqcast, 'c')).toMatchObject({ formatted: ['INV-2027-001'], period: '2027-01-01' });
    expect(await reserve(seqcast, 'a')).toMatchObject({ id: old.id, formatted: ['INV-2026-001'], repeated: true });
    expect(await confirm(seqcast, held)).toMatchObject({ formatted: ['INV-2026-002'], state: 'confirmed' });
    await until(async () => (await seqcast.audit()).accounts.some((each) => each.void > 0));
    const { ok, accounts } = await seqcast.audit();
    expect(ok).toBe(true);
    expect(accounts.map(({ issued, reserved, inDoubt }) => ({ issued, reserved, inDoubt }))).toEqual([
      { issued: 2, reserved: 0, inDoubt: 0 },
      { issued: 0, reserved: 1, inDoubt: 0 },
    ]);
  });
});

describe('an altered gapless sequence', () => {
  test('goes on with the next number, not above what was granted, and is refused while a number is not settled', async () => {
    const seqcast = await opened();
    await seqcast.create('invoices', { guarantee: 'gapless' });
    const [first, second] = [await reserve(seqcast, 'a', { count: 3 }), await reserve(seqcast, 'b')];
    await confirm(seqcast, first);
    await expect(seqcast.alter('invoices', { format: 'INV-{value:04}' })).rejects.toMatchObject({ code: 'SEQ_CONFLICT' });
    await confirm(seqcast, second);
    const altering = seqcast.alter('invoices', { format: 'INV-{value:04}' });
    let isAltered = false;
    void altering.finally(() => {
      isAltered = true;
    });
    const { roles } = seqcast as unknown as { readonly roles: Roles };
    while (!isAltered && ![...roles.transactions.served()].some(({ isEnded }) => isEnded)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    // Asked while it is altered: they wait, and are answered from the new generation.
    const during = await Promise.all(Array.from({ length: 20 }, (_, i) => reserve(seqcast, `during-${i}`)));
    expect((await altering).definition.format).toBe('INV-{value:04}');
    const values = during.flatMap(({ values: each }) => each.map(Number)).sort((a, b) => a - b);
    expect(values).toEqual(Array.from({ length: 20 }, (_, i) => i + 5));
  });
});

describe('the sequence object', () => {
  test('reserves in this process as over HTTP', async () => {
    const seqcast = await opened();
    await seqcast.create('invoices', { guarantee: 'gapless', format: 'INV-{value:04}' });
    const invoices = seqcast.sequence('invoices');
    const held = await invoices.reserve({ key: 'order-1' });
    expect([held.values, held.formatted]).toEqual([[1n], ['INV-0001']]);
    await held.cancel('not paid');
    const next = await invoices.reserve();
    await next.confirm();
    expect(next.values).toEqual([1n]);
    await invoices.close();
  });
});

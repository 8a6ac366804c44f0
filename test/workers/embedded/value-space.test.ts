/** What callers of `open()` are told of a value space: when it runs out, and what a change of it would do. */
import { describe, expect, test } from 'vitest';
import { spedUpClock } from '../../../workers/runtime/process/sped-up-clock.ts';
import type { Seqcast } from '../../../workers/runtime/service/seqcast.ts';
import { opened, valuesOf } from './scratch-directory.ts';

/** Real milliseconds in which nothing was written. */
const QUIET_MS = 300;
const HOURS_PER_SECOND = 8;

async function recordsWhenQuiet(seqcast: Seqcast): Promise<number> {
  for (let before = -1; ; ) {
    const { recordsFolded } = await seqcast.audit();
    if (recordsFolded === before) return recordsFolded;
    before = recordsFolded;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
}

describe('a plan of a change', () => {
  test('says what each pool gives up and which values come again, and writes nothing', async () => {
    const seqcast = await opened();
    await seqcast.create('orders', { start: 1_000n });
    const before = [...(await valuesOf(seqcast, 'orders', 5, { clientType: 'web' })), ...(await valuesOf(seqcast, 'orders', 7))];
    await seqcast.next({ sequence: 'orders', count: 4, numbered: true });
    const records = await recordsWhenQuiet(seqcast);
    const described = seqcast.describe('orders');

    const plan = seqcast.plan('orders', { kind: 'restart', start: 990n });
    const { stock = 0, ...pool } = plan.pools[0] ?? {};
    expect(pool).toMatchObject({ pool: 'pool-0', streams: 2, blocksOut: 1, blockValues: 4 });
    expect(stock).toBe(seqcast.status().streams.reduce((sum, stream) => sum + stream.stock, 0));
    expect(plan.becomes).toMatchObject({ start: 990n, increment: 1n });
    expect(plan.lapses.unclaimed).toBe(described.capacity - described.claimed);
    const [again] = plan.givenAgain;
    for (const value of before) expect(again?.lowest !== undefined && value >= again.lowest && value <= again.highest).toBe(true);
    expect(plan.fences.length).toBeGreaterThan(0);

    expect(seqcast.plan('orders', { kind: 'alter', changes: { max: 1_000_000n } }).givenAgain).toEqual([]);
    expect(seqcast.plan('orders', { kind: 'drop' }).becomes).toBeUndefined();
    expect(() => seqcast.plan('orders', { kind: 'alter', changes: { max: 1n } })).toThrow(/outside/);
    expect(() => seqcast.plan('nope', { kind: 'drop' })).toThrow(/no sequence/);
    expect((await seqcast.audit()).recordsFolded).toBe(records);
    expect(seqcast.describe('orders')).toEqual(described);
  });

  test('of a gapless sequence says between which numbers it goes on, and it does', async () => {
    const seqcast = await opened();
    await seqcast.create('invoices', { guarantee: 'gapless' });
    const reservations = seqcast.reservations();
    const held = { sequence: 'invoices', ttlMs: 60_000, owner: 'shop' };
    const { id } = await reservations.reserve({ ...held, key: 'a', count: 3 });
    await reservations.confirm({ sequence: 'invoices', id, by: 'shop' });
    const { becomes } = seqcast.plan('invoices', { kind: 'alter', changes: { max: 1_000_000n } });
    expect(becomes?.start).toBeUndefined();
    const [first = 0n, last = 0n] = becomes?.startsWithin ?? [];
    await seqcast.alter('invoices', { max: 1_000_000n });
    expect((await reservations.reserve({ ...held, key: 'b', count: 1 })).values).toEqual([4n]);
    expect(first <= 4n && 4n <= last, `${first} to ${last}`).toBe(true);
    const from = { kind: 'alter', changes: { start: 100n } } as const;
    expect(seqcast.plan('invoices', from).becomes?.start).toBe(100n);
  });

  test('is kept by the change: its values come again, and the stock that it named is void', async () => {
    const seqcast = await opened();
    await seqcast.create('orders', {});
    const before = await valuesOf(seqcast, 'orders', 20);
    await recordsWhenQuiet(seqcast);
    const plan = seqcast.plan('orders', { kind: 'restart' });
    await seqcast.restart('orders');
    const after = await valuesOf(seqcast, 'orders', 20);
    const twice = after.filter((value) => before.includes(value));
    const [again] = plan.givenAgain;
    expect(twice.length).toBeGreaterThan(0);
    for (const value of twice) expect(again !== undefined && value >= again.lowest && value <= again.highest).toBe(true);
    await recordsWhenQuiet(seqcast);
    const account = (await seqcast.audit()).accounts.find(({ generation }) => generation === plan.generation);
    const { free, uncut, unopened } = plan.lapses;
    expect(account?.void).toBe((plan.pools[0]?.stock ?? 0) + free + uncut + unopened);
    // Of what was dropped, the next plan still knows.
    expect(seqcast.plan('orders', { kind: 'restart' }).givenAgain.map(({ generation }) => generation)).toContain(plan.generation);
  });
});

describe('a sequence that is used up', () => {
  test('is described with its dates, warned of and measured', { timeout: 30_000 }, async () => {
    const warned: string[] = [];
    const speedUp = HOURS_PER_SECOND * 3_600;
    const clock = spedUpClock(Date.UTC(2026, 0, 5), speedUp);
    const seqcast = await opened({ clock: () => clock, speedUp, resolutionMs: 60_000, onWarning: (message) => warned.push(message) });
    await seqcast.create('tickets', { max: 100_000n });
    await seqcast.create('wheel', { max: 10n, cycle: true });
    while (warned.length === 0) {
      await valuesOf(seqcast, 'tickets', 100);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const { left = 0, dates = [], perDay = 0, warningDays } = seqcast.describe('tickets').exhaustion ?? {};
    expect(left).toBeLessThan(100_000);
    expect(perDay).toBeGreaterThan(0);
    expect(warningDays).toBeDefined();
    expect(dates[0]?.atMs).toBeGreaterThan(clock.nowMs() - 1);
    expect(warned[0]).toContain('sequence tickets may run out within');
    expect(seqcast.status().warnings?.[0]).toContain('tickets');
    expect(seqcast.notices().join()).toContain('tickets');
    expect(seqcast.describe('wheel').exhaustion).toBeUndefined();
    expect(await seqcast.metrics()).toMatch(/seqcast_sequence_exhaustion_seconds\{sequence="tickets",quantile="0.05"\} \d+/);
  });
});

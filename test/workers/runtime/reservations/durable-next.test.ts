/** `next` out of the transaction pool: durable before it is answered, in one order, each value with its caller. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { open } from '../../../../workers/embedded.ts';

const scratch = (): string => mkdtempSync(join(tmpdir(), 'seqcast-durable-'));

describe('a sequence whose durability is answered', () => {
  test('gives each value once, knows whose each one is, and goes on behind the last one after a restart', async () => {
    const dataDir = scratch();
    const seqcast = await open({ dataDir });
    await seqcast.create('payments', { durability: 'answered' });
    await seqcast.registerClient('till-7', { clientType: 'pos', service: 'berlin' });
    const calls = Array.from({ length: 200 }, async (_, i) =>
      seqcast.next({
        sequence: 'payments',
        count: 1 + (i % 3),
        ...(i % 2 === 0 ? { clientId: 'till-7' } : { clientType: 'web', service: 'shop' }),
      }),
    );
    const answers = await Promise.all(calls);
    const values = answers.flatMap(({ blocks }) =>
      blocks.flatMap(({ start, count }) => Array.from({ length: count }, (_, k) => start + BigInt(k))),
    );
    expect(new Set(values).size).toBe(values.length);
    expect(values).toHaveLength(399);
    const first = answers[0]?.blocks[0]?.start ?? 0n;
    const second = answers[1]?.blocks[0]?.start ?? 0n;
    expect(await seqcast.who('payments', first)).toMatchObject({
      stream: 'payments/pos/berlin',
      state: 'issued',
      holder: { owner: 'pos/berlin till-7' },
    });
    const owner = await seqcast.who('payments', second);
    expect(owner).toMatchObject({ stream: 'payments/web/shop', holder: { owner: 'web/shop' } });
    expect(Math.abs(Date.now() - (owner.issuedFromMs ?? 0))).toBeLessThan(30_000);

    const keyed = await seqcast.next({ sequence: 'payments', count: 2, idempotencyKey: 'a' });
    expect(await seqcast.next({ sequence: 'payments', count: 2, idempotencyKey: 'a' })).toEqual({ ...keyed, stalled: expect.any(Boolean) });
    await expect(Promise.resolve().then(() => seqcast.next({ sequence: 'payments', count: 3, idempotencyKey: 'a' }))).rejects.toMatchObject(
      { code: 'SEQ_REQUEST_CONFLICT' },
    );
    await seqcast.close();

    const again = await open({ dataDir });
    expect((await again.next({ sequence: 'payments', count: 2, idempotencyKey: 'a' })).blocks).toEqual(keyed.blocks);
    expect((await again.next({ sequence: 'payments', count: 1 })).blocks).toEqual([{ start: 402n, count: 1, increment: 1n }]);
    const audit = await again.audit();
    expect(audit).toMatchObject({ ok: true, duplicates: 0, problems: [] });
    expect(audit.accounts.find(({ sequence }) => sequence === 'payments')).toMatchObject({
      issued: 402,
      inDoubt: 0,
      burnt: 0,
      balanced: true,
    });
    await again.close();
  });

  test('can be made of one that served from stock, and back: what was in stock is given back, no value comes again', async () => {
    const dataDir = scratch();
    const seqcast = await open({ dataDir });
    await seqcast.create('orders', {});
    const before = await seqcast.next({ sequence: 'orders', count: 5 });
    await seqcast.alter('orders', { durability: 'answered' });
    const durable = await seqcast.next({ sequence: 'orders', count: 5 });
    await seqcast.alter('orders', { durability: 'stock' });
    const after = await seqcast.next({ sequence: 'orders', count: 5 });
    const starts = [before, durable, after].map(({ blocks }) => Number(blocks[0]?.start));
    expect(starts[1]).toBeGreaterThan((starts[0] ?? 0) + 4);
    expect(starts[2]).toBeGreaterThan((starts[1] ?? 0) + 4);
    expect(await seqcast.audit()).toMatchObject({ ok: true, duplicates: 0, problems: [] });
    await seqcast.close();
  });
});

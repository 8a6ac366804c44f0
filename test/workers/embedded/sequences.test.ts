/** What callers of `open()` get from sequences with SQL's attributes, at their bounds and through their changes. */
import { describe, expect, test } from 'vitest';
import { opened, valuesOf } from './scratch-directory.ts';

describe('a sequence', () => {
  test('gives out its start first and then start plus increments', async () => {
    const seqcast = await opened();
    await seqcast.create('orders', { start: 1_000n, increment: 5n });
    expect(await valuesOf(seqcast, 'orders', 3)).toEqual([1_000n, 1_005n, 1_010n]);
    expect(await valuesOf(seqcast, 'orders', 1)).toEqual([1_015n]);
  });

  test('counts down from its maximum when the increment is negative', async () => {
    const seqcast = await opened();
    await seqcast.create('down', { increment: -1n, min: -3n });
    expect(await valuesOf(seqcast, 'down', 3)).toEqual([-1n, -2n, -3n]);
    await expect(valuesOf(seqcast, 'down', 1)).rejects.toMatchObject({ code: 'SEQ_EXHAUSTED' });
  });

  test('gives out every value up to its maximum before it is exhausted, whoever holds them', async () => {
    const seqcast = await opened();
    await seqcast.create('small', { max: 50n });
    const values = [...(await valuesOf(seqcast, 'small', 1, { clientType: 'web' }))];
    // The first stream holds idle stock now; the second must get all the rest nevertheless.
    for (let i = 0; i < 49; i++) values.push(...(await valuesOf(seqcast, 'small', 1, { clientType: 'batch' })));
    expect(values.sort((a, b) => Number(a - b))).toEqual(Array.from({ length: 50 }, (_, i) => BigInt(i + 1)));
    for (const clientType of ['web', 'batch', 'new']) {
      await expect(valuesOf(seqcast, 'small', 1, { clientType })).rejects.toMatchObject({ code: 'SEQ_EXHAUSTED' });
    }
    expect((await seqcast.audit()).problems).toEqual([]);
  });

  test('begins again at its minimum where it cycles, and splits a block that wraps', async () => {
    const seqcast = await opened();
    await seqcast.create('wheel', { start: 3n, min: 1n, max: 4n, cycle: true });
    expect(await valuesOf(seqcast, 'wheel', 7)).toEqual([3n, 4n, 1n, 2n, 3n, 4n, 1n]);
  });

  test('serves a single call far above anything it ever expected', async () => {
    const seqcast = await opened();
    await seqcast.create('burst', {});
    await valuesOf(seqcast, 'burst', 1);
    const calls = await Promise.all(Array.from({ length: 50 }, () => valuesOf(seqcast, 'burst', 10_000)));
    expect(new Set(calls.flat()).size).toBe(500_000);
  });

  test('with order: sequence gives rising values to all callers', async () => {
    const seqcast = await opened();
    await seqcast.create('ordered', { order: 'sequence' });
    const seen: bigint[] = [];
    for (let i = 0; i < 200; i++) seen.push(...(await valuesOf(seqcast, 'ordered', 1 + (i % 7), { clientType: `type-${i % 5}` })));
    expect(seen).toEqual([...seen].sort((a, b) => Number(a - b)));
  });

  test('with order: stream gives rising values to each stream, through a restart of the process as well', async () => {
    const first = await opened();
    await first.create('lanes', { order: 'stream' });
    const dataDir = first.status().dataDir;
    const lanes = new Map<string, bigint[]>();
    const take = async (seqcast: typeof first): Promise<void> => {
      for (let i = 0; i < 60; i++) {
        const clientType = `lane-${i % 3}`;
        lanes.set(clientType, [...(lanes.get(clientType) ?? []), ...(await valuesOf(seqcast, 'lanes', 40, { clientType }))]);
      }
    };
    await take(first);
    await first.close();
    await take(await opened({ dataDir }));
    for (const lane of lanes.values()) expect(lane).toEqual([...lane].sort((a, b) => Number(a - b)));
  });
});

describe('a change of a sequence', () => {
  test('restart begins again, and nothing of the old generation is given out afterwards', async () => {
    const seqcast = await opened();
    await seqcast.create('orders', {});
    await valuesOf(seqcast, 'orders', 500);
    await seqcast.restart('orders', 7n);
    expect(await valuesOf(seqcast, 'orders', 2)).toEqual([7n, 8n]);
    expect((await seqcast.audit()).problems).toEqual([]);
  });

  test('alter goes on above everything given out and keeps the attributes it does not name', async () => {
    const seqcast = await opened();
    await seqcast.create('orders', { increment: 2n });
    const before = await valuesOf(seqcast, 'orders', 10);
    const altered = await seqcast.alter('orders', { max: 1_000_000n });
    expect(altered.definition).toMatchObject({ increment: 2n, max: 1_000_000n });
    const [after] = await valuesOf(seqcast, 'orders', 1);
    expect(after).toBeGreaterThan(before.at(-1) as bigint);
  });

  test('drop ends it for callers, and a sequence of the same name starts afresh', async () => {
    const seqcast = await opened();
    await seqcast.create('orders', {});
    await valuesOf(seqcast, 'orders', 5);
    await seqcast.drop('orders');
    expect(() => seqcast.next({ sequence: 'orders', count: 1 })).toThrow(expect.objectContaining({ code: 'SEQ_UNKNOWN_SEQUENCE' }));
    await seqcast.create('orders', { start: 100n });
    expect(await valuesOf(seqcast, 'orders', 1)).toEqual([100n]);
  });

  test('creating it again with the same attributes is harmless, with others an error that names them', async () => {
    const seqcast = await opened();
    const created = await seqcast.create('orders', { start: 5n });
    expect((await seqcast.create('orders', { start: 5n })).generation).toBe(created.generation);
    await expect(seqcast.create('orders', { start: 6n })).rejects.toMatchObject({
      code: 'SEQ_SEQUENCE_EXISTS',
      message: expect.stringContaining('start'),
    });
  });
});

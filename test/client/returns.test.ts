/** What was not used is given back: once, and never used again. */
import { describe, expect, test } from 'vitest';
import { connected, until } from './connected.ts';

describe('close', () => {
  test('gives back the rest of the block in hand and the blocks behind it, each once', async () => {
    const { orders, server } = await connected({ runMax: 4 });
    await orders.next();
    await until(() => orders.figures().inHand === 8);
    await orders.take(2);
    await Promise.all([orders.close(), orders.close()]);
    expect(server.returns).toEqual([
      { id: 'block-1', used: 2 },
      { id: 'block-5', used: 0 },
    ]);
    expect(server.store.takenBack).toEqual(new Set([1004n, 1005n, 1006n, 1007n, 1008n, 1009n]));
    expect(orders.figures()).toMatchObject({ fetched: 9, inHand: 0, givenBack: 6, lost: 0 });
  });

  test('waits for a fetch under way and gives back what it brings', async () => {
    const { orders, server } = await connected();
    await orders.next();
    let release = () => {};
    await until(() => orders.figures().inHand === 8);
    server.mishaps.push({ kind: 'wait', until: new Promise((resolve) => (release = () => resolve())) });
    const waiting = orders.take(30);
    await until(() => server.store.counts.length === 3);
    const closed = orders.close();
    await expect(waiting).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
    release();
    await closed;
    const { fetched, givenBack } = orders.figures();
    expect(fetched).toBe(server.store.issued);
    expect(givenBack).toBe(fetched - 1);
  });

  test('sends callers away afterwards', async () => {
    const { client, orders } = await connected();
    await orders.next();
    await client.close();
    await expect(orders.next()).rejects.toMatchObject({ code: 'SEQ_CLOSED', retriable: false });
    await expect(orders.takeBlock(5)).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
    expect(() => orders.tryNext()).toThrow('orders is closed');
    expect(() => client.sequence('orders')).toThrow('the client is closed');
  });

  test('leaves the client usable when one sequence is closed', async () => {
    const { client, orders } = await connected();
    expect(await orders.next()).toBe(1001n);
    await orders.close();
    const again = client.sequence('orders');
    expect(again).not.toBe(orders);
    expect(await again.next()).toBeGreaterThan(1001n);
  });

  test('does not repeat a return that was refused, nor one whose answer was lost', async () => {
    for (const mishap of [{ kind: 'lose-answer' }, { kind: 'refuse', status: 503, code: 'SEQ_NOT_READY', retriable: true }] as const) {
      const { orders, server } = await connected();
      await orders.next();
      await until(() => orders.figures().inHand === 8);
      server.returnMishaps.push(mishap);
      await orders.close();
      expect(server.returns.length).toBe(1);
      expect(orders.figures()).toMatchObject({ givenBack: 0, lost: 8 });
    }
  });

  test('is what leaving the scope does', async () => {
    const { client, orders, server } = await connected();
    await orders.next();
    await until(() => orders.figures().inHand === 8);
    await client[Symbol.asyncDispose]();
    expect(server.store.takenBack.size).toBe(8);
  });

  test('does not wait for ever for a fetch that hangs', async () => {
    const { orders, server } = await connected();
    server.mishaps.push({ kind: 'wait', until: new Promise(() => {}) });
    const waiting = orders.next();
    await until(() => server.seen.length === 1);
    const startMs = performance.now();
    const closed = orders.close();
    await expect(waiting).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
    await closed;
    expect(performance.now() - startMs).toBeLessThan(4_000);
  });
});

describe('an idle block', () => {
  test('is kept unless asked otherwise', async () => {
    const { orders, server } = await connected();
    await orders.next();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(server.returns).toEqual([]);
  });

  test('is given back after the idle time, and not used afterwards', async () => {
    const { orders, server } = await connected({}, { idleMs: 20 });
    expect(await orders.next()).toBe(1001n);
    await until(() => server.store.takenBack.size === 8);
    expect(await orders.next()).toBe(1010n);
  });
});

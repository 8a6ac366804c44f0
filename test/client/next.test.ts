/** What an application gets from a sequence when all goes well. */
import { describe, expect, test } from 'vitest';
import { connected, until } from './connected.ts';

describe('a sequence', () => {
  test('gives the values out one after the other', async () => {
    const { orders } = await connected();
    const values = [await orders.next(), await orders.next(), await orders.next()];
    expect(values).toEqual([1001n, 1002n, 1003n]);
  });

  test('counts in steps of the increment, downwards too', async () => {
    const { orders } = await connected({ start: 2n ** 62n, increment: -5n });
    expect(await orders.take(3)).toEqual([2n ** 62n, 2n ** 62n - 5n, 2n ** 62n - 10n]);
  });

  test('asks for numbered blocks in the name of its caller', async () => {
    const { orders, server } = await connected({}, { clientType: 'web', service: 'checkout' });
    await orders.next();
    expect(server.seen[0]).toMatchObject({
      path: '/v1/sequences/orders/next',
      body: { count: 1, clientType: 'web', service: 'checkout', as: 'blocks', numbered: true },
    });
  });

  test('names the client id where that is given', async () => {
    const { orders, server } = await connected({}, { clientId: 'till-7', headers: { authorization: 'Bearer x' } });
    await orders.next();
    expect(server.seen[0]?.body).toEqual({ count: 1, clientId: 'till-7', as: 'blocks', numbered: true });
    expect(server.seen[0]?.headers.authorization).toBe('Bearer x');
  });

  test('is the same object for the same name', async () => {
    const { client, orders } = await connected();
    expect(client.sequence('orders')).toBe(orders);
    expect(client.sequence('invoices')).not.toBe(orders);
  });

  test('answers callers in the order in which they asked', async () => {
    const { orders } = await connected();
    const arrived: string[] = [];
    const ask = async (name: string, count: number) => {
      const values = await orders.take(count);
      arrived.push(`${name}:${values[0]}`);
    };
    await Promise.all([ask('a', 1), ask('b', 40), ask('c', 1), ask('d', 3)]);
    expect(arrived).toEqual(['a:1001', 'b:1002', 'c:1042', 'd:1043']);
  });

  test('brings what many waiting callers want in two fetches', async () => {
    const { orders, server } = await connected();
    const values = await Promise.all(Array.from({ length: 500 }, () => orders.next()));
    expect(new Set(values).size).toBe(500);
    expect(server.store.counts.slice(0, 2)).toEqual([1, 499]);
  });

  test('never has more than one fetch under way', async () => {
    const { orders, server } = await connected();
    let release = () => {};
    await orders.next();
    await until(() => orders.figures().inHand === 8);
    server.mishaps.push({ kind: 'wait', until: new Promise((resolve) => (release = () => resolve())) });
    const takers = Array.from({ length: 50 }, () => orders.next());
    await until(() => server.seen.length === 3);
    for (let i = 0; i < 10; i += 1) expect(orders.tryNext()).toBeUndefined();
    expect(server.seen.length).toBe(3);
    release();
    expect(new Set(await Promise.all(takers)).size).toBe(50);
  });

  test('iterates over as many values as wanted', async () => {
    const { orders } = await connected();
    const values: bigint[] = [];
    for await (const value of orders.values(25)) values.push(value);
    expect(values).toEqual(Array.from({ length: 25 }, (_, i) => 1001n + BigInt(i)));
    for await (const value of orders.values()) {
      expect(value).toBe(1026n);
      break;
    }
  });

  test('gives values out of answers with several blocks', async () => {
    const { orders } = await connected({ runMax: 3 });
    expect(await orders.take(20)).toEqual(Array.from({ length: 20 }, (_, i) => 1001n + BigInt(i)));
  });
});

describe('tryNext', () => {
  test('gives a value at once when one is in hand, and sends for one when none is', async () => {
    const { orders, server } = await connected();
    expect(orders.tryNext()).toBeUndefined();
    await until(() => orders.figures().inHand > 0);
    expect(orders.tryNext()).toBe(1001n);
    expect(server.store.counts[0]).toBe(1);
  });

  test('does not overtake callers that wait', async () => {
    const { orders } = await connected();
    await orders.next();
    await until(() => orders.figures().inHand === 8);
    const waiting = orders.take(20);
    expect(orders.tryNext()).toBeUndefined();
    expect((await waiting)[0]).toBe(1002n);
    await until(() => orders.figures().inHand > 0);
    expect(orders.tryNext()).toBe(1022n);
  });
});

test('a value in hand is there without a round trip', async () => {
  const { orders, server } = await connected();
  await orders.next();
  await until(() => orders.figures().inHand === 8);
  const seen = server.seen.length;
  await orders.next();
  expect(server.seen.length).toBe(seen);
});

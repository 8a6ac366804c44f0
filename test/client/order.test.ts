/** Sequences that promise an order are not fetched ahead. */
import { expect, test } from 'vitest';
import { connected, until } from './connected.ts';

test.each(['stream', 'sequence'] as const)('with order %s each call asks for exactly what it hands out', async (order) => {
  const { orders, server } = await connected({ order });
  await orders.next();
  await orders.take(5);
  await orders.next();
  expect(server.store.counts).toEqual([1, 5, 1]);
  expect(orders.figures().inHand).toBe(0);
  await orders.close();
  expect(server.returns).toEqual([]);
});

test('callers that wait together share a request', async () => {
  const { orders, server } = await connected({ order: 'sequence' });
  await orders.next();
  expect(await Promise.all([orders.next(), orders.next(), orders.take(2)])).toEqual([1002n, 1003n, [1004n, 1005n]]);
  expect(server.store.counts).toEqual([1, 1, 3]);
});

test('tryNext has nothing to give', async () => {
  const { orders, server } = await connected({ order: 'stream' });
  await orders.next();
  expect(orders.tryNext()).toBeUndefined();
  await orders.next();
  expect(server.store.counts).toEqual([1, 1]);
});

test('a value that was fetched before the order was known is given back', async () => {
  const { orders, server } = await connected({ order: 'stream' });
  expect(orders.tryNext()).toBeUndefined();
  await until(() => server.returns.length === 1);
  expect(orders.tryNext()).toBeUndefined();
  expect(await orders.next()).toBe(1002n);
});

test('a caller never gets a value that was fetched before it asked', async () => {
  const { orders, server } = await connected({ order: 'sequence' });
  await orders.next();
  let release = () => {};
  server.mishaps.push({ kind: 'wait', until: new Promise((resolve) => (release = () => resolve())) });
  const abort = new AbortController();
  const given = orders.next({ signal: abort.signal });
  await until(() => server.store.issued === 2);
  abort.abort();
  const late = orders.next();
  release();
  await expect(given).rejects.toThrow();
  expect(await late).toBe(1003n);
  expect(server.store.takenBack).toEqual(new Set([1002n]));
});

test('what lies in hand is given back when the sequence gets an order', async () => {
  const { orders, server } = await connected();
  await orders.next();
  await until(() => orders.figures().inHand === 8);
  server.order = 'stream';
  const values = await orders.take(20);
  // Neither what lay in hand nor what was fetched to go with it.
  expect(values).toEqual(Array.from({ length: 20 }, (_, i) => 1022n + BigInt(i)));
  await until(() => orders.figures().givenBack === 20);
  expect(orders.figures().inHand).toBe(0);
});

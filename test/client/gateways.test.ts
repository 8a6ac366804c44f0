/** Several gateways behind one client, and what it tells of their failures. */
import { expect, onTestFinished, test } from 'vitest';
import { type ClientEvent, connect } from '../../client/src/index.ts';
import { connected, until } from './connected.ts';
import { ContractServer } from './contract-server.ts';

const NOT_READY = { kind: 'refuse', status: 503, code: 'SEQ_NOT_READY', retriable: true } as const;

async function two(options: Parameters<typeof connect>[1] = {}) {
  const servers = [await ContractServer.start({ start: 1n }), await ContractServer.start({ start: 1_000_001n })] as const;
  const events: ClientEvent[] = [];
  const client = await connect(
    servers.map(({ url }) => url),
    { firstPauseMs: 1, onEvent: (event) => events.push(event), ...options },
  );
  onTestFinished(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await client.close();
  });
  return { first: servers[0], second: servers[1], client, orders: client.sequence('orders'), events };
}

test('the next one is asked where the first is gone, and goes on being asked', async () => {
  const { first, second, orders, events } = await two();
  expect(await orders.next()).toBe(1n);
  await (await orders.takeBlock(1)).close();
  await first.stop();
  expect((await orders.takeBlock(2)).nextNumber()).toBeGreaterThan(1_000_000);
  expect((await orders.takeBlock(2)).nextNumber()).toBeGreaterThan(1_000_000);
  expect(events).toMatchObject([{ kind: 'reconnected', endpoint: second.url }]);
});

test('the next one is asked where one says that it is not ready', async () => {
  const { first, second, orders } = await two();
  first.mishaps.push(NOT_READY);
  expect(await orders.next()).toBe(1_000_001n);
  expect(first.seen).toHaveLength(1);
  expect(second.seen.length).toBeGreaterThan(0);
});

test('none is asked again for good where the answer is about the call', async () => {
  const { first, second, orders } = await two();
  first.mishaps.push({ kind: 'refuse', status: 404, code: 'SEQ_UNKNOWN_SEQUENCE', retriable: false });
  await expect(orders.next()).rejects.toMatchObject({ code: 'SEQ_UNKNOWN_SEQUENCE' });
  expect(second.seen).toEqual([]);
});

test('one that hangs leaves time for the other', async () => {
  const { first, orders } = await two({ timeoutMs: 400 });
  first.mishaps.push({ kind: 'wait', until: new Promise(() => {}) });
  expect(await orders.next()).toBe(1_000_001n);
});

test('a block goes back by another gateway only where the first one cannot have heard of it', async () => {
  const { first, second, orders } = await two();
  const block = await orders.takeBlock(5);
  first.returnMishaps.push({ kind: 'lose-answer' });
  await block.close();
  expect([first.returns.length, second.returns.length]).toEqual([1, 0]);
  const another = await orders.takeBlock(5);
  const holder = another.nextNumber() > 1_000_000 ? second : first;
  await holder.stop();
  // The client has noticed that its connections are gone: a new one is refused before anything is sent.
  await new Promise((resolve) => setTimeout(resolve, 20));
  await another.close();
  expect(first.returns.length + second.returns.length).toBe(2);
});

test('values of several sequences come in one request, and what can wait is asked for again', async () => {
  const { client, server } = await connected({}, { timeoutMs: 500 });
  server.problems.set('busy', { status: 503, code: 'SEQ_WAIT_TIMEOUT', retriable: true, times: 1 });
  server.problems.set('gone', { status: 410, code: 'SEQ_DROPPED', retriable: false, times: 9 });
  const outcomes = await client.takeEach([
    { sequence: 'orders', count: 2 },
    { sequence: 'gone' },
    { sequence: 'busy', count: 3 },
    { sequence: 'invoices' },
  ]);
  expect(outcomes).toMatchObject([
    { sequence: 'orders', values: { length: 2 } },
    { sequence: 'gone', error: { code: 'SEQ_DROPPED', retriable: false } },
    { sequence: 'busy', values: { length: 3 } },
    { sequence: 'invoices', values: { length: 1 } },
  ]);
  const all = outcomes.flatMap((outcome) => ('values' in outcome ? outcome.values : []));
  expect(new Set(all).size).toBe(6);
  expect(server.seen.filter(({ path }) => path === '/v1/next')).toHaveLength(1);
});

test('values in hand need no request', async () => {
  const { client, orders, server } = await connected();
  await orders.next();
  await until(() => orders.figures().inHand === 8);
  expect(await client.takeEach([{ sequence: 'orders', count: 3 }, { sequence: 'invoices' }])).toMatchObject([
    { values: [1002n, 1003n, 1004n] },
    {},
  ]);
  expect(server.seen.filter(({ path }) => path === '/v1/next')).toEqual([]);
});

/** What an application hears of its client: rare events, each request, and nothing that could hurt a caller. */
import { expect, onTestFinished, test, vi } from 'vitest';
import { RETRIABLE_CODES } from '../../client/src/client-error.ts';
import type { ClientEvent, ClientRequest } from '../../client/src/index.ts';
import { ERROR_CATALOGUE } from '../../core/errors.ts';
import { connected, until } from './connected.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('callers that waited long are told of, once for all that were served together', async () => {
  const events: ClientEvent[] = [];
  const { orders, server } = await connected({}, { onEvent: (event) => events.push(event) });
  server.mishaps.push({ kind: 'wait', until: pause(150) });
  await Promise.all([orders.next(), orders.next(), orders.take(3)]);
  const stalls = events.filter(({ kind }) => kind === 'stall');
  expect(stalls.reduce((sum, event) => sum + (event.kind === 'stall' ? event.callers : 0), 0)).toBe(3);
  expect(orders.figures().stalls).toBe(3);
  events.length = 0;
  await orders.next();
  expect(events).toEqual([]);
});

test('the end of a sequence is told of once, and again after it went on', async () => {
  const events: ClientEvent[] = [];
  const { orders } = await connected({ capacity: 2 }, { onEvent: (event) => events.push(event) });
  await orders.take(2);
  await expect(orders.next()).rejects.toMatchObject({ code: 'SEQ_EXHAUSTED' });
  await expect(orders.next()).rejects.toMatchObject({ code: 'SEQ_EXHAUSTED' });
  expect(events).toEqual([{ kind: 'exhausted', sequence: 'orders' }]);
});

test('a server that is back is told of with the time it was away', async () => {
  const events: ClientEvent[] = [];
  const { orders, server } = await connected({}, { onEvent: (event) => events.push(event) });
  server.mishaps.push({ kind: 'hang-up' }, { kind: 'hang-up' });
  await orders.next();
  expect(events).toMatchObject([{ kind: 'reconnected', endpoint: server.url }]);
});

test('each request is told of with what became of it', async () => {
  const requests: ClientRequest[] = [];
  const { orders, server } = await connected({ prefix: 'N-' }, { onRequest: (request) => requests.push(request) });
  server.mishaps.push({ kind: 'refuse', status: 404, code: 'SEQ_UNKNOWN_SEQUENCE', retriable: false });
  await expect(orders.next()).rejects.toThrow();
  await (await orders.takeBlock(4)).close();
  await orders.takeFormatted(2);
  expect(requests.map(({ action, count, code }) => [action, count, code])).toEqual([
    ['next', 1, 'SEQ_UNKNOWN_SEQUENCE'],
    ['next', 4, undefined],
    ['giveBack', 1, undefined],
    ['nextFormatted', 2, undefined],
  ]);
  for (const { tookMs, sequence } of requests) expect(tookMs > 0 && sequence === 'orders').toBe(true);
});

test('what a hook throws becomes a warning, and the caller gets its value', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  // After the client is closed, which asks once more.
  onTestFinished(() => warned.mockRestore());
  const broken = () => {
    throw new Error('the hook is broken');
  };
  const { orders } = await connected({}, { onEvent: broken, onRequest: broken });
  expect(await orders.next()).toBe(1001n);
  await until(() => warned.mock.calls.length > 0);
  expect(String(warned.mock.calls[0]?.[0])).toContain('the hook is broken');
});

test('the codes that count as passing are those of the catalogue', () => {
  for (const code of RETRIABLE_CODES) expect(ERROR_CATALOGUE[code as keyof typeof ERROR_CATALOGUE].retriable, code).toBe(true);
});

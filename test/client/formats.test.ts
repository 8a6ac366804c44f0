/** Printed numbers, and values that begin again: neither may lie in hand. */
import { expect, test } from 'vitest';
import { connected } from './connected.ts';

test('values that begin again are not fetched ahead, so that none of yesterday is handed out today', async () => {
  const { orders, server } = await connected({ period: '2026-01-01' });
  await orders.next();
  expect(orders.tryNext()).toBeUndefined();
  await orders.take(5);
  expect(server.store.counts).toEqual([1, 5]);
  expect(orders.figures().inHand).toBe(0);
});

test('printed numbers come with their values, past what lies in hand', async () => {
  const { orders, server } = await connected({ prefix: 'INV-' });
  await orders.next();
  const printed = await orders.takeFormatted(2);
  expect(printed.map(({ value, formatted }) => formatted === `INV-${value}`)).toEqual([true, true]);
  expect(server.seen.map(({ body }) => body).filter(({ as }) => as === 'formatted')).toEqual([{ count: 2, as: 'formatted' }]);
  const others = await orders.take(20);
  for (const { value } of printed) expect(others).not.toContain(value);
});

test('printed numbers are asked for again when the server is busy', async () => {
  const { orders, server } = await connected({ prefix: 'INV-' });
  server.mishaps.push({ kind: 'refuse', status: 503, code: 'SEQ_WAIT_TIMEOUT', retriable: true });
  expect(await orders.takeFormatted(1)).toHaveLength(1);
});

test('a sequence without a format says so, and a wrong count is refused at once', async () => {
  const { orders } = await connected();
  await expect(orders.takeFormatted(1)).rejects.toMatchObject({
    code: 'SEQ_INVALID_REQUEST',
    message: expect.stringContaining('no format'),
  });
  await expect(orders.takeFormatted(0)).rejects.toMatchObject({ code: 'SEQ_INVALID_COUNT' });
  await orders.close();
  await expect(orders.takeFormatted(1)).rejects.toMatchObject({ code: 'SEQ_CLOSED' });
});

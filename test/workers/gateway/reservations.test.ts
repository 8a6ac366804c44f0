/** Numbers without a gap over HTTP, with the service behind it, as a caller without a client and as one with it. */
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../../../client/src/index.ts';
import { createGateway } from '../../../workers/gateway/gateway.ts';
import { run } from '../../cli/commands.ts';
import { opened } from '../embedded/scratch-directory.ts';

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function served() {
  const service = await opened();
  await service.create('invoices', { guarantee: 'gapless', start: 100n, format: 'R-{value:05}' });
  await service.create('orders', {});
  const gateway = createGateway({ service, logger: { error: (details) => expect.fail(JSON.stringify(details)) } });
  const url = await gateway.listen({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => gateway.close());
  async function ask(method: string, path: string, body?: object, key?: string): Promise<Answer> {
    const headers = { ...(body && { 'content-type': 'application/json' }), ...(key !== undefined && { 'idempotency-key': key }) };
    const response = await fetch(`${url}/v1/sequences/${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }
  return { url, ask };
}

test('a reservation is made once for a key, shown, confirmed, and no longer cancelled', async () => {
  const { ask } = await served();
  const made = await ask('POST', 'invoices/reservations', { count: 2, ttlMs: 5_000, owner: 'billing' }, 'order-1');
  expect(made).toMatchObject({
    status: 201,
    body: { state: 'reserved', values: ['100', '101'], formatted: ['R-00100', 'R-00101'], key: 'order-1' },
  });
  const { id } = made.body;
  expect(await ask('POST', 'invoices/reservations', { count: 2, ttlMs: 5_000, owner: 'billing' }, 'order-1')).toMatchObject({
    status: 200,
    body: { id },
  });
  expect(await ask('GET', `invoices/reservations/${id}`)).toMatchObject({ status: 200, body: { state: 'reserved', owner: 'billing' } });
  expect(await ask('POST', `invoices/reservations/${id}/confirm`, { by: 'billing' })).toMatchObject({
    status: 200,
    body: { state: 'confirmed' },
  });
  const late = await ask('POST', `invoices/reservations/${id}/cancel`, { by: 'billing', because: 'late' });
  expect(late).toMatchObject({ status: 409, body: { code: 'SEQ_RESERVATION_CONFIRMED', retriable: false } });
  expect(await ask('GET', 'invoices/values/101')).toMatchObject({
    status: 200,
    body: { state: 'issued', holder: { owner: 'billing', reservation: id } },
  });
});

test('an id alone finds, confirms and cancels its reservation, over HTTP and from the command line', async () => {
  const { url, ask } = await served();
  const made = [await ask('POST', 'invoices/reservations', {}, 'a'), await ask('POST', 'invoices/reservations', {}, 'b')];
  const [first = '', second = ''] = made.map(({ body }) => String(body.id));
  expect(await ask('GET', `../reservations/${first}`)).toMatchObject({ status: 200, body: { sequence: 'invoices', state: 'reserved' } });
  const seqcast = async (...args: string[]): Promise<unknown> => JSON.parse((await run([...args, '--json'], { SEQCAST_URL: url })).out);
  expect(await seqcast('confirm', first, '--by', 'clerk')).toMatchObject({ id: first, state: 'confirmed', endedBy: 'clerk' });
  const ended = await ask('POST', `../reservations/${second}/cancel`, { because: 'typo' });
  expect(ended).toMatchObject({ status: 200, body: { state: 'cancelled', because: 'typo' } });
  expect(await seqcast('cancel', 'invoices', second, '--because', 'typo')).toMatchObject({ id: second, state: 'cancelled' });
  expect(await ask('POST', `orders/reservations/${first}/confirm`, {})).toMatchObject({ body: { code: 'SEQ_UNKNOWN_RESERVATION' } });
  expect(await ask('POST', '../reservations/never-was-one/confirm', {})).toMatchObject({ status: 404 });
});

test('voids and reuses come in pages that together hold every number once', async () => {
  const { ask } = await served();
  const { body: first } = await ask('POST', 'invoices/reservations', { count: 5 }, 'a');
  await ask('POST', `invoices/reservations/${first.id}/cancel`, { by: 'clerk', because: 'typo' });
  const seen: unknown[] = [];
  for (let from: unknown = 1; from !== undefined; ) {
    const { body } = await ask('GET', `invoices/voids?from=${from}&limit=2`);
    seen.push(...(body.voids as { number: number }[]).map(({ number }) => number));
    from = body.next;
  }
  expect(seen).toEqual([1, 2, 3, 4, 5]);
  await ask('POST', 'invoices/reservations', { count: 2 }, 'b');
  await ask('POST', 'invoices/reservations', { count: 1 }, 'c');
  const { body: page } = await ask('GET', 'invoices/reuses?limit=1');
  expect(page).toMatchObject({
    reuses: [{ reuse: 1, number: 1, count: 2, values: ['100', '101'], before: { why: 'typo', by: 'clerk' } }],
    next: 2,
  });
  expect((await ask('GET', `invoices/reuses?from=${page.next}`)).body).toMatchObject({ reuses: [{ reuse: 2, number: 3, count: 1 }] });
});

test('what cannot be is refused with its code', async () => {
  const { ask } = await served();
  const refusals = [
    ['without a key', 'POST', 'invoices/reservations', { count: 1 }, undefined, 400, 'SEQ_INVALID_REQUEST'],
    ['for too many', 'POST', 'invoices/reservations', { count: 10_001 }, 'k', 400, 'SEQ_INVALID_COUNT'],
    ['for too short', 'POST', 'invoices/reservations', { ttlMs: 0 }, 'k', 400, 'SEQ_INVALID_REQUEST'],
    ['with an unknown field', 'POST', 'invoices/reservations', { ttl: 5 }, 'k', 400, 'SEQ_INVALID_REQUEST'],
    ['of a sequence with gaps', 'POST', 'orders/reservations', {}, 'k', 501, 'SEQ_UNSUPPORTED'],
    ['of no sequence', 'POST', 'nothing/reservations', {}, 'k', 404, 'SEQ_UNKNOWN_SEQUENCE'],
    ['that nobody made', 'POST', 'invoices/reservations/1-1-nobody/confirm', {}, undefined, 404, 'SEQ_UNKNOWN_RESERVATION'],
    ['listed from nowhere', 'GET', 'invoices/voids?from=0', undefined, undefined, 400, 'SEQ_INVALID_REQUEST'],
  ] as const;
  for (const [what, method, path, body, key, status, code] of refusals) {
    expect(await ask(method, path, body, key), what).toMatchObject({ status, body: { code } });
  }
});

test('the client reserves, confirms and cancels, and finds by its key what it reserved before', async () => {
  const { url } = await served();
  const client = await connect(url);
  onTestFinished(() => client.close());
  const invoices = client.sequence('invoices');
  const held = await invoices.reserve({ key: 'order-9', count: 2, owner: 'shop' });
  expect([held.values, held.formatted, held.state]).toEqual([[100n, 101n], ['R-00100', 'R-00101'], 'reserved']);
  await held.cancel('not paid', 'shop');
  await expect(held.confirm()).rejects.toMatchObject({ code: 'SEQ_RESERVATION_CANCELLED', retriable: false });
  expect((await invoices.reserve({ key: 'order-9', count: 2, owner: 'shop' })).state).toBe('cancelled');
  const next = await invoices.reserve();
  await next.confirm();
  await next.confirm();
  expect(next.values).toEqual([100n]);
});

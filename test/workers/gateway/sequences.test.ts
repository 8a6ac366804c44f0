/** Sequences over HTTP: create, list, describe, alter, restart, drop. */
import { describe, expect, it } from 'vitest';
import { served } from './served.ts';

describe('a sequence', () => {
  it('is created with attributes as text or safe integers', async () => {
    const { send } = await served();
    const answer = await send('POST', '/v1/sequences', {
      name: 'orders',
      start: '9223372036854775000',
      increment: 5,
      cycle: true,
      order: 'sequence',
      rideThroughMs: 60_000,
    });
    expect(answer.statusCode).toBe(201);
    expect(answer.headers.location).toBe('/v1/sequences/orders');
    expect(answer.json()).toMatchObject({
      name: 'orders',
      start: '9223372036854775000',
      increment: '5',
      max: '9223372036854775807',
      cycle: true,
      order: 'sequence',
      rideThroughMs: 60_000,
    });
  });

  it('is there already when it is created again', async () => {
    const { send } = await served();
    expect((await send('POST', '/v1/sequences', { name: 'orders' })).statusCode).toBe(201);
    expect((await send('POST', '/v1/sequences', { name: 'orders' })).statusCode).toBe(200);
    const other = await send('POST', '/v1/sequences', { name: 'orders', start: 7 });
    expect(other.statusCode).toBe(409);
    expect(other.json().code).toBe('SEQ_SEQUENCE_EXISTS');
  });

  it('is listed and described', async () => {
    const { get } = await served('orders', 'tickets');
    expect((await get('/v1/sequences')).json().sequences.map(({ name }: { name: string }) => name)).toEqual(['orders', 'tickets']);
    expect((await get('/v1/sequences/orders')).json()).toMatchObject({ name: 'orders', start: '1', generation: 0, capacity: 1_000_000 });
    expect((await get('/v1/sequences/nope')).json().code).toBe('SEQ_UNKNOWN_SEQUENCE');
  });

  it('is altered by what is named', async () => {
    const { send } = await served('orders');
    const answer = await send('PATCH', '/v1/sequences/orders', { max: 500, targetStallsPpm: 50 });
    expect(answer.json()).toMatchObject({ max: '500', targetStallsPpm: 50, generation: 1 });
    expect((await send('PATCH', '/v1/sequences/orders', {})).json()).toMatchObject({
      code: 'SEQ_INVALID_REQUEST',
      detail: 'the body names no attribute to change',
    });
  });

  it('is restarted where asked, and only with a body', async () => {
    const { gateway, send } = await served('orders');
    expect((await send('POST', '/v1/sequences/orders/restart', { start: '50' })).json().start).toBe('50');
    expect((await send('POST', '/v1/sequences/orders/next', {})).json().values).toEqual(['50']);
    expect((await send('POST', '/v1/sequences/orders/restart', {})).statusCode).toBe(200);
    expect((await gateway.inject({ method: 'POST', url: '/v1/sequences/orders/restart' })).json().detail).toBe(
      'the request has no body: send a JSON object',
    );
  });

  it('is gone when dropped', async () => {
    const { gateway, get } = await served('orders');
    const answer = await gateway.inject({ method: 'DELETE', url: '/v1/sequences/orders' });
    expect([answer.statusCode, answer.body]).toEqual([204, '']);
    expect((await get('/v1/sequences/orders')).statusCode).toBe(404);
  });
});

describe('a definition', () => {
  it.each([
    [{}, 'field name is missing'],
    [{ name: 'a', maxx: 5 }, /^unknown field "maxx": known are start, increment/],
    [{ name: 'a', start: 1.5 }, /^start 1.5 cannot be read: use a whole number/],
    [{ name: 'a', start: '0x10' }, /^start "0x10" cannot be read/],
    [{ name: 'a', max: true }, /^max true cannot be read/],
    [{ name: 'a', cycle: 'yes' }, 'cycle "yes" is not a boolean'],
    [{ name: 'a', order: 'fifo' }, 'order "fifo" is not one of none, stream, sequence'],
    [{ name: 'a', targetStallsPpm: '10' }, 'targetStallsPpm "10" is not a number'],
    [{ name: 7 }, 'name 7 is not a string'],
  ])('that cannot be read is refused: %j', async (body, detail) => {
    const { send } = await served();
    const answer = await send('POST', '/v1/sequences', body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().code).toBe('SEQ_INVALID_REQUEST');
    expect(answer.json().detail).toMatch(detail);
  });

  it('does not take numbers that have lost digits', async () => {
    const { send } = await served();
    const answer = await send('POST', '/v1/sequences', '{"name":"a","start":9007199254740993}');
    expect(answer.json().detail).toBe('start 9007199254740992 cannot be read: this number has lost digits on its way: send it as a string');
  });

  it('says how values are printed, and when they begin again', async () => {
    const { send, service } = await served();
    const answer = await send('POST', '/v1/sequences', { name: 'a', guarantee: 'gapless', format: 'A-{value:04}', burnCost: 'high' });
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({ guarantee: 'gapless', format: 'A-{value:04}', burnCost: 'high', reset: 'none' });
    expect(answer.json()).not.toHaveProperty('periodStart');
    expect(service.describe('a').definition).toMatchObject({ guarantee: 'gapless', format: 'A-{value:04}' });
  });

  it('keeps the key of hidden values to itself', async () => {
    const { send, get } = await served();
    const opaqueKey = '00112233445566778899aabbccddeeff';
    const made = await send('POST', '/v1/sequences', { name: 'a', format: 'ord_{opaque}', opaqueKey, min: '0', start: '0' });
    expect(made.statusCode).toBe(201);
    for (const path of ['/v1/sequences', '/v1/sequences/a']) expect((await get(path)).body).not.toContain(opaqueKey);
    expect(made.body).not.toContain(opaqueKey);
  });

  it.each([
    [{ reset: 'yearly' }, /^timeZone is missing: say whose midnight counts/],
    [{ reset: 'yearly', timeZone: 'Mars/Olympus' }, /^timeZone Mars\/Olympus is not known here/],
    [{ format: '{YYYY}-{value}' }, /a date needs a periodic reset/],
    [{ guarantee: 'gapless', cycle: true }, /^cycle is on: a gapless sequence does not begin again by itself/],
    [{ guarantee: 'gapless', order: 'stream' }, /^order is stream: a gapless sequence gives cancelled numbers out again/],
  ])('that makes no sense is refused: %j', async (more, detail) => {
    const { send } = await served();
    const answer = await send('POST', '/v1/sequences', { name: 'a', ...more });
    expect(answer.json()).toMatchObject({ code: 'SEQ_INVALID_DEFINITION', detail: expect.stringMatching(detail) });
  });

  it('that contradicts itself is refused by the service', async () => {
    const { send } = await served();
    expect((await send('POST', '/v1/sequences', { name: 'a', increment: '0' })).json().code).toBe('SEQ_INVALID_DEFINITION');
    expect((await send('POST', '/v1/sequences', { name: 'a/b' })).json().code).toBe('SEQ_INVALID_NAME');
  });
});

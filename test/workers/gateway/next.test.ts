/** Taking values over HTTP: what is answered, and what is refused. */
import { describe, expect, it } from 'vitest';
import { served } from './served.ts';

const NEXT = '/v1/sequences/orders/next';

describe('POST next', () => {
  it('answers with blocks and values, values as text', async () => {
    const { send } = await served('orders');
    const answer = await send('POST', NEXT, { count: 3, clientType: 'web', service: 'checkout' });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.body).toBe('{"sequence":"orders","blocks":[{"start":"1","count":3,"increment":"1"}],"values":["1","2","3"]}');
  });

  it('takes one value where nothing is said', async () => {
    const { gateway, send } = await served('orders');
    expect((await gateway.inject({ method: 'POST', url: NEXT })).json().values).toEqual(['1']);
    expect((await send('POST', NEXT, {})).json().values).toEqual(['2']);
  });

  it('hands the caller on as it was named', async () => {
    const { service, send } = await served('orders');
    await service.registerClient('till-7', { clientType: 'web', service: 'checkout' });
    await send('POST', NEXT, { count: 2, clientId: 'till-7', numbered: true }, { 'idempotency-key': 'once' });
    expect(service.asked).toEqual([{ sequence: 'orders', count: 2, clientId: 'till-7', numbered: true, idempotencyKey: 'once' }]);
  });

  it('gives numbered blocks their id', async () => {
    const { send } = await served('orders');
    expect((await send('POST', NEXT, { count: 2, numbered: true, as: 'blocks' })).json()).toEqual({
      sequence: 'orders',
      blocks: [{ id: 'block-1', start: '1', count: 2, increment: '1' }],
    });
  });

  it('names the order of a sequence that promises one', async () => {
    const { service, send } = await served();
    await service.create('tickets', { order: 'stream' });
    expect((await send('POST', '/v1/sequences/tickets/next', {})).json().order).toBe('stream');
  });

  it('leaves the values out above 1,000', async () => {
    const { send } = await served('orders');
    expect((await send('POST', NEXT, { count: 1_000 })).json().values).toHaveLength(1_000);
    expect((await send('POST', NEXT, { count: 1_001 })).json()).toEqual({
      sequence: 'orders',
      blocks: [{ start: '1001', count: 1_001, increment: '1' }],
    });
  });

  it('keeps every digit of values beyond 2^53', async () => {
    const { service, send } = await served();
    await service.create('big', { start: 9_223_372_036_854_775_000n });
    expect((await send('POST', '/v1/sequences/big/next', { count: 2 })).json().values).toEqual([
      '9223372036854775000',
      '9223372036854775001',
    ]);
  });

  it.each([0, -1, 1.5, 10_001, '3', null, true, 1e300])('refuses count %j', async (count) => {
    const { service, send } = await served('orders');
    const answer = await send('POST', NEXT, { count });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'SEQ_INVALID_COUNT', retriable: false });
    expect(service.asked).toEqual([]);
  });

  it.each([
    [{ cuont: 3 }, 'unknown field "cuont": known are count, clientType, service, clientId, as, numbered'],
    [{ clientType: 7 }, 'clientType 7 is not a string'],
    [{ as: 'list' }, 'as "list" is not one of values, formatted, blocks'],
    [{ numbered: 'yes' }, 'numbered "yes" is not a boolean'],
    [{ clientId: 'a', service: 'b' }, 'clientId stands instead of clientType and service: name one or the other'],
    [[3], 'the body is not a JSON object'],
    ['"3"', 'the body is not a JSON object'],
  ])('refuses %j', async (body, detail) => {
    const { send } = await served('orders');
    const answer = await send('POST', NEXT, body);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'SEQ_INVALID_REQUEST', detail });
  });

  it('refuses an idempotency key without end', async () => {
    const { send } = await served('orders');
    expect((await send('POST', NEXT, {}, { 'idempotency-key': 'k'.repeat(256) })).json().code).toBe('SEQ_INVALID_REQUEST');
  });

  it('passes on what the service refuses', async () => {
    const { send } = await served();
    const answer = await send('POST', NEXT, { count: 1 });
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ code: 'SEQ_UNKNOWN_SEQUENCE', detail: 'no sequence is called orders' });
  });

  it('answers when the allocation comes', async () => {
    const { service, send, get } = await served('orders');
    service.waiting = true;
    const answer = send('POST', NEXT, { count: 2 });
    await expect.poll(() => service.asked.length).toBe(1);
    service.release();
    expect((await answer).json().values).toEqual(['1', '2']);
    expect((await get('/metrics')).body).toContain('seqcast_gateway_next_total{waited="yes"} 1');
  });
});

/** While a process drains it takes nothing new in, and says so to callers and probes. */
import { describe, expect, it } from 'vitest';
import { served } from './served.ts';

describe('a draining gateway', () => {
  it.each([
    ['POST', '/v1/sequences/orders/next', {}],
    ['POST', '/v1/sequences', { name: 'a' }],
    ['PATCH', '/v1/sequences/orders', { max: 5 }],
    ['PUT', '/v1/clients/a', { clientType: 'a', service: 'b' }],
  ] as const)('refuses %s %s', async (method, url, body) => {
    const { gateway, send } = await served('orders');
    gateway.drain();
    const answer = await send(method, url, body);
    expect([answer.statusCode, answer.json().code, answer.headers['retry-after'], answer.headers.connection]).toEqual([
      503,
      'SEQ_NOT_READY',
      '1',
      'close',
    ]);
  });

  it('is alive but not ready', async () => {
    const { gateway, get } = await served('orders');
    gateway.drain();
    expect((await get('/livez')).statusCode).toBe(200);
    const ready = await get('/readyz');
    expect([ready.statusCode, ready.json().reasons]).toEqual([503, ['draining']]);
  });

  it('still answers questions and takes blocks back', async () => {
    const { gateway, get, send } = await served('orders');
    gateway.drain();
    expect((await get('/v1/sequences/orders')).statusCode).toBe(200);
    expect((await send('POST', '/v1/sequences/orders/returns', { blocks: [{ id: 'block-1', used: 0 }] })).json().returned).toBe(10);
  });

  it('answers whoever waited before', async () => {
    const { gateway, service, send } = await served('orders');
    service.waiting = true;
    const answer = send('POST', '/v1/sequences/orders/next', {});
    await expect.poll(() => service.asked.length).toBe(1);
    gateway.drain();
    service.release();
    expect((await answer).statusCode).toBe(200);
  });
});

/** Values after they were taken: given back, and asked about. */
import { describe, expect, it, vi } from 'vitest';
import { served } from './served.ts';

const RETURNS = '/v1/sequences/orders/returns';

describe('POST returns', () => {
  it('takes the rest of each block back', async () => {
    const { service, send } = await served('orders');
    const answer = await send('POST', RETURNS, {
      blocks: [
        { id: 'block-1', used: 4 },
        { id: 'block-2', used: 10 },
      ],
    });
    expect(answer.json()).toEqual({
      returned: 6,
      blocks: [
        { id: 'block-1', returned: 6 },
        { id: 'block-2', returned: 0 },
      ],
    });
    expect(service.returned).toEqual([
      { sequence: 'orders', id: 'block-1', used: 4 },
      { sequence: 'orders', id: 'block-2', used: 10 },
    ]);
  });

  it('says of each block why it was not taken', async () => {
    const { send } = await served('orders');
    const answer = await send('POST', RETURNS, {
      blocks: [
        { id: 'lost', used: 0 },
        { id: 'block-1', used: 0 },
      ],
    });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      returned: 10,
      blocks: [
        { id: 'lost', returned: 0, code: 'SEQ_BLOCK_UNKNOWN', detail: 'block lost is not out' },
        { id: 'block-1', returned: 10 },
      ],
    });
  });

  it('is a problem where no block was taken', async () => {
    const { send } = await served('orders');
    const answer = await send('POST', RETURNS, { blocks: [{ id: 'lost', used: 0 }] });
    expect(answer.statusCode).toBe(409);
    expect(answer.json().code).toBe('SEQ_BLOCK_UNKNOWN');
  });

  it.each([
    [{}, 'blocks is not a list of {"id","used"}'],
    [{ blocks: [] }, 'blocks is not a list of {"id","used"}'],
    [{ blocks: [7] }, 'the body is not a JSON object'],
    [{ blocks: [{ id: 'a', used: -1 }] }, 'used -1 is not a whole number from 0'],
    [{ blocks: [{ id: 1, used: 1 }] }, 'id 1 is not a string'],
    [{ blocks: [{ id: 'a', used: 1, count: 5 }] }, 'unknown field "count": known are id, used'],
    [{ block: [] }, 'unknown field "block": known are blocks'],
  ])('refuses %j', async (body, detail) => {
    const { send } = await served('orders');
    expect((await send('POST', RETURNS, body)).json()).toMatchObject({ code: 'SEQ_INVALID_REQUEST', detail });
  });
});

describe('GET values', () => {
  it('asks for what reads like no value as the text that it was printed as', async () => {
    const { get, service } = await served('orders');
    const asked = vi.spyOn(service, 'who');
    await get(`/v1/sequences/orders/values/${encodeURIComponent('A/2026-0017')}`);
    await get('/v1/sequences/orders/values/0017');
    await get('/v1/sequences/orders/values/-17');
    expect(asked.mock.calls).toEqual([
      ['orders', 'A/2026-0017'],
      ['orders', '0017'],
      ['orders', -17n],
    ]);
  });

  it('says who got a value', async () => {
    const { get } = await served('orders');
    expect((await get('/v1/sequences/orders/values/17')).json()).toMatchObject({
      value: '17',
      stream: 'orders/web/checkout',
      shard: 4,
      state: 'issued',
    });
    expect((await get('/v1/sequences/orders/values/-17')).json().value).toBe('-17');
  });

  it('says when nobody did', async () => {
    const { get } = await served('orders');
    const answer = await get('/v1/sequences/orders/values/9223372036854775807');
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ code: 'SEQ_UNKNOWN_VALUE', detail: 'value 9223372036854775807 was never allocated' });
  });
});

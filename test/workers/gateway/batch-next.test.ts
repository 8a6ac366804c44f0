/** Values of several sequences in one call. */
import { describe, expect, it } from 'vitest';
import { served } from './served.ts';

describe('a batch', () => {
  it('has an outcome for every request, in their order', async () => {
    const { send } = await served('orders', 'tickets');
    const requests = [{ sequence: 'tickets', count: 2 }, { sequence: 'nothing' }, { sequence: 'orders', as: 'blocks', numbered: true }];
    const answer = await send('POST', '/v1/next', { requests });
    expect(answer.statusCode).toBe(200);
    expect(answer.json().outcomes).toEqual([
      { sequence: 'tickets', blocks: [{ start: '1', count: 2, increment: '1' }], values: ['1', '2'] },
      { sequence: 'nothing', problem: expect.objectContaining({ code: 'SEQ_UNKNOWN_SEQUENCE', status: 404, retriable: false }) },
      { sequence: 'orders', blocks: [{ id: 'block-1', start: '1', count: 1, increment: '1' }] },
    ]);
  });

  it('asks for all before it waits for any', async () => {
    const { send, service } = await served('orders', 'tickets');
    service.waiting = true;
    const answer = send('POST', '/v1/next', { requests: [{ sequence: 'orders', idempotencyKey: 'k' }, { sequence: 'tickets' }] });
    await expect
      .poll(() => service.asked)
      .toEqual([
        { sequence: 'orders', count: 1, idempotencyKey: 'k' },
        { sequence: 'tickets', count: 1 },
      ]);
    service.release();
    expect((await answer).json().outcomes).toHaveLength(2);
  });

  it.each([
    [{}, 'SEQ_INVALID_REQUEST', 'requests is not a list of 1 to 100'],
    [
      { requests: Array.from({ length: 101 }, () => ({ sequence: 'orders' })) },
      'SEQ_INVALID_REQUEST',
      'requests is not a list of 1 to 100',
    ],
    [{ requests: [{ sequence: 'orders' }, { sequence: 'orders', count: 0 }] }, 'SEQ_INVALID_COUNT', /^requests\[1\]: count 0 is not/],
    [{ requests: [{ sequence: 'orders' }, { sequenz: 'orders' }] }, 'SEQ_INVALID_REQUEST', /^requests\[1\]: sequence undefined is not/],
    [
      { requests: [{ sequence: 'orders', count: 10_000 }, { sequence: 'orders' }] },
      'SEQ_INVALID_COUNT',
      /10001 values; a call gives at most 10000/,
    ],
  ])('that cannot be read takes nothing at all: %j', async (body, code, detail) => {
    const { send, service } = await served('orders');
    const answer = await send('POST', '/v1/next', body);
    expect(answer.json()).toMatchObject({ code, detail: expect.stringMatching(detail) });
    expect(service.asked).toEqual([]);
  });

  it('fails as a whole, and is logged, where something fails that nobody foresaw', async () => {
    const { send, service, logged } = await served('orders');
    service.fault = new TypeError('x is undefined');
    expect((await send('POST', '/v1/next', { requests: [{ sequence: 'orders' }] })).json().code).toBe('SEQ_INTERNAL');
    expect(logged).toHaveLength(1);
  });
});

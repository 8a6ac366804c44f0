/** The route table over HTTP. */
import { describe, expect, it } from 'vitest';
import { served } from './served.ts';

describe('a client id', () => {
  it('is registered and looked up', async () => {
    const { send, get } = await served();
    const route = { clientId: 'host-7.example:80', clientType: 'web', service: 'checkout' };
    expect((await send('PUT', '/v1/clients/host-7.example%3A80', { clientType: 'web', service: 'checkout' })).json()).toEqual(route);
    expect((await get('/v1/clients/host-7.example:80')).json()).toEqual(route);
  });

  it('may be as long as the rule says', async () => {
    const { send } = await served();
    const body = { clientType: 'web', service: 'checkout' };
    expect((await send('PUT', `/v1/clients/${'c'.repeat(128)}`, body)).statusCode).toBe(200);
    expect((await send('PUT', `/v1/clients/${'c'.repeat(129)}`, body)).json().code).toBe('SEQ_INVALID_NAME');
    expect((await send('PUT', `/v1/clients/${'c'.repeat(600)}`, body)).statusCode).toBeGreaterThanOrEqual(400);
  });

  it('that nobody registered is unknown', async () => {
    const { get } = await served();
    const answer = await get('/v1/clients/nobody');
    expect(answer.statusCode).toBe(404);
    expect(answer.json().code).toBe('SEQ_UNKNOWN_CLIENT');
  });

  it.each([
    [{ clientType: 'web' }, 'SEQ_INVALID_REQUEST'],
    [{ clientType: 'web', service: 'a/b' }, 'SEQ_INVALID_NAME'],
    [{ clientType: 'web', service: 'a', pool: 'x' }, 'SEQ_INVALID_REQUEST'],
  ])('is not registered with %j', async (body, code) => {
    const { send } = await served();
    expect((await send('PUT', '/v1/clients/a', body)).json().code).toBe(code);
  });
});
